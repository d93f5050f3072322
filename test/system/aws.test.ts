// The walk of docs/aws.md: his Flask app in Lambda, by the real serverless-wsgi, reached in the page's four ways through
// a real gateway process, from one file with one changed block. His check of REMOTE_ADDR is gone.
import { readFileSync } from 'node:fs'
import http from 'node:http'
import t from 'tap'
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import {
  blockOf,
  deploy,
  fileFor,
  names,
  openWay,
  policyOf,
  rowsBelow,
  type Walk,
  type Way,
  ways,
} from '../support/aws/page.ts'
import { type Aws, roleKey } from '../support/aws/stand-in.ts'
import { at } from '../support/aws/templates.ts'
import { Browser } from '../support/browser.ts'
import { root } from '../support/examples.ts'
import { visitAs } from '../support/front.ts'
import { showsOutput } from '../support/page-blocks.ts'
import { runProcess } from '../support/process.ts'

// A function, a provider and a gateway of its own in each way.
t.setTimeout(1_800_000)

interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

/** A request of a browser that is signed in, with whatever else it sends. */
function ask(
  walk: Walk,
  who: Browser | null,
  path: string,
  more: http.RequestOptions & { readonly body?: Buffer } = {},
) {
  const jar = who === null ? [] : [...who.cookies('localhost')]
  const { body, ...options } = more
  return new Promise<Answer>((resolve, reject) => {
    const request = http.request(`${walk.url}${path}`, {
      agent: false,
      ...options,
      headers: {
        ...(jar.length > 0 && { cookie: jar.map((pair) => pair.join('=')).join('; ') }),
        ...options.headers,
      },
    })
    request.once('error', reject).once('response', async (response) => {
      const parts: Buffer[] = []
      for await (const part of response) parts.push(part)
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) })
    })
    request.end(body)
  })
}

/** A request with these very lines, past the gateway. */
function askPlain(
  { origin }: { readonly origin: string },
  path: string,
  lines: readonly string[],
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.get(origin + path, { agent: false, headers: [...lines] }, async (response) => {
      let body = ''
      for await (const part of response) body += part
      resolve({ status: response.statusCode ?? 0, body })
    })
    request.once('error', reject)
  })
}

/** Where the requests of a way arrive. */
const placeOf = {
  secret: 'rest',
  iam: 'rest',
  'http-api': 'http',
  'function-url': 'functionUrl',
  lambda: 'lambda',
} as const

const file = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256))
const sum = file.reduce((all, byte) => all + byte, 0)

function multipart(content: Buffer = file): {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
} {
  const head = '--x\r\nContent-Disposition: form-data; name="file"; filename="größe.bin"\r\n'
  const type = 'Content-Type: application/octet-stream\r\n\r\n'
  return {
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    body: Buffer.concat([Buffer.from(head + type), content, Buffer.from('\r\n--x--\r\n')]),
  }
}

const bytesTooLarge: ReadonlyMap<Way, number> = new Map([
  ['lambda', 4_800_000],
  ['function-url', 6 * 1024 * 1024],
  ['iam', 10 * 1024 * 1024],
])
/** Behind an API a function gets no more than this either, to which the stand-in does not hold it. */
const bytesThatFit = 4_400_000

for (const way of ways) {
  t.test(`${way}:`, async (t) => {
    const walk = await openWay(t, way)
    const { aws, url } = walk
    const [alice, adam] = [new Browser(), new Browser()]

    t.test('whoever is not signed in starts nothing', async (t) => {
      t.equal((await ask(walk, null, '/')).status, 401)
      t.equal((await alice.visit(`${url}/`, { follow: false })).status, 302)
      t.same(await aws.requests(), [])
    })

    t.test('REMOTE_USER is the person, and links have no stage', async (t) => {
      const home = await visitAs(alice, 'alice', `${url}/`)
      t.equal(home.status, 200, walk.gateway.stdout())
      t.match(home.body, `<h1>Hello, ${names.alice}</h1>`)
      t.match(home.body, 'href="/pages/%C3%9Cbersicht"')
      t.match(await visitAs(adam, 'adam', `${url}/`), { body: `Hello, ${names.adam}` })
    })

    t.test('paths, queries, cookies and redirects arrive as they are', async (t) => {
      const page = await alice.visit(`${url}/pages/%C3%9Cbersicht?q=a+b%26c%20%C3%BC&q=second`)
      t.equal(page.body, 'Übersicht: a b&c ü')
      t.same(page.headers['set-cookie'], ['seen=1; Path=/', 'theme=dark; HttpOnly; Path=/'])
      t.match(
        alice.cookies('localhost'),
        new Map([
          ['seen', '1'],
          ['theme', 'dark'],
        ]),
      )
      const moved = await alice.visit(`${url}/old`)
      t.equal(moved.url.href, `${url}/pages/new`)
      t.equal(moved.body, 'new: None')
    })

    t.test('a link of a mail has the host that people open', async (t) => {
      const { pathname, protocol, host } = new URL((await alice.visit(`${url}/invitation`)).body)
      t.same([host, pathname], [new URL(url).host, '/pages/new'])
      // API Gateway and function URLs are always asked by https.
      t.equal(protocol, way === 'lambda' ? 'http:' : 'https:')
    })

    t.test('files go up and down byte by byte', async (t) => {
      const sent = await ask(walk, alice, '/files', { method: 'POST', ...multipart() })
      t.equal(sent.status, 200, String(sent.body))
      t.match(JSON.parse(String(sent.body)), { bytes: file.length, sum, by: names.alice })
      const got = await ask(walk, alice, '/files/all.bin')
      t.same(got.body, Buffer.from(Array.from({ length: 256 }, (_, index) => index)))
      t.equal(got.headers['content-type'], 'application/octet-stream')
    })

    t.test('/admin opens by the claim alone', async (t) => {
      await aws.forget()
      t.equal((await ask(walk, alice, '/admin')).status, 403)
      t.same(await aws.requests(), [], 'and the function is not started')
      t.match(await ask(walk, adam, '/admin'), { status: 200 })
    })

    t.test('nothing that a client sends says who it is', async (t) => {
      await aws.forget()
      const forged = {
        ...{
          'x-wiki-user': 'Mallory',
          x_wiki_user: 'Mallory',
          'remote-user': 'Mallory',
          remote_user: 'Mallory',
        },
        ...{ 'x-amzn-oidc-identity': 'Mallory', 'x-apigw-api-id': 'Mallory', 'x-gateway-secret': 'Mallory' },
      }
      t.match(String((await ask(walk, alice, '/', { headers: forged })).body), `Hello, ${names.alice}`)
      const [request] = await aws.requests(placeOf[way])
      t.notMatch(JSON.stringify(request?.event), 'Mallory')
      t.notMatch(JSON.stringify(request?.event), /claimgate-\d/, 'no cookie of the gateway')
    })

    t.test('doctor finds nothing wrong', async (t) => {
      const { code, stdout } = await askDoctor(walk)
      t.equal(code, 0, stdout)
    })

    const tooLarge = bytesTooLarge.get(way)
    if (tooLarge !== undefined)
      t.test('what is larger than the way takes is 413, and nothing of it is sent', async (t) => {
        // Bytes that are no text: base64 makes a third more of them in the event of a function.
        const upload = (bytes: number) =>
          ask(walk, alice, '/files', { method: 'POST', ...multipart(Buffer.alloc(bytes, 0xff)) })
        await aws.forget()
        t.equal((await upload(tooLarge)).status, 413)
        t.same(await aws.requests(), [])
        const sent = await upload(bytesThatFit)
        t.match(
          { status: sent.status, body: String(sent.body) },
          { status: 200, body: `"bytes":${bytesThatFit}` },
        )
      })

    t.test('nobody gets in around the gateway', async (t) => {
      await aws.forget()
      const headers = { 'X-Wiki-User': 'Mallory' }
      const around = {
        secret: () => fetch(aws.rest.local, { headers }),
        iam: () => fetch(aws.rest.local, { headers }),
        'http-api': () => fetch(aws.http.local, { headers }),
        'function-url': () => fetch(aws.functionUrl.local, { headers }),
        lambda: () =>
          fetch(`${aws.lambda.origin}/2015-03-31/functions/${aws.lambda.arn}/invocations`, {
            method: 'POST',
            body: '{}',
          }),
      }
      const answer = await around[way]()
      t.equal(answer.status, 403)
      const [request] = await aws.requests()
      if (way === 'secret') t.equal(await answer.text(), 'This app answers its gateway alone.\n')
      else t.equal(request?.event, undefined, 'the function is not started')
    })

    if (way === 'http-api')
      t.test('HTTP APIs do not say why they refuse, and doctor does', async (t) => {
        await aws.setKeys([{ ...roleKey, allowed: false }])
        const answer = await alice.visit(`${url}/`)
        t.match(answer, { status: 403, body: '{"message":"Forbidden"}' })
        const { code, stdout } = await askDoctor(walk)
        t.equal(code, 1)
        t.ok(showsOutput(stdout, blockOf('text', 'doctor refused')), stdout)
      })
  })
}

t.test('with the check of today the app refuses everybody who comes by Lambda directly', async (t) => {
  const walk = await openWay(t, 'lambda', { app: 'today.app' })
  const answer = await visitAs(new Browser(), 'alice', `${walk.url}/`)
  t.match(answer, { status: 403, body: 'Come by the proxy.\n' })
})

/** Its exit status and what it prints of what is not as it should be. */
async function askDoctor({
  place,
  env,
}: Walk): Promise<{ readonly code: number | null; readonly stdout: string }> {
  return runProcess(['doctor', '-c', place.file], { env })
}

t.test('doctor sees that the app does not check the secret', async (t) => {
  const walk = await openWay(t, 'secret', { wrapper: 'iam' })
  const { code, stdout } = await askDoctor(walk)
  t.equal(code, 1)
  t.ok(showsOutput(stdout, blockOf('text', 'doctor secret')), stdout)
})

t.test('without STRIP_STAGE_PATH links have the stage, and lead nowhere', async (t) => {
  const walk = await openWay(t, 'iam', { environment: {} })
  const alice = new Browser()
  const home = await visitAs(alice, 'alice', `${walk.url}/`)
  t.match(home.body, 'href="/prod/pages/%C3%9Cbersicht"')
  t.equal((await alice.visit(`${walk.url}/prod/pages/x`)).status, 404)
  const { code, stdout } = await askDoctor(walk)
  t.equal(code, 1)
  t.ok(showsOutput(stdout, blockOf('text', 'doctor stage')), stdout)
})

t.test('the rights are those that each way needs', async (t) => {
  const hostOf = (way: Way): string => /https:\/\/([^/\s"]+)/.exec(blockOf('yaml', `block ${way}`))?.[1] ?? ''
  const [api = '', , region = ''] = hostOf('iam').split('.')
  const arn = /"(arn:aws:lambda:[^"]+)"/.exec(blockOf('yaml', 'block lambda'))?.[1]
  const statements = (task: string) => at(policyOf(task), 'Statement')
  t.match(statements('policy iam'), [
    { Action: 'execute-api:Invoke', Resource: `arn:aws:execute-api:${region}:123456789012:${api}/prod/*` },
  ])
  t.match(statements('policy function-url'), [
    { Action: 'lambda:InvokeFunctionUrl', Resource: arn },
    { Action: 'lambda:InvokeFunction', Resource: arn },
  ])
  t.match(statements('policy lambda'), [{ Action: 'lambda:InvokeFunction', Resource: arn }])
  const [, role = ''] = /role_arn: (\S+)/.exec(blockOf('yaml', 'block role')) ?? []
  const [, externalId = ''] = /external_id: (\S+)/.exec(blockOf('yaml', 'block role')) ?? []
  t.match(statements('policy role'), [{ Action: 'sts:AssumeRole', Resource: role }])
  t.match(statements('trust role'), [
    { Action: 'sts:AssumeRole', Condition: { StringEquals: { 'sts:ExternalId': externalId } } },
  ])
})

/** What AWS would have to do so that a row of the page's table comes true: by its code, or by AWS's own word. */
const causes: Readonly<Record<string, (aws: Aws) => Promise<void>>> = {
  AccessDeniedException: (aws) => aws.setKeys([{ ...roleKey, allowed: false }]),
  InvalidSignatureException: (aws) => aws.setKeys([{ ...roleKey, secretAccessKey: 'another-one' }]),
  ExpiredTokenException: (aws) => aws.setKeys([{ ...roleKey, expired: true }]),
  UnrecognizedClientException: (aws) => aws.setKeys([{ ...roleKey, accessKeyId: 'ASIAANOTHERONE' }]),
  ResourceNotFoundException: (aws) =>
    aws.answerNext('lambda', [
      {
        status: 404,
        headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
        body: '{"Message":"not found"}',
      },
    ]),
  UPSTREAM_PATH_UNKNOWN: (aws) =>
    aws.answerNext('rest', [
      { status: 403, headers: { 'x-amzn-errortype': 'MissingAuthenticationTokenException' }, body: '{}' },
    ]),
  UPSTREAM_FUNCTION_FAILED: (aws) =>
    aws.answerNext('lambda', [
      { status: 200, headers: { 'X-Amz-Function-Error': 'Unhandled' }, body: '{"errorType":"ValueError"}' },
    ]),
  UPSTREAM_TIMEOUT: (aws) =>
    aws.answerNext('lambda', [
      {
        status: 200,
        headers: { 'X-Amz-Function-Error': 'Unhandled' },
        body: '{"errorType":"Sandbox.Timedout"}',
      },
    ]),
  UPSTREAM_BUSY: (aws) =>
    aws.answerNext('lambda', [{ status: 429, body: '{"Reason":"CallerRateLimitExceeded"}' }]),
}
/** Held elsewhere, or below. */
const others = ['AWS_CREDENTIALS_UNAVAILABLE', 'HELD_BODIES_FULL']
const ofLambda = [
  'ResourceNotFoundException',
  'UPSTREAM_FUNCTION_FAILED',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_BUSY',
]

t.test('each error of the page is one, with this code and status', async (t) => {
  const rows = rowsBelow('What does an error mean?').map(([first = '']) => {
    const [name = '', word = null] = [...first.matchAll(/`(\w+)`/g)].map(([, one = '']) => one)
    const code = /^the same/.test(first) ? 'UPSTREAM_REFUSED_US' : name
    const cause = /^the same/.test(first) ? name : (word ?? name)
    return { code, cause, status: /\((\d+)\)/.exec(first)?.[1] ?? '502' }
  })
  t.same(new Set(rows.map(({ cause }) => cause)), new Set([...Object.keys(causes), ...others]))
  const walks = { iam: await openWay(t, 'iam'), lambda: await openWay(t, 'lambda') }
  const alice = { iam: new Browser(), lambda: new Browser() }
  for (const way of ['iam', 'lambda'] as const) await visitAs(alice[way], 'alice', `${walks[way].url}/`)
  for (const { code, cause, status } of rows.filter((row) => !others.includes(row.cause))) {
    const way = ofLambda.includes(cause) ? 'lambda' : 'iam'
    const { aws, gateway } = walks[way]
    const before = new Set(gateway.log().map((one) => JSON.stringify(one)))
    await causes[cause]?.(aws)
    t.equal((await ask(walks[way], alice[way], '/')).status, Number(status), cause)
    const line = await gateway.logged((one) => one.code !== undefined && !before.has(JSON.stringify(one)))
    t.match(line, { code }, JSON.stringify(line))
    if (code === 'UPSTREAM_REFUSED_US') t.match(line.error, cause)
    await aws.setKeys([roleKey])
  }
})

t.test('an app that verifies believes nobody else whom IAM lets in', async (t) => {
  const walk = await openWay(t, 'iam', { wrapper: 'assertion' })
  const home = await visitAs(new Browser(), 'alice', `${walk.url}/`)
  t.match(home, { status: 200, body: `Hello, ${names.alice}` })
  // Another role that IAM lets in, and that writes what the gateway would.
  const [request] = await walk.aws.requests('rest')
  const signed = request?.lines.filter(([name]) => /^(?:x-amz-|authorization|host)/i.test(name)) ?? []
  const answer = await askPlain(walk.aws.rest, request?.target ?? '', [
    ...signed.flat(),
    'X-Wiki-User',
    'Mallory',
  ])
  t.equal(answer.status, 401)
  t.notMatch(answer.body, 'Mallory')
})

t.test(
  'the same gateway goes from way to way by the changed block alone, and people stay signed in',
  async (t) => {
    const walk = await openWay(t, 'secret')
    const alice = new Browser()
    t.match(await visitAs(alice, 'alice', `${walk.url}/`), { status: 200 })
    const aroundBlock = (): readonly string[] => {
      const text = readFileSync(walk.place.file, 'utf8')
      return [text.slice(0, text.indexOf('    upstream:')), text.slice(text.indexOf('    identity_headers:'))]
    }
    const before = aroundBlock()
    for (const [index, way] of (['iam', 'lambda'] as const).entries()) {
      const aws = await deploy(t, way, {}, { host: new URL(walk.url).host })
      walk.place.write(fileFor(way, aws, walk))
      await walk.gateway.logged(({ event, edition }) => event === 'config.loaded' && edition === index + 2)
      const page = await alice.visit(`${walk.url}/`)
      t.match(page, { status: 200, body: `Hello, ${names.alice}` })
      t.same(page.visited, [`${walk.url}/`], 'nobody signs in again')
      t.equal((await aws.requests()).length, 1)
      t.same(aroundBlock(), before)
    }
  },
)

t.test('without credentials people are told that the app is not there', async (t) => {
  const walk = await openWay(t, 'iam', { credentials: { AWS_EC2_METADATA_DISABLED: 'true' } })
  const answer = await visitAs(new Browser(), 'alice', `${walk.url}/`)
  t.equal(answer.status, 503)
  t.match(await walk.gateway.logged(({ code }) => code === 'AWS_CREDENTIALS_UNAVAILABLE'), { error: String })
})

t.test('the blocks that are shown without a walk load', async (t) => {
  for (const task of ['role', 'usage-plan']) {
    const text = blockOf('yaml', 'claimgate.yaml').replace(
      '    # ← the block\n',
      blockOf('yaml', `block ${task}`),
    )
    const env = { OIDC_CLIENT_SECRET: 'a-client-secret', USAGE_PLAN_KEY: 'a-key-of-a-usage-plan' }
    const loaded = loadGatewayFromText(text, {
      ...{ file: task, folder: root, env },
      readFile: () => ({ ok: false, reason: 'no file is needed' }),
    })
    t.same(loaded.ok ? [] : loaded.issues.map(printIssue), [])
  }
})

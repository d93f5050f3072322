// The walk of docs/aws.md: his Flask app in Lambda, by the real serverless-wsgi, reached in the page's four ways through
// a real gateway process, from one file with one changed block. His check of REMOTE_ADDR is gone.
import http from 'node:http'
import t from 'tap'
import { blockOf, names, openWay, policyOf, type Walk, type Way, ways } from '../support/aws/page.ts'
import { at } from '../support/aws/templates.ts'
import { Browser } from '../support/browser.ts'
import { visitAs } from '../support/front.ts'
import { showsOutput } from '../support/page-blocks.ts'
import { runProcess } from '../support/process.ts'

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

function multipart(): { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer } {
  const head = '--x\r\nContent-Disposition: form-data; name="file"; filename="größe.bin"\r\n'
  const type = 'Content-Type: application/octet-stream\r\n\r\n'
  return {
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    body: Buffer.concat([Buffer.from(head + type), file, Buffer.from('\r\n--x--\r\n')]),
  }
}

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

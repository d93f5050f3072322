// The seed's app in Lambda, unmodified, behind the real adapter: Flask by serverless-wsgi, by events of both formats. No API
// Gateway is there, and no secret.
import t from 'tap'
import { startLambdaFront } from '../support/aws/lambda-front.ts'
import { Browser } from '../support/browser.ts'
import { visitAs } from '../support/front.ts'

const front = await startLambdaFront(t, {
  aws: {
    files: {
      'more_app.py': `
from seed_app import app
from flask import request, jsonify, Response


@app.route("/open")
@app.route("/maybe")
@app.route("/other")
def told():
    authorizer = request.environ["serverless.event"]["requestContext"].get("authorizer", "nobody is told")
    return jsonify(user=request.environ.get("REMOTE_USER"), authorizer=authorizer)


@app.get("/unchanged")
def unchanged():
    answer = Response("text", mimetype="text/plain")
    answer.set_etag("e")
    return answer.make_conditional(request)
`,
    },
    app: 'more_app.app',
  },
})
const { ask, url, aws } = front
const places = [
  { name: '1.0', prefix: '' },
  { name: '2.0', prefix: '/two' },
] as const

for (const { name, prefix } of places) {
  const at = (path: string) => `${prefix}${path}`

  t.test(`${name}: REMOTE_USER is the person, and the start page is the app's`, async (t) => {
    const page = await ask(at('/'))
    t.equal(page.status, 200)
    t.match(page.body, '<h1 id="user">adam')
    t.match(JSON.parse((await ask(at('/who'))).body), { user: /^adam/, address: '127.0.0.1' })
  })

  t.test(`${name}: a rule by claims holds before anything is invoked`, async (t) => {
    t.match((await ask(at('/admin'))).body, 'Admin adam')
    await aws.forget()
    t.equal((await ask(at('/closed'))).status, 403)
    const bob = new Browser()
    t.equal((await visitAs(bob, 'alice', `${url}${at('/admin')}`)).status, 403)
    t.equal((await new Browser().visit(`${url}${at('/')}`, { follow: false })).status, 302)
    t.same(await aws.requests('lambda'), [], 'nobody who may not was told to the function')
  })

  t.test(`${name}: nobody is identified where nobody need be, whatever a client says`, async (t) => {
    const said = [
      'REMOTE_USER: mallory',
      'X-Wiki-User: mallory',
      'X-Amzn-Principal-Id: mallory',
      'Authorization: Bearer x',
    ]
    const target = at(
      '/open?requestContext.authorizer.principalId=mallory&authorizer=%7B%22principalId%22%3A1%7D',
    )
    const asked = await fetch(`${url}${target}`, { headers: { 'x-wiki-user': 'mallory' } })
    t.same(await asked.json(), { user: '', authorizer: 'nobody is told' })
    const known = JSON.parse((await ask(at('/maybe'), { headers: said })).body)
    t.match(known, { user: /^adam/ })
    const told =
      name === '1.0'
        ? { claims: { groups: 'admins' } }
        : { jwt: { claims: { groups: 'admins' }, scopes: null } }
    t.same(known.authorizer, { principalId: known.user, ...told })
  })

  t.test(`${name}: claims are those of the location`, async (t) => {
    const { authorizer } = JSON.parse((await ask(at('/other'))).body)
    const claims = { email: 'adam@acme.example' }
    t.match(authorizer, name === '1.0' ? { claims } : { jwt: { claims } })
    t.same(Object.keys(authorizer.claims ?? authorizer.jwt.claims), ['email'])
  })

  t.test(`${name}: the app hears what was sent`, async (t) => {
    const heard = JSON.parse(
      (
        await ask(at('/echo/%C3%A4%20b/c%2Bd?q=1&q=2&x=a%20b%2B&leer'), {
          method: 'POST',
          headers: [
            'Content-Type: text/plain; charset=utf-8',
            'Content-Length: 6',
            'X-Many: 1',
            'X-Many: 2',
            'Cookie: mine=1; other=2',
          ],
          body: 'h\xc3\xa4l\xc3\xb6',
        })
      ).body,
    )
    t.match(heard, {
      method: 'POST',
      path: '/echo/ä b/c+d',
      rest: 'ä b/c+d',
      body: 'h\xc3\xa4l\xc3\xb6',
      scheme: 'http',
      cookies: { mine: '1', other: '2' },
    })
    t.same(heard.query.toSorted(), [
      ['leer', ''],
      ['q', '1'],
      ['q', '2'],
      ['x', 'a b+'],
    ])
    t.equal(new Map(heard.headers).get('Host'), new URL(url).host)
    t.equal(heard.link, `${url}/echo/%C3%A4%20b/%C3%B6`, 'url_for, whole')
    t.match(heard.environ, { SCRIPT_NAME: '', CONTENT_LENGTH: '6', HTTP_X_FORWARDED_PROTO: 'http' })
  })

  t.test(`${name}: a body in chunks arrives whole, and bytes as bytes`, async (t) => {
    const body = `5\r\n\x00\x01\xff\xfe\x80\r\n3\r\nabc\r\n0\r\n\r\n`
    const headers = ['Transfer-Encoding: chunked', 'Content-Type: application/octet-stream']
    const heard = JSON.parse((await ask(at('/echo'), { method: 'PUT', headers, body })).body)
    t.match(heard, { body: '\x00\x01\xff\xfe\x80abc', environ: { CONTENT_LENGTH: '8' } })
  })

  t.test(`${name}: cookies are set, each with its path, and come back`, async (t) => {
    const answer = await ask(at('/cookies'))
    t.same(
      answer.values('set-cookie').filter((line) => !line.startsWith('claimgate')),
      [
        `a=1; Path=${prefix === '' ? '/' : prefix}`,
        `b="two words\\073 and more"; HttpOnly; Path=${prefix === '' ? '/' : prefix}; SameSite=Lax`,
        ...answer.values('set-cookie').filter((line) => line.startsWith('c=3; ')),
      ],
    )
    t.equal(answer.values('set-cookie').filter((line) => line.startsWith('c=3; ')).length, 1)
    const counts = async () => JSON.parse((await front.adam.visit(`${url}${at('/count')}`)).body).seen
    const first = await counts()
    t.equal(await counts(), first + 1, 'the session of the app itself')
  })

  t.test(`${name}: answers of bytes and of other letters`, async (t) => {
    const picture = await ask(at('/picture'))
    const bytes = Buffer.concat([
      Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
      Buffer.from('ffd8000d0a', 'hex'),
    ])
    t.same(Buffer.from(picture.body, 'latin1'), bytes)
    t.same(picture.values('content-length'), [String(bytes.length)])
    t.same(picture.values('content-type'), ['image/jpeg'])
    const greeting = Buffer.from((await ask(at('/names/%C5%BDofie'))).body, 'latin1').toString('utf8')
    t.equal(greeting, 'Guten Tag, Žofie: größer € 😀')
    const large = await ask(at('/large/3000000'))
    t.equal(large.body.length, 3_000_000)
  })

  t.test(`${name}: redirects lead to public addresses`, async (t) => {
    t.same((await ask(at('/moved'))).values('location'), [`${prefix}/who?tab=a+b`])
    t.same((await ask(at('/moved-whole'))).values('location'), [`${url}${prefix}/who`])
  })

  t.test(`${name}: uploads`, async (t) => {
    const file = Buffer.concat([Buffer.from('%PDF-1.4\r\n'), Buffer.alloc(100_000, 0xfe)])
    const form = new FormData()
    form.set('note', 'größer')
    form.set('file', new Blob([file]), 'ä.pdf')
    const [name = '', value = ''] = front.cookie.slice('Cookie: '.length).split('=')
    const answer = await fetch(`${url}${at('/upload')}`, {
      method: 'POST',
      body: form,
      headers: { cookie: `${name}=${value}`, origin: url },
    })
    t.same(await answer.json(), { name: 'ä.pdf', bytes: file.length, note: 'größer' })
  })

  t.test(`${name}: HEAD, 204 and 304 have no body; errors of the app are its own`, async (t) => {
    const head = await ask(at('/who'), { method: 'HEAD' })
    t.same([head.status, head.body, head.values('transfer-encoding')], [200, '', []])
    const { body } = await ask(at('/who'))
    t.same(head.values('content-length'), [String(body.length)], 'what GET would get, as Flask says it')
    const none = await ask(at('/status/204'))
    t.same([none.status, none.body, none.values('content-length')], [204, '', []])
    const tag = (await ask(at('/unchanged'))).values('etag')[0] ?? ''
    const unchanged = await ask(at('/unchanged'), { headers: [`If-None-Match: ${tag}`] })
    t.same([unchanged.status, unchanged.body], [304, ''])
    t.equal((await ask(at('/status/418'))).status, 418)
    t.equal((await ask(at('/nowhere'))).status, 404)
    const broken = await ask(at('/broken'))
    t.equal(broken.status, 500, 'Flask answers its own exceptions')
  })
}

t.test('the prefix itself is the root of the app', async (t) => {
  await aws.forget()
  t.match((await ask('/two')).body, '<h1 id="user">adam')
  t.match(await front.events(), [{ rawPath: '/', headers: { 'x-forwarded-prefix': '/two' } }])
})

t.test('each request is one invocation, signed, of nothing but the event', async (t) => {
  await aws.forget()
  await ask('/who?a=1')
  const requests = await aws.requests('lambda')
  t.equal(requests.length, 1)
  t.match(requests[0], {
    method: 'POST',
    target: `/2015-03-31/functions/${encodeURIComponent(aws.lambda.arn)}/invocations`,
    status: 200,
    key: aws.accessKeyId,
    event: {
      httpMethod: 'GET',
      path: '/who',
      requestContext: { stage: '$default', accountId: '123456789012' },
    },
  })
  const names = requests[0]?.lines.map(([name]) => name.toLowerCase()) ?? []
  t.notOk(names.includes('cookie'))
  t.notOk(names.includes('x-wiki-user'))
})

t.test('a query that cannot be decoded is refused in 1.0, and goes on as it is in 2.0', async (t) => {
  await aws.forget()
  for (const query of ['a=%FF', 'a=%zz', '%=1']) t.equal((await ask(`/who?${query}`)).status, 400)
  t.same(await front.events(), [])
  t.equal((await ask('/two/who?a=%FF')).status, 200)
  t.match(await front.events(), [{ rawQueryString: 'a=%FF' }])
})

t.test(
  'a body of more than max_body is 413, as is an event of more than 6 MiB; nothing is sent',
  async (t) => {
    await aws.forget()
    const headers = ['Content-Type: application/octet-stream', 'Content-Length: 6000000']
    const bytes = await ask('/echo', { method: 'POST', headers, body: '\xff'.repeat(6_000_000) })
    t.equal(bytes.status, 413, 'base64 is a third longer')
    const line = await front.gateway.logged(({ reason }) => reason === 'body-too-large')
    t.match(line.detail, /as an event it would have more than 6291456 bytes, the most that Lambda takes/)
    const longer = ['Content-Type: text/plain', 'Content-Length: 6291457']
    t.equal((await ask('/two/echo', { method: 'POST', headers: longer, body: 'x' })).status, 413)
    t.same(await aws.requests('lambda'), [])
    const fits = ['Content-Type: text/plain', 'Content-Length: 6000000']
    const echoed = await ask('/two/echo', { method: 'POST', headers: fits, body: 'x'.repeat(6_000_000) })
    t.equal(JSON.parse(echoed.body).body.length, 6_000_000)
    t.equal((await aws.requests('lambda')).length, 1)
  },
)

t.test(
  'a version is part of what is signed, and a key that is not known is told with what helps',
  async (t) => {
    const plain = 'arn:aws:lambda:eu-west-1:123456789012:function:wiki'
    const latest = await startLambdaFront(t, {
      aws: { lambda: { arn: plain } },
      functionArn: `${plain}:$LATEST`,
    })
    t.match((await latest.ask('/')).body, '<h1 id="user">adam')
    await latest.aws.setKeys([])
    const refused = await latest.ask('/')
    t.equal(refused.status, 502)
    t.notMatch(refused.text, /AKIA|ASIA|security token|arn:/)
    const line = await latest.gateway.logged((one) => one.code === 'UPSTREAM_REFUSED_US')
    t.match(line.error, /AWS refused the request that .* signed for lambda \(UnrecognizedClientException: /)
  },
)

t.test('a function that is not there is told as such', async (t) => {
  const other = await startLambdaFront(t, {
    functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:wiki:gone',
  })
  t.equal((await other.ask('/')).status, 502)
  const line = await other.gateway.logged((one) => one.code === 'UPSTREAM_REFUSED_US')
  t.match(
    line.error,
    /no such function, version or alias: look at `upstream\.lambda\.function` \(404 ResourceNotFound/,
  )
})

t.test('an app below a prefix has it in its links once serverless-wsgi is told of it', async (t) => {
  const below = await startLambdaFront(t, {
    aws: {
      files: {
        'below.py': `
import os
from seed_app import app
os.environ["API_GATEWAY_BASE_PATH"] = "two"
`,
      },
      app: 'below.app',
    },
  })
  const { path, link, local } = JSON.parse((await below.ask('/two/echo')).body)
  t.same([path, local], ['/echo', '/two/who'])
  t.match(link, `${below.url}/two/echo/`)
  t.same((await below.ask('/two/moved')).values('location'), ['/two/who?tab=a+b'])
  t.same((await below.ask('/two/moved-whole')).values('location'), [`${below.url}/two/who`])
})

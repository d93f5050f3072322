// A request that is over a limit: what its sender is told, and that the app hears nothing of it.
// So that it is loaded before the first request, which waits for no file.
import 'rate-limiter-flexible'
import t, { type Test } from 'tap'
import { openHeldApp } from '../../support/held-app.ts'
import { settled } from '../../support/held-connection.ts'

const host = 'api.example'

async function open(t: Test, lines: string, rule = 'signed_in') {
  const held = await openHeldApp(
    t,
    `
data: ${JSON.stringify(t.testdir({}))}
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  api:
    url: https://${host}
    upstream: http://10.9.9.9
    require: ${rule}
    websocket: true
${lines}`,
  )
  /** What is answered to a request; `let in` where it reached the app. */
  const ask = async (path: string, headers = ''): Promise<string> => {
    const before = held.sent.length
    const answered = await held.ask(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n${headers}\r\n`,
    )
    return held.sent.length > before ? 'let in' : answered
  }
  return { ...held, get: ask }
}

const navigation = 'Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nAccept: text/html\r\n'

t.test('a program is told which limit it is, and when to come again; the app hears nothing', async (t) => {
  const { get, signIn, sent } = await open(t, '    limits: [{ name: burst, per: user, rate: 2/1h }]')
  const cookie = `Cookie: ${await signIn(host)}\r\n`
  t.equal(await get('/a', cookie), 'let in')
  t.equal(await get('/b', cookie), 'let in')
  const refused = await get('/c', cookie)
  t.match(refused, /^HTTP\/1\.1 429 /)
  t.match(refused, /\r\nretry-after: 3(?:600|5\d\d)\r\n/i)
  t.match(refused, /\r\ncontent-type: application\/problem\+json/i)
  t.match(JSON.parse(refused.slice(refused.indexOf('{'))), {
    status: 429,
    reason: 'limit-exceeded',
    limit: 'burst',
  })
  t.equal(sent.length, 2)
})

t.test('a person reads it in their language, and not that a minute is enough', async (t) => {
  const { get, signIn } = await open(t, '    limits: [{ per: user, quota: 1/1d }]')
  const cookie = `Cookie: ${await signIn(host)}\r\n`
  t.equal(await get('/', cookie), 'let in')
  const english = await get('/', `${cookie}${navigation}Accept-Language: en\r\n`)
  t.match(english, /^HTTP\/1\.1 429 /)
  t.match(english, /You have reached a limit\. Please try again later\./)
  t.match(await get('/', `${cookie}${navigation}Accept-Language: de\r\n`), /Eine Grenze ist erreicht\./)
})

t.test('who is not let in draws from nothing', async (t) => {
  const { get, signIn } = await open(
    t,
    `    limits: [{ per: app, rate: 1/1h }]
    locations: [{ path: /admin, require: { groups: admins } }]`,
  )
  for (let at = 0; at < 3; at++) {
    t.match(await get('/'), /^HTTP\/1\.1 401 /)
    t.match(await get('/', `Cookie: __Host-claimgate=${'x'.repeat(80)}\r\n`), /^HTTP\/1\.1 401 /)
    t.match(await get('/admin', `Cookie: ${await signIn(host)}\r\n`), /^HTTP\/1\.1 403 /)
  }
  t.equal(await get('/', `Cookie: ${await signIn(host)}\r\n`), 'let in')
})

t.test('a network is counted before anybody is looked up', async (t) => {
  const { get } = await open(t, '    limits: [{ per: client_ip, rate: 2/1h }]')
  const answers = [await get('/'), await get('/'), await get('/')].map((text) => text.slice(9, 12))
  t.same(answers, ['401', '401', '429'])
})

t.test(
  'a preflight that the app hears of is counted by its network, and one that it does not is not',
  async (t) => {
    const limit = 'limits: [{ per: client_ip, rate: 2/1h }]'
    const { ask, sent, get } = await open(
      t,
      `    ${limit}
    cors_preflight: pass
    locations:
      - { path: /ours, require: anyone, cors: ["https://shop.example"], limits: [{ per: client_ip, rate: 2/1h }, { per: app, rate: 1/1h }] }`,
    )
    const preflight = async (path: string): Promise<string> => {
      const before = sent.length
      const asks = 'Origin: https://shop.example\r\nAccess-Control-Request-Method: GET\r\n'
      const answered = await ask(
        `OPTIONS ${path} HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n${asks}\r\n`,
      )
      return sent.length > before ? 'let in' : answered.slice(9, 12)
    }
    t.same(
      [await preflight('/a'), await preflight('/b'), await preflight('/c'), (await get('/d')).slice(9, 12)],
      ['let in', 'let in', '429', '429'],
    )
    for (let at = 0; at < 3; at++) t.equal(await preflight('/ours'), '204')
    t.equal(await get('/ours'), 'let in')
  },
)

t.test('an open location has limits too, and one of its own counts apart', async (t) => {
  const { get } = await open(
    t,
    `    limits: [{ per: app, rate: 1/1h }]
    locations:
      - { path: /own, require: anyone, limits: [{ per: app, rate: 2/1h }] }
      - { path: /free, require: anyone, limits: [] }`,
    'anyone',
  )
  t.same(
    [await get('/'), await get('/own'), await get('/own'), await get('/free'), await get('/free')],
    Array(5).fill('let in'),
  )
  for (const path of ['/', '/own']) t.match(await get(path), /^HTTP\/1\.1 429 /)
  t.equal(await get('/free'), 'let in')
})

t.test('a limit that cannot be counted is 503 where the file says closed', async (t) => {
  const fault = 'STORE_UNAVAILABLE'
  for (const [fail, expected] of [
    ['open', 'let in'],
    ['closed', '503'],
  ] as const) {
    const held = await open(t, `    limits: [{ per: app, quota: 5/1d }]\n    limits_fail: ${fail}`, 'anyone')
    await held.runtime.requestLimits.close()
    const answered = await held.get('/')
    t.equal(answered === 'let in' ? answered : answered.slice(9, 12), expected, `${fault}: ${fail}`)
  }
})

t.test('a handshake of a WebSocket draws once', async (t) => {
  const { connect, handshakes, signIn } = await open(t, '    limits: [{ per: user, rate: 1/1h }]')
  const cookie = await signIn(host)
  const lines = [
    `GET /live HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Proto: https\r\nCookie: ${cookie}\r\n`,
    `Origin: https://${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`,
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  ].join('')
  const first = connect()
  first.write(lines)
  await settled()
  const second = connect()
  second.write(lines)
  await settled()
  t.equal(first.text(), '', 'it waits for the app')
  t.match(second.text(), /^HTTP\/1\.1 429 /)
  t.equal(handshakes.length, 1)
  for (const one of [first, second]) one.destroy()
})

t.test('a preflight that the gateway answers itself draws from no limit: no app hears of it', async (t) => {
  const origin = 'https://shop.example'
  const { ask, signIn, sent } = await open(
    t,
    `    limits: [{ per: app, quota: 2/1d }]\n    cors: [${origin}]\n`,
  )
  const head = `Host: ${host}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\nOrigin: ${origin}\r\n`
  const preflight = `OPTIONS /a HTTP/1.1\r\n${head}Access-Control-Request-Method: GET\r\n\r\n`
  for (const _ of [1, 2, 3]) t.match(await ask(preflight), /^HTTP\/1\.1 204 /)
  t.equal(sent.length, 0)
  const cookie = await signIn(host)
  await ask(`GET /a HTTP/1.1\r\n${head}Cookie: ${cookie}\r\n\r\n`)
  t.equal(sent.length, 1, 'strangers used up nothing')
})

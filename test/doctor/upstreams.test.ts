// What `claimgate doctor` says of apps: on bare TCP, with and without TLS, and a Flask app under gunicorn that wants the
// secret of every request but one.
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { startFlask } from '../support/flask.ts'
import { freePort, portOf } from '../support/ports.ts'
import { createAuthority } from '../support/tls.ts'
import { type Answerer, answerHeads, recordingUpstream } from '../support/upstream.ts'
import { look } from './rig.ts'

const secret = 'a-shared-secret-of-thirty-two-bytes-and-more'
const fileFor = (upstream: string, changes = `shared_secret: ${secret}`) => `
providers:
  main: { issuer: "http://127.0.0.1:9", client_id: gateway, client_secret: a-client-secret }
apps:
  wiki:
    url: http://localhost:8080/wiki
    upstream: ${upstream}
    ${changes}
    require: signed_in
    locations:
      - { path: /wiki/static, require: anyone }
      - { path: /wiki/admin, methods: [POST], require: { groups: admins } }
      - { path: /wiki/users/*, require: signed_in }
`

const answer = (status: string, more = '') => `HTTP/1.1 ${status}\r\nContent-Length: 2\r\n${more}\r\nok`

async function upstream(t: Test, answers: Answerer, tls?: { readonly key: string; readonly cert: string }) {
  const app = await recordingUpstream({ answer: answers, ...(tls === undefined ? {} : { tls }) })
  t.teardown(() => app.close())
  return app
}

/** 401 to whoever lacks the secret, but for what a test leaves open. */
function demanding(open: readonly string[] = []): Answerer {
  return ({ received }) => {
    if (!received.endsWith('\r\n\r\n')) return null
    const last = received.slice(received.lastIndexOf('GET '))
    const path = last.split(' ')[1] ?? ''
    const may = last.includes(`X-Gateway-Secret: ${secret}`) || open.includes(path)
    return answer(may ? '200 OK' : '401 Unauthorized')
  }
}

t.test('an app that wants the secret everywhere', async (t) => {
  const app = await upstream(t, demanding())
  const { lines } = await look(fileFor(`http://127.0.0.1:${app.port}/base`))
  t.match(lines('apps.wiki', 'reachable'), [
    /^ok .* http:\/\/127\.0\.0\.1:\d+ speaks http, as the file says\n$/,
  ])
  const paths = ['/base/wiki', '/base/wiki/static', '/base/wiki/admin', '/base/wiki/users/x']
  t.same(
    lines('apps.wiki', 'with the secret'),
    paths.map((path) => `ok      apps.wiki  with the secret: ${path} answers 200\n`),
  )
  t.same(
    lines('apps.wiki', 'without the secret'),
    paths.map((path) => `ok      apps.wiki  without the secret: ${path} answers 401\n`),
  )
  t.notMatch(app.received(), /X-Forwarded-(User|Email|Groups)|Cookie|POST /i, 'for nobody, and GET alone')
})

t.test('a page that answers without the secret: which, and what came', async (t) => {
  const app = await upstream(t, demanding(['/wiki/static']))
  const { lines } = await look(fileFor(`http://127.0.0.1:${app.port}`))
  const [, bare, ...rest] = lines('apps.wiki', 'without the secret')
  t.match(bare, /^failed .* \/wiki\/static answers 200\. Whoever reaches the app without the gateway/)
  t.match(rest, [/^ok /, /^ok /])
})

t.test(
  'an app that verifies assertions refuses the gateway too, while there is nobody to assert',
  async (t) => {
    const verifying = `identity_assertion: {}`
    const refusing = await upstream(t, ({ received }) => {
      if (!received.endsWith('\r\n\r\n')) return null
      const last = received.slice(received.lastIndexOf('GET '))
      return answer(last.startsWith('GET /wiki/static ') ? '200 OK' : '401 Unauthorized')
    })
    const { lines } = await look(fileFor(`http://127.0.0.1:${refusing.port}`, verifying))
    t.same(
      lines('apps.wiki', 'without the assertion'),
      ['/wiki', '/wiki/admin', '/wiki/users/x'].map(
        (path) => `ok      apps.wiki  without the assertion: ${path} answers 401\n`,
      ),
      'where nobody need be there is none to verify',
    )
    t.match(lines('apps.wiki', 'as the gateway'), [
      /^note /,
      /^ok .* \/wiki\/static answers 200/,
      /^note /,
      /^note /,
    ])
    t.same(lines('apps.wiki', 'without the secret'), [])
    t.notMatch(refusing.received(), /assertion/i)

    const trusting = await upstream(t, answerHeads(answer('200 OK')))
    const { lines: open } = await look(fileFor(`http://127.0.0.1:${trusting.port}`, verifying))
    const failed = open('apps.wiki', 'without the assertion')
    t.equal(failed.length, 3)
    for (const line of failed)
      t.match(
        line,
        /^failed .* answers 200\. Whoever reaches .* without an assertion that it has verified \(`claimgate/,
      )
  },
)

t.test('redirects and errors without the secret are answers too; nothing is followed', async (t) => {
  const app = await upstream(t, answerHeads(answer('302 Found', 'Location: /login\r\n')))
  const { lines } = await look(fileFor(`http://127.0.0.1:${app.port}`))
  for (const line of lines('apps.wiki', 'without the secret'))
    t.match(line, /^failed .* answers 302 to \/login/)
  t.equal(app.requests(), 8, 'four paths, twice each')
})

t.test('an app that repeats the secret: it is not repeated to the operator', async (t) => {
  const spelled = [
    secret,
    Buffer.from(`gate:${secret}`).toString('base64url'),
    [...Buffer.from(secret)].map((byte) => `%${byte.toString(16)}`).join(''),
    secret.slice(0, -3),
  ]
  for (const echo of spelled) {
    const app = await upstream(t, answerHeads(answer('302 Found', `Location: /login?from=${echo}\r\n`)))
    const { findings, lines } = await look(fileFor(`http://127.0.0.1:${app.port}`))
    t.match(
      lines('apps.wiki', 'with the secret')[0],
      /answers 302 to \[withheld: it repeats a secret\]/,
      echo,
    )
    t.notOk(JSON.stringify(findings.filter(({ check }) => check === 'with the secret')).includes(echo))
  }
})

t.test('an app that says 401 to us as well: what cannot be told is said', async (t) => {
  const same = await upstream(t, answerHeads(answer('401 Unauthorized')))
  const { lines } = await look(fileFor(`http://127.0.0.1:${same.port}`))
  t.match(
    lines('apps.wiki', 'with the secret')[0],
    /^note .* wants to know who asks, or expects another secret\. If signed-in .* `X-Gateway-Secret`.*REMOTE_ADDR/,
  )
  const [first, ...others] = lines('apps.wiki', 'without the secret')
  t.match(
    first,
    /^warning .* \/wiki answers 401, in the words that it has for the secret: whether it looks at that cannot be told/,
  )
  t.match(first, /must not .*curl -i -H 'X-Forwarded-User: x' http:\/\/127\.0\.0\.1:\d+\/wiki`/)
  t.equal(others.length, 3)
  for (const line of others) t.match(line, /^warning /)
})

t.test('refusals of the gateway and of a stranger are told apart by what they say', async (t) => {
  let count = 0
  const lot = (): string => 'abcdefghijklmnopqrstuvwxyz'.charAt(count++ % 26).repeat(9)
  const say = (body: string): string =>
    `HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  const cases: readonly (readonly [known: () => string, unknown: () => string, outcome: string])[] = [
    [() => say('who are you?'), () => say('by the gateway alone'), 'ok'],
    [() => say('who are you?'), () => say('who are you?'), 'warning'],
    [() => say(`no. Request ${count++}a7f`), () => say(`no. Request ${count++}a7f`), 'warning'],
    [() => say(''), () => say(''), 'warning'],
    // Base64 without a digit, and words that are drawn by lot.
    [() => say('who are you? ab+cd/e7fg=='), () => say('who are you? hi+jk/l8mn=='), 'warning'],
    [() => say(`no ${lot()}`), () => say(`no ${lot()}`), 'warning'],
    [() => say(`who are you? ${lot()}`), () => say('by the gateway alone'), 'ok'],
    [() => say('no'), () => answer('401 Unauthorized'), 'ok'],
    [() => answer('200 OK'), () => say('no'), 'ok'],
  ]
  for (const [known, unknown, outcome] of cases) {
    const app = await upstream(t, ({ received }) => {
      if (!received.endsWith('\r\n\r\n')) return null
      return received.slice(received.lastIndexOf('GET ')).includes(secret) ? known() : unknown()
    })
    const { findings } = await look(fileFor(`http://127.0.0.1:${app.port}`))
    const own = findings.filter(({ check }) => check === 'without the secret')
    t.same(new Set(own.map((one) => one.outcome)), new Set([outcome]), unknown().slice(-60))
  }
})

t.test('links in a refusal that the app makes of the public address are no other words', async (t) => {
  const app = await upstream(t, ({ received }) => {
    if (!received.endsWith('\r\n\r\n')) return null
    const request = received.slice(received.lastIndexOf('GET '))
    const [, host = 'elsewhere'] = /^x-forwarded-host: (.*)\r$/im.exec(request) ?? []
    const body = `Sign in at https://${host}/login`
    return `HTTP/1.1 403 Forbidden\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  })
  const { lines } = await look(fileFor(`http://127.0.0.1:${app.port}`))
  for (const line of lines('apps.wiki', 'without the secret'))
    t.match(line, /^warning .* answers 403, in the words that it has for the secret/)
})

t.test(
  'a page that is open to anyone, and the app refuses it: nobody will ever be named there',
  async (t) => {
    const app = await upstream(t, ({ received }) => {
      if (!received.endsWith('\r\n\r\n')) return null
      return answer(received.slice(received.lastIndexOf('GET ')).includes(secret) ? '403 No' : '401 No')
    })
    const { lines } = await look(fileFor(`http://127.0.0.1:${app.port}`))
    const [own, open, ...others] = lines('apps.wiki', 'with the secret')
    t.match(own, /^note /)
    t.match(
      open,
      /^warning .* \/wiki\/static answers 403, though the file opens it to anyone\. .*REMOTE_ADDR/,
    )
    for (const line of others) t.match(line, /^note /)
  },
)

t.test('an app that breaks', async (t) => {
  const app = await upstream(t, answerHeads(answer('500 Oops')))
  const { lines } = await look(fileFor(`http://127.0.0.1:${app.port}`))
  t.match(lines('apps.wiki', 'with the secret')[0], /^failed .* answers 500\. See the app's own log/)
})

t.test('an app that closes without a word to strangers', async (t) => {
  const app = await upstream(t, (connection) => {
    if (!connection.received.endsWith('\r\n\r\n')) return null
    const last = connection.received.slice(connection.received.lastIndexOf('GET '))
    if (last.includes(secret)) return answer('200 OK')
    connection.socket.destroy()
    return null
  })
  const { lines } = await look(fileFor(`http://127.0.0.1:${app.port}`))
  t.match(lines('apps.wiki', 'with the secret')[0], /^ok .* answers 200/)
  for (const line of lines('apps.wiki', 'without the secret')) t.match(line, /^ok .* no answer/)
})

t.test('upstream down: once, with the address', async (t) => {
  const { findings, lines } = await look(fileFor(`http://127.0.0.1:${await freePort()}`))
  t.match(lines('apps.wiki', 'reachable'), [
    /^failed .* http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED.*Start the app/,
  ])
  t.equal(findings.filter(({ about }) => about === 'apps.wiki').length, 1)
})

t.test('slow: nothing came within the time of the file', async (t) => {
  const app = await upstream(t, () => null)
  const changes = `shared_secret: ${secret}\n    timeouts: { response: 1s }`
  const { lines } = await look(fileFor(`http://127.0.0.1:${app.port}`, changes))
  t.match(lines('apps.wiki', 'reachable'), [/^failed .* See whether the app hangs/])
  const [stranger = ''] = lines('apps.wiki', 'without the secret')
  t.match(
    stranger,
    /^failed .* no answer within 1 s, .*Whether strangers are refused/,
    'it may be at work for one',
  )
  t.notMatch(stranger, /gets this/, 'nobody got anything')
  t.equal(app.requests(), 2, 'one path, as the next would hang too')
})

t.test(
  'slow for strangers alone, by a file that waits long: nobody waits so long for a refusal',
  async (t) => {
    const closed = demanding()
    const app = await upstream(t, (soFar) => (soFar.received.includes(secret) ? closed(soFar) : null))
    const changes = `shared_secret: ${secret}\n    timeouts: { response: 10m }`
    const oneLocation = fileFor(`http://127.0.0.1:${app.port}`, changes).replace(
      /\n {4}locations:[\s\S]*$/,
      '\n',
    )
    const { lines } = await look(oneLocation)
    t.match(lines('apps.wiki', 'with the secret')[0], /^ok /)
    t.match(lines('apps.wiki', 'without the secret')[0], /^failed .* no answer within 10 s, /)
  },
)

t.test('TLS mismatch both ways, and certificates', async (t) => {
  const ours = createAuthority()
  const folder = t.testdir({ 'ca.pem': ours.certificate })
  const trusting = (url: string) => `{ url: "${url}", ca_file: "${folder}/ca.pem" }`
  const plain = createServer((_request, response) => response.end('ok'))
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
  t.teardown(() => plain.close())
  t.match((await look(fileFor(`https://127.0.0.1:${portOf(plain)}`))).lines('apps.wiki', 'reachable'), [
    /^failed .* https:\/\/127\.0\.0\.1:\d+: .*scheme of `upstream`/,
  ])
  const good = await upstream(t, demanding(), ours.issue({ names: ['IP:127.0.0.1'] }))
  t.match((await look(fileFor(`http://127.0.0.1:${good.port}`))).lines('apps.wiki', 'reachable'), [
    /^failed .* http:\/\/127\.0\.0\.1:\d+: .*scheme of `upstream`/,
  ])
  const trusted = await look(fileFor(trusting(`https://127.0.0.1:${good.port}`)))
  t.match(trusted.lines('apps.wiki', 'reachable'), [/^ok .* speaks https/])
  t.match(trusted.lines('apps.wiki', 'certificate'), [
    /^warning .* ends on \d{4}-\d\d-\d\d, in [12] days?\. Renew it before/,
  ])
  t.match((await look(fileFor(`https://127.0.0.1:${good.port}`))).lines('apps.wiki', 'reachable'), [
    /^failed .*ca_file/,
  ])
  const ended = await upstream(t, demanding(), ours.issue({ names: ['IP:127.0.0.1'], expired: true }))
  t.match(
    (await look(fileFor(trusting(`https://127.0.0.1:${ended.port}`)))).lines('apps.wiki', 'reachable'),
    [/^failed .*(CERT_HAS_EXPIRED|ended on)/],
  )
})

t.test('without `shared_secret` the app is asked once a path, and what that means is said', async (t) => {
  const app = await upstream(t, answerHeads())
  const { lines } = await look(fileFor(`http://127.0.0.1:${app.port}`, 'title: Wiki'))
  t.equal(app.requests(), 4)
  t.match(lines('apps.wiki', 'as the gateway')[0], /^ok .* answers 200/)
  t.match(lines('apps.wiki', 'without the secret'), [/^warning .* answers whoever reaches it/])
})

t.test('a Flask app under gunicorn that demands the secret, as the documentation says', async (t) => {
  const flask = await startFlask({
    folder: new URL('../../config/examples/flask/', import.meta.url),
    app: 'app:app',
    env: { GATEWAY_SECRET: secret },
  })
  t.teardown(() => flask.stop())
  const { lines } = await look(fileFor(flask.origin))
  t.match(lines('apps.wiki', 'reachable'), [/^ok /])
  for (const line of lines('apps.wiki', 'without the secret')) t.match(line, /^ok .* answers 40[13]\n$/)
})

import http from 'node:http'
import t from 'tap'
import { Browser } from '../support/browser.ts'
import { type PythonApp, type PythonServer, startApiGateway, startFlask } from '../support/flask.ts'
import { visitAs } from '../support/front.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'

const examples = new URL('../../config/examples/', import.meta.url)
const current = 'the-current-shared-secret-of-the-test'
const next = 'the-next-shared-secret-of-this-test--'
const env = { GATEWAY_SECRET: `${current} ${next}` }
const secretHeader = 'X-Gateway-Secret'

const flask = { folder: new URL('flask/', examples), app: 'app:app', env }
const lambda = { folder: new URL('lambda/', examples), app: 'app:handler', env }

/** The other half as people run it: each of these is a real server of the example. */
const halves: readonly (readonly [string, () => Promise<PythonServer>])[] = [
  ['Flask under gunicorn', () => startFlask(flask)],
  ['Flask in Lambda, REST API', () => startApiGateway(flask, '1.0')],
  ['Flask in Lambda, HTTP API', () => startApiGateway(flask, '2.0')],
  ['a Lambda handler, REST API', () => startApiGateway(lambda, '1.0')],
  ['a Lambda handler, HTTP API', () => startApiGateway(lambda, '2.0')],
]

for (const [name, start] of halves) {
  t.test(name, async (t) => {
    const server = await start()
    t.teardown(() => server.stop())
    const ask = (headers: readonly string[], path = '/x') => get(server.origin + path, headers)

    t.test('S-227 refuses whoever does not know the secret, whatever else they send', async (t) => {
      for (const headers of [
        [],
        [secretHeader, 'wrong'],
        [secretHeader, ''],
        [secretHeader, current.slice(0, -1)],
        [secretHeader, `${current}x`],
        [secretHeader, current.toUpperCase()],
        [secretHeader, `${current},${current}`],
        [secretHeader, `${current} ${next}`],
        [secretHeader, 'Zoë-is-not-ascii-but-is-long-enough'],
        ['X_Gateway_Secret', 'wrong'],
        [secretHeader, current, secretHeader, current],
        [secretHeader, current, secretHeader, 'wrong'],
        [secretHeader, 'wrong', secretHeader, current],
        [secretHeader, current, 'X_Gateway_Secret', current],
        ['X_Gateway_Secret', current, secretHeader, current],
      ]) {
        const answer = await ask([...headers, 'X-Forwarded-User', 'adam'])
        t.equal(answer.status, 403, headers.join(' ') || 'nothing')
        t.equal(answer.body, 'This app answers its gateway alone.\n')
      }
    })

    t.test('lets the gateway in, and the app never sees the secret', async (t) => {
      const answer = await ask([
        secretHeader,
        current,
        'X-Forwarded-User',
        'Zo%C3%AB',
        'X-Forwarded-Groups',
        'a%2Cb,c',
      ])
      t.equal(answer.status, 200)
      t.match(JSON.parse(answer.body), { user: 'Zoë', groups: ['a,b', 'c'], path: '/x' })
      t.notMatch(answer.body, current)
      t.equal((await ask(['x-GATEWAY-secret', current])).status, 200, 'names of headers have no case')
    })

    t.test('S-228 takes the old secret and the new one while it is being changed', async (t) => {
      t.equal((await ask([secretHeader, next])).status, 200)
      t.equal((await ask([secretHeader, current])).status, 200)
    })
  })
}

t.test('an open path answers everybody, and believes nobody but the gateway', async (t) => {
  const server = await startFlask(flask)
  t.teardown(() => server.stop())
  const user = ['X-Forwarded-User', 'adam']
  t.same(JSON.parse((await get(`${server.origin}/healthz`, user)).body), { ok: true, user: null })
  t.same(JSON.parse((await get(`${server.origin}/healthz`, ['X_Forwarded_User', 'adam'])).body), {
    ok: true,
    user: null,
  })
  t.same(JSON.parse((await get(`${server.origin}/healthz`, [...user, secretHeader, current])).body), {
    ok: true,
    user: 'adam',
  })
  t.equal((await get(`${server.origin}/healthz/x`, user)).status, 403, 'that path alone')
})

t.test('an app without a proper secret does not start', async (t) => {
  const starts = [
    (env: PythonApp['env']) => startFlask({ ...flask, env }),
    (env: PythonApp['env']) => startApiGateway({ ...lambda, env }, '2.0'),
  ]
  for (const start of starts) {
    await t.rejects(start({}), { message: /GATEWAY_SECRET/ })
    await t.rejects(start({ GATEWAY_SECRET: '' }), { message: /at least 32 bytes/ })
    await t.rejects(start({ GATEWAY_SECRET: `${current} short` }), { message: /at least 32 bytes/ })
  }
})

t.test('the same apps behind the gateway', async (t) => {
  const servers = await Promise.all(halves.map(([, start]) => start()))
  const op = await startOp()
  const port = await freePort()
  const url = `http://localhost:${port}`
  op.register({ redirectUris: [`${url}/.auth/callback`] })
  const gateway = await startTestGateway({
    port,
    yaml: () => `
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }
apps:
${servers.map((server, index) => appYaml(`${url}/half-${index}`, server.origin, index)).join('')}`,
  })
  t.teardown(async () => {
    await gateway.close()
    await Promise.all([op.close(), ...servers.map((server) => server.stop())])
  })
  const adam = new Browser()
  await visitAs(adam, 'adam', `${url}/half-0/`)
  const cookie = [...adam.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
  // What a client may try, in every spelling that WSGI folds into one.
  const forged = [
    ['X-Forwarded-User', 'mallory'],
    ['X_Forwarded_User', 'mallory'],
    ['x-forwarded_groups', 'mallory'],
    ['X_GATEWAY_SECRET', 'mallory'],
    [secretHeader, 'mallory'],
    ['SCRIPT_NAME', '/mallory'],
    ['Remote-User', 'mallory'],
  ].flat()

  for (const [index, [name]] of halves.entries()) {
    const half = `${url}/half-${index}`
    t.test(
      `${name}: the app sees who is signed in, and nothing a client forged (S-038, S-039)`,
      async (t) => {
        const answer = await get(`${half}/adm%69n/caf%c3%a9?a=%2f&b`, ['Cookie', cookie, ...forged])
        t.equal(answer.status, 200)
        t.match(JSON.parse(answer.body), { user: 'adam', groups: ['admins'] })
        t.notMatch(answer.body, 'mallory')
        t.notMatch(answer.body, /claimgate-\d/, 'no cookie of the gateway')
        t.match(decodeURI(String(JSON.parse(answer.body).path)), '/admin/café')
      },
    )
    t.test(`${name}: an open location tells the app nobody (S-037)`, async (t) => {
      const answer = await get(`${half}/public/x`, forged)
      t.equal(answer.status, 200)
      t.match(JSON.parse(answer.body), { user: null, groups: [] })
      t.notMatch(answer.body, 'mallory')
    })
    t.test(`${name}: whoever is not signed in does not reach it`, async (t) => {
      const answer = await get(`${half}/x`, forged)
      t.equal(answer.status, 401)
    })
  }
})

for (const version of ['1.0', '2.0'] as const) {
  t.test(`a WSGI app in Lambda below a stage, events ${version}: nobody sees the stage`, async (t) => {
    const staged = { folder: new URL('../support/', import.meta.url), app: 'staged_app:app', env: {} }
    const server = await startApiGateway(staged, version, 'prod')
    t.teardown(() => server.stop())
    t.equal((await get(`${server.origin}/home`, [])).status, 403, 'outside of the stage there is nothing')
    const port = await freePort()
    const url = `http://localhost:${port}`
    const gateway = await startTestGateway({
      port,
      yaml: () => `
providers:
  op: { issuer: "http://localhost:9", client_id: x, client_secret: a-secret-of-a-client-of-a-provider }
defaults: { shared_secret: ${current} }
apps:
  whole: { url: "${url}", upstream: "${server.origin}/prod", require: anyone }
  part: { url: "${url}/billing", upstream: { url: "${server.origin}/prod", strip_prefix: true }, require: anyone }
`,
    })
    t.teardown(() => gateway.close())
    for (const prefix of ['', '/billing']) {
      const browser = new Browser()
      const moved = await browser.visit(`${url}${prefix}/moved`, { follow: false })
      t.equal(moved.status, 302)
      t.match(moved.headers.location, new RegExp(`^(?:${url})?${prefix}/home\\?tab=a(?:\\+|%20)b$`))
      t.match(moved.headers['content-location'], new RegExp(`^(?:${url})?${prefix}/home$`))
      const cookies = moved.headers['set-cookie'] ?? []
      t.match(
        cookies.find((line) => line.startsWith('seen=')),
        new RegExp(`; Path=${prefix || '/'}(?:;|$)`),
      )
      const deep = cookies.find((line) => line.startsWith('deep=')) ?? ''
      t.match(deep, new RegExp(`; Path=${prefix}/home(?:;|$)`))
      t.notMatch(deep, /domain/i, 'the name of the upstream is none of the browser’s')
      t.match(deep, /; HttpOnly/)
      const home = await browser.visit(`${url}${prefix}/moved`)
      t.match(JSON.parse(home.body), { script: '/prod', path: '/home', cookies: { seen: '1', deep: '2' } })
      const whole = await browser.visit(`${url}${prefix}/moved-whole`, { follow: false })
      t.equal(whole.headers.location, `${url}${prefix}/home`)
      const elsewhere = await browser.visit(`${url}${prefix}/elsewhere`, { follow: false })
      t.equal(
        elsewhere.headers.location,
        'https://other.example/prod/home',
        'what is not the upstream’s stays',
      )
    }
  })
}

function appYaml(url: string, upstream: string, index: number): string {
  return `
  half-${index}:
    url: ${url}
    upstream: { url: "${upstream}", strip_prefix: true }
    shared_secret: ${current}
    require: signed_in
    locations:
      - { path: /half-${index}/public, require: anyone }
`
}

interface Answer {
  readonly status: number
  readonly body: string
}

/** A GET whose header lines go out as they are written here: twice, odd, in this order. */
function get(url: string, headers: readonly string[]): Promise<Answer> {
  return new Promise((answered, failed) => {
    const lines = ['Host', new URL(url).host, 'Connection', 'close', ...headers]
    const request = http.request(url, { agent: false, headers: lines }, async (response) => {
      let body = ''
      for await (const part of response) body += part
      answered({ status: response.statusCode ?? 0, body })
    })
    request.on('error', failed)
    request.end()
  })
}

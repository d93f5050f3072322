import http from 'node:http'
import t from 'tap'
import { type PythonApp, type PythonServer, startApiGateway, startFlask } from '../support/flask.ts'

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

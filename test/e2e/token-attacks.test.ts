// What the token endpoint meets that is no customer: pages of other sites, forms that are none, guesses.
import t from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { storeKey } from '../support/api-keys.ts'
import { startEcho } from '../support/echo.ts'
import { startTestGateway } from '../support/gateway.ts'
import { freePort } from '../support/ports.ts'

const echo = await startEcho()
const folder = t.testdir()
const adminPort = await freePort()
const gateway = await startTestGateway({
  ...{ folder, adminPort },
  yaml: ({ url, port }) => `
session: { store: sqlite }
trusted_proxies: [127.0.0.1]
api_keys: {}
providers:
  acme: { issuer: "https://acme.example.com", client_id: id, client_secret: s }
apps:
  api:
    url: ${url}
    upstream: ${echo.url}
    credentials: [api_key]
    require: { provider: api_keys, plan: paid }
    limits: [{ name: hour, per: key, rate: 1/1h }]
  wiki: { url: "http://127.0.0.1:${port}", upstream: ${echo.url}, provider: acme, require: signed_in }
`,
})
t.teardown(() => Promise.all([gateway.close(), echo.close()]))
const key = await storeKey(t, folder, { claims: { plan: 'paid' } })
const good = new URLSearchParams({
  ...{ grant_type: 'client_credentials', client_id: key.id, client_secret: key.secret },
})
const wrong = new URLSearchParams({
  ...{ grant_type: 'client_credentials', client_id: key.id, client_secret: '0'.repeat(43) },
})

interface Shot {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | URLSearchParams | FormData
  readonly address?: string
  readonly host?: string
}

/** Each test is a client of its own: networks are counted. */
let client = '192.0.2.1'

function shoot({ method = 'POST', headers = {}, body, address = '/.auth/token', host }: Shot = {}) {
  return fetch((host ?? gateway.url) + address, {
    ...{ method, headers: { 'x-forwarded-for': client, ...headers }, redirect: 'manual' },
    ...(body === undefined ? {} : { body }),
  })
}

async function told(shot: Shot): Promise<string> {
  const answer = await shoot(shot)
  t.equal(answer.headers.get('cache-control'), 'no-store')
  t.equal(answer.headers.get('access-control-allow-origin'), null)
  const { error }: { error?: string } = JSON.parse(await answer.text())
  return `${answer.status} ${error}`
}

t.test('POST alone, and no page of another origin is told that it may', async (t) => {
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
    const answer = await shoot({
      method,
      headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
    })
    t.equal(answer.status, 405, method)
    t.equal(answer.headers.get('allow'), 'POST')
    t.equal(answer.headers.get('access-control-allow-origin'), null)
  }
  t.equal((await shoot({ method: 'GET', address: `/.auth/token?${good}` })).status, 405)
})

t.test('a form, and nothing else', async (t) => {
  const json = { 'content-type': 'application/json' }
  t.equal(
    await told({ body: JSON.stringify(Object.fromEntries(good)), headers: json }),
    '415 invalid_request',
  )
  const multipart = new FormData()
  for (const [name, value] of good) multipart.set(name, value)
  t.equal(await told({ body: multipart }), '415 invalid_request')
  t.equal(await told({ body: `${good}`, headers: { 'content-type': 'text/plain' } }), '415 invalid_request')
  t.equal(await told({}), '400 invalid_request')
  const long = new URLSearchParams({ ...Object.fromEntries(good), x: 'x'.repeat(limits.tokenFormBytes) })
  t.equal(await told({ body: long }), '413 invalid_request')
  t.equal(await told({ body: good, address: `/.auth/token?client_id=${key.id}` }), '400 invalid_request')
  t.equal(await told({ body: good, headers: { 'x-api-key': key.whole } }), '400 invalid_request')
  t.equal(await told({ body: good, headers: { authorization: key.basic } }), '400 invalid_request')
  t.equal(
    await told({ body: good, headers: { authorization: `Bearer ${key.whole}` } }),
    '400 invalid_request',
  )
  const grant = new URLSearchParams({ grant_type: 'client_credentials' })
  t.equal(
    await told({ body: grant, headers: { authorization: `Bearer ${key.whole}` } }),
    '401 invalid_client',
  )
  t.equal((await shoot({ body: good })).status, 200)
})

t.test('no page of another site asks, nor guesses by somebody’s browser', async (t) => {
  client = '192.0.2.2'
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://shop.example' },
    { origin: 'null' },
    { origin: `${gateway.url}.example` },
  ])
    for (const body of [good, wrong])
      for (let at = 0; at < (body === wrong ? 20 : 1); at++)
        t.equal(await told({ body, headers }), '403 invalid_request', JSON.stringify(headers))
  t.equal(await told({ body: wrong }), '401 invalid_client', 'none of them counted as a guess')
  const line = await gateway.logged(({ reason, path }) => reason === 'cross-site' && path === '/.auth/token')
  t.match(line, { decision: 'deny', status: 403 })
  const own = { origin: gateway.url, 'sec-fetch-site': 'same-origin' }
  t.equal((await shoot({ body: good, headers: own })).status, 200)
})

t.test('a browser is never asked for a name and a password', async (t) => {
  const asked = async (headers = {}) =>
    (await shoot({ body: wrong, headers })).headers.get('www-authenticate')
  // Node's fetch sends `Sec-Fetch-Mode` by itself.
  t.equal(await asked(), 'Bearer realm="claimgate"')
})

t.test('a network that guesses waits, and the key that it guesses at goes on', async (t) => {
  client = '198.51.100.7'
  for (let at = 0; at < limits.failedCredentials; at++)
    t.equal(await told({ body: wrong }), '401 invalid_client')
  const limited = await shoot({ body: wrong })
  t.equal(limited.status, 429)
  t.match(limited.headers.get('retry-after'), /^[1-9]\d?$/)
  t.match(await limited.json(), { error: 'temporarily_unavailable' })
  t.equal((await shoot({ body: good })).status, 200, 'from the same network')
  client = '198.51.100.8'
  t.equal(await told({ body: wrong }), '401 invalid_client', 'another network is told as before')
})

t.test('to ask for tokens draws on no limit; all tokens of a key draw on its limit', async (t) => {
  client = '192.0.2.9'
  const tokens: string[] = []
  for (let at = 0; at < 3; at++) {
    const answer: { access_token?: string } = JSON.parse(await (await shoot({ body: good })).text())
    tokens.push(answer.access_token ?? '')
  }
  const by = async (token: string) =>
    (await shoot({ method: 'GET', address: '/x', headers: { authorization: `Bearer ${token}` } })).status
  t.same([await by(tokens[0] ?? ''), await by(tokens[1] ?? ''), await by(key.whole)], [200, 429, 429])
})

t.test('where no location lists keys, there is no such address', async (t) => {
  const answer = await shoot({ body: good, host: `http://127.0.0.1:${gateway.port}` })
  t.equal(answer.status, 404)
})

t.test('the log says who asked and what became of it, and has no secret and no token', async (t) => {
  const { id } = key.record
  const issued = await gateway.logged(({ event }) => event === 'token.issued')
  t.match(issued, { key: id, name: 'a test', credential: 'api_key', provider: 'api_keys', expires_in: 900 })
  const line = await gateway.logged(({ path, status, key: of }) => {
    return path === '/.auth/token' && status === 200 && of === id
  })
  t.match(line, { credential: 'api_key', decision: 'allow', reason: 'gateway-address' })
  t.match(await gateway.logged(({ path, reason }) => path === '/.auth/token' && reason === 'key-invalid'), {
    ...{ status: 401, decision: 'challenge', credential: 'api_key' },
    detail: 'the secret is not that of the key',
  })
  t.match(await gateway.logged(({ reason }) => reason === 'token-request-invalid'), { status: 400 })
  const text = JSON.stringify(gateway.log)
  for (const secret of [key.secret, 'cgt_k', '0'.repeat(43)]) t.notOk(text.includes(secret))
})

t.test('the metrics count what was asked for', async (t) => {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
  for (const outcome of ['granted', 'refused', 'throttled'])
    t.match(text, new RegExp(`claimgate_token_requests_total\\{outcome="${outcome}"\\} [1-9]`))
  t.match(text, /claimgate_key_uses_total\{outcome="used"\} 1\n/, 'a token that is asked for uses nothing')
})

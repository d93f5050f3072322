// Access tokens through a whole gateway: of a real provider with which people sign in, and of another one that gives
// tokens alone and writes them as it is told.
import { createHash } from 'node:crypto'
import t from 'tap'
import { program, tokenOfProgram, tokensOfPerson } from '../support/access-tokens.ts'
import { Browser } from '../support/browser.ts'
import { createTestClock } from '../support/clock.ts'
import { startEcho } from '../support/echo.ts'
import { visitAs } from '../support/front.ts'
import { startTestGateway } from '../support/gateway.ts'
import { type Fields, firstKey, newKey, signJwt, startHostileOp } from '../support/hostile-op.ts'
import { startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'

const api = 'https://api.example.com'
const people = await startOp({ resources: { [api]: 'read write' }, clients: [program] })
const machines = await startHostileOp({ host: 'localhost' })
const echo = await startEcho()
const port = await freePort()
const url = `http://localhost:${port}`
people.register({ redirectUris: [`${url}/.auth/callback`] })
const clock = createTestClock(Math.floor(Date.now() / 1000))
const gateway = await startTestGateway({
  port,
  clock,
  yaml: () => `
log: { level: debug, subject: plain }
providers:
  people:
    issuer: ${people.issuer}
    client_id: ${people.clientId}
    client_secret: ${people.clientSecret}
    bearer: { audiences: ["${api}"], required_scopes: [read] }
  machines:
    issuer: ${machines.issuer}
    user_id_prefix: "m:"
    bearer: { audiences: ["${api}"], client_ids: [cognito-app], accept_clients: true }
apps:
  api:
    url: ${url}
    upstream: ${echo.url}
    provider: [people, machines]
    credentials: [session, bearer]
    require: signed_in
    locations:
      - { path: /people, require: { provider: people } }
      - { path: /pages, credentials: [session], require: { provider: people } }
      - { path: /open, require: anyone }
      - { path: /maybe, require: maybe_signed_in }
      - { path: /pay, require: { provider: people }, step_up: { acr_values: [phr] } }
  jobs:
    url: ${url}/machines
    upstream: ${echo.url}
    provider: [people, machines]
    credentials: [bearer]
    require: { provider: machines }
  others:
    url: ${url}/others
    upstream: ${echo.url}
    provider: [people]
    credentials: [bearer]
    require: { provider: people }
  plain:
    url: ${url}/plain
    upstream: ${echo.url}
    provider: [people]
    require: signed_in
`,
})
t.teardown(async () => {
  await gateway.close()
  await Promise.all([people.close(), machines.close(), echo.close()])
})

function written(claims: Fields, header: Fields = {}, key = firstKey().privateKey): string {
  const now = clock.now()
  const full = { iss: machines.issuer, sub: 'bob', aud: api, iat: now, exp: now + 3000, ...claims }
  const { alg = 'RS256', ...rest } = header
  return signJwt({ alg, kid: 'k1', ...rest }, full, key)
}

interface Answered {
  readonly status: number
  readonly challenge: string | null
  readonly reason: string
  /** What the app got; null: nothing came to it. */
  readonly user: string | null
  readonly authorization: string | null
}

async function ask(
  path: string,
  token: string | null,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const before = echo.received.length
  const sent = token === null ? headers : { authorization: `Bearer ${token}`, ...headers }
  const answer = await fetch(`${url}${path}`, { headers: sent, redirect: 'manual' })
  const text = await answer.text()
  const got = echo.received.length > before ? echo.received.at(-1) : undefined
  return {
    status: answer.status,
    challenge: answer.headers.get('www-authenticate'),
    reason: got === undefined && text.startsWith('{') ? String(JSON.parse(text).reason) : '',
    user: got?.headers['x-forwarded-user']?.[0] ?? null,
    authorization: got?.headers.authorization?.[0] ?? null,
  }
}

const wanted = { resource: api, scope: 'read' }
const metadata = `resource_metadata="${url}/.well-known/oauth-protected-resource"`

t.test('a person’s token opens what the person’s session would, and reaches no app', async (t) => {
  const { accessToken } = await tokensOfPerson(people, 'alice', wanted)
  for (const path of ['/', '/people', '/maybe'])
    t.match(await ask(path, accessToken), { status: 200, user: 'alice', authorization: null }, path)
  t.match(await ask('/machines', accessToken), { status: 403, user: null }, 'a rule for another provider')
  t.match(await ask('/plain', accessToken), { status: 401, reason: 'no-session' }, 'an app that takes none')
  const pages = await ask('/pages', accessToken)
  t.match(pages, { status: 401, user: null }, 'a location that takes none')
  t.equal(pages.challenge?.includes('Bearer'), false)
  const line = gateway.log.find((one) => one.credential === 'bearer')
  t.match(line, { provider: 'people', decision: 'allow' })
  t.notMatch(JSON.stringify(gateway.log), accessToken.slice(-40))
})

t.test('401 says how one comes by a token, and 403 which scope is missing', async (t) => {
  const none = await ask('/people', null)
  t.equal(none.status, 401)
  t.ok(none.challenge?.includes(metadata), `${none.challenge}`)
  t.notMatch(none.challenge ?? '', 'error=')
  const invalid = await ask('/people', written({ iss: people.issuer }))
  t.match(invalid, { status: 401, reason: 'token-invalid' })
  t.match(invalid.challenge ?? '', /Bearer .*error="invalid_token"/)
  t.ok(invalid.challenge?.includes(metadata))
  const { accessToken } = await tokensOfPerson(people, 'alice', { resource: api, scope: 'write' })
  const lacking = await ask('/people', accessToken)
  t.match(lacking, { status: 403, reason: 'scope-insufficient', user: null })
  t.match(lacking.challenge ?? '', /error="insufficient_scope", scope="read"/)
  const weak = await tokensOfPerson(people, 'alice', wanted)
  const stepUp = await ask('/pay', weak.accessToken)
  t.match(stepUp, { status: 401, reason: 'step-up-needed', user: null })
  t.match(stepUp.challenge ?? '', /error="insufficient_user_authentication", acr_values="phr"/)
  t.ok(stepUp.challenge?.includes(metadata), 'and of a stronger one')
})

t.test('attacks: none of these tokens opens anything, and nothing of them reaches the app', async (t) => {
  const now = clock.now()
  const foreign = newKey('k1', 'RS256')
  const { accessToken, idToken } = await tokensOfPerson(people, 'alice', wanted)
  const [head, body, signature] = accessToken.split('.')
  const robot = await tokenOfProgram(people, wanted)
  const rows: readonly (readonly [string, string, string])[] = [
    ['for another audience', written({ aud: 'https://other.example' }), 'token-not-for-us'],
    ['an ID token of the sign-in’s provider', idToken, 'token-not-for-us'],
    ['an ID token for the API', written({ nonce: 'n' }), 'token-invalid'],
    ['a logout token', written({ events: {} }, { typ: 'logout+jwt' }), 'token-invalid'],
    ['a program’s token as a person’s', robot, 'token-not-for-us'],
    ['expired', written({ exp: now - 61 }), 'token-over'],
    ['to come', written({ nbf: now + 1000 }), 'token-invalid'],
    ['without an end', written({ exp: undefined }), 'token-invalid'],
    ['of the other provider, signed by this one', written({ iss: people.issuer }), 'token-invalid'],
    ['of an issuer that nobody knows', written({ iss: 'https://evil.example' }), 'credential-unknown'],
    ['by a foreign key', written({}, {}, foreign.privateKey), 'token-invalid'],
    ['by a key of its own', written({}, { kid: 'x', jwk: foreign.jwk }, foreign.privateKey), 'token-invalid'],
    ['of a kid that is a path', written({}, { kid: '../k1' }), 'token-invalid'],
    ['with crit', written({}, { crit: ['b64'], b64: false }), 'token-invalid'],
    ['bound to a key', written({ cnf: { jkt: 'x' } }), 'token-invalid'],
    ['bound to a certificate', written({ cnf: { 'x5t#S256': 'x' } }), 'token-invalid'],
    ['of a guest', written({ amr: ['unauthenticated'] }), 'token-invalid'],
    ['a person called as a program', written({ sub: 'client:robot' }), 'token-invalid'],
    ['without a signature', `${head}.${body}.`, 'token-invalid'],
    ['with another’s claims', `${head}.${written({}).split('.')[1]}.${signature}`, 'token-invalid'],
    ['opaque, where nobody is asked', 'an-opaque-token', 'credential-unknown'],
  ]
  const byUnknownKeys = new Set([
    'of the other provider, signed by this one',
    'of a kid that is a path',
    'with another’s claims',
  ])
  for (const [name, token, reason] of rows) {
    // For a key that is not known the provider is asked twice a minute.
    if (byUnknownKeys.has(name)) clock.time += 120
    t.match(await ask('/', token), { status: 401, reason, user: null }, name)
    t.match(await ask('/maybe', token), { status: 401, user: null }, `${name}, where anybody may come`)
  }
  const none = signJwt({ alg: 'none' }, {}, 'x').split('.')[0]
  t.match(await ask('/', `${none}.${body}.`), { status: 401, user: null })
})

t.test(
  'a token that is known opens nothing that it did not open, and no other text is that token',
  async (t) => {
    const now = clock.now()
    const token = written({ sub: 'carla', exp: now + 100 })
    for (let use = 0; use < 3; use += 1) t.match(await ask('/', token), { status: 200, user: 'm:carla' })
    const unknown = { status: 401, reason: 'credential-unknown', user: null }
    t.match(await ask('/others', token), unknown, 'an app that does not accept its provider')

    const [head = '', body = '', signature = ''] = token.split('.')
    const forged = { iss: machines.issuer, sub: 'mallory', aud: api, exp: now + 100 }
    const forgedBody = Buffer.from(JSON.stringify(forged)).toString('base64url')
    const rows: readonly (readonly [string, string, number])[] = [
      ['the same', `Bearer ${token}`, 200],
      ['a scheme in another case', `bEARER ${token}`, 200],
      ['blanks around it', `Bearer   ${token}  `, 200],
      ['a tab in front of it', `Bearer\t${token}`, 401],
      ['padding', `Bearer ${token}=`, 401],
      ['padding within', `Bearer ${head}=.${body}.${signature}`, 401],
      ['one letter more', `Bearer ${token}A`, 401],
      ['one letter less', `Bearer ${token.slice(0, -1)}`, 401],
      ['other claims under its signature', `Bearer ${head}.${forgedBody}.${signature}`, 401],
      ['its hash in its place', `Bearer ${createHash('sha256').update(token).digest('base64url')}`, 401],
      ['twice', `Bearer ${token}, Bearer ${token}`, 401],
    ]
    for (const [name, authorization, status] of rows)
      t.match(
        await ask('/', null, { authorization }),
        { status, user: status === 200 ? 'm:carla' : null },
        name,
      )

    clock.time += 159
    t.match(await ask('/', token), { status: 200 }, 'a minute of grace, to its last second')
    clock.time += 1
    for (let use = 0; use < 2; use += 1)
      t.match(await ask('/', token), { status: 401, reason: 'token-over', user: null })
  },
)

t.test('tokens as Cognito, Entra, Okta and Auth0 write them', async (t) => {
  const rows: readonly (readonly [string, Fields, string])[] = [
    ['Cognito', { aud: undefined, client_id: 'cognito-app', token_use: 'access', scope: 'x' }, 'm:bob'],
    ['Entra v1', { appid: 'a-1', oid: 'o-1', scp: 'access_as_user', ver: '1.0' }, 'm:bob'],
    ['Entra v2', { azp: 'a-1', oid: 'o-1', scp: 'access_as_user', ver: '2.0' }, 'm:bob'],
    ['Okta', { cid: '0oa1', scp: ['openid', 'x'], uid: '00u1' }, 'm:bob'],
    ['Auth0', { aud: [api, 'https://t.auth0.example/userinfo'], azp: 'a-1', gty: 'password' }, 'm:bob'],
    ['Entra, a program', { sub: 'o-2', oid: 'o-2', azp: 'a-1', idtyp: 'app' }, 'm:client:a-1'],
    ['Okta, a program', { sub: '0oa1', cid: '0oa1', scp: ['x'] }, 'm:client:0oa1'],
    ['Auth0, a program', { sub: 'a-1@clients', azp: 'a-1', gty: 'client-credentials' }, 'm:client:a-1'],
  ]
  for (const [name, claims, user] of rows)
    t.match(await ask('/machines', written(claims)), { status: 200, user, authorization: null }, name)
  const cognitoOfOther = written({ aud: undefined, client_id: 'other-app', token_use: 'access' })
  t.match(await ask('/machines', cognitoOfOther), { status: 401, reason: 'token-not-for-us' })
  const idOfCognito = written({ aud: 'cognito-app', token_use: 'id' })
  t.match(await ask('/machines', idOfCognito), { status: 401, reason: 'token-invalid' })
})

t.test('a program is identified, and does not meet signed_in', async (t) => {
  const robot = written({ sub: 'robot', client_id: 'robot' })
  t.match(await ask('/', robot), { status: 403, user: null })
  t.match(await ask('/people', robot), { status: 403, user: null })
  t.match(await ask('/machines', robot), { status: 200, user: 'm:client:robot' })
})

t.test('an invalid token beside a good cookie is 401, and a good one counts before the cookie', async (t) => {
  const browser = new Browser()
  await visitAs(browser, 'adam', `${url}/people`)
  const cookie = [...browser.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
  t.match(await ask('/people', null, { cookie }), { status: 200, user: 'adam' })
  const over = written({ exp: clock.now() - 100 })
  t.match(await ask('/people', over, { cookie }), { status: 401, user: null })
  t.match(await ask('/maybe', over, { cookie }), { status: 401, user: null })
  const { accessToken } = await tokensOfPerson(people, 'alice', wanted)
  t.match(await ask('/people', accessToken, { cookie }), { status: 200, user: 'alice' })
})

t.test('where nobody is asked for, and where tokens are not listed, none is looked at', async (t) => {
  const over = written({ exp: clock.now() - 100 })
  t.match(await ask('/open', over), { status: 200, user: null })
})

t.test('a provider that gives tokens alone is offered to nobody', async (t) => {
  const browser = new Browser()
  const login = await browser.visit(`${url}/.auth/login`)
  t.equal(login.url.origin, people.issuer, 'there is nothing to choose')
  const open = await browser.visit(`${url}/.auth/login?return_to=/open`)
  t.equal(open.url.origin, people.issuer, 'nor for a page that asks nobody')
  t.equal((await browser.visit(`${url}/.auth/login?provider=machines`)).status, 400)
  const asked = await fetch(`${url}/machines`, { redirect: 'manual', headers: { accept: 'text/html' } })
  t.equal(asked.status, 401, 'no session could meet the rule')
  t.equal((await fetch(`${url}/.auth/callback/machines`)).status, 404)
  const event = 'http://schemas.openid.net/event/backchannel-logout'
  const logoutToken = written({ aud: '', sub: 'bob', jti: 'j', events: { [event]: {} } })
  const body = new URLSearchParams({ logout_token: logoutToken })
  const logout = await fetch(`${url}/.auth/backchannel-logout`, { method: 'POST', body })
  t.equal(logout.status, 400, 'nor is a logout token its')
})

t.test('how an app is to be asked with tokens is said to everybody', async (t) => {
  const at = `${url}/.well-known/oauth-protected-resource`
  const answer = await fetch(at)
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('access-control-allow-origin'), '*')
  t.match(answer.headers.get('content-type'), /^application\/json/)
  t.strictSame(await answer.json(), {
    resource: url,
    authorization_servers: [people.issuer, machines.issuer],
    scopes_supported: ['read'],
    bearer_methods_supported: ['header'],
  })
  const preflight = await fetch(at, { method: 'OPTIONS', headers: { origin: 'https://inspector.example' } })
  t.equal(preflight.status, 204)
  t.equal(preflight.headers.get('access-control-allow-origin'), '*')
  t.equal((await fetch(at, { method: 'HEAD' })).status, 200)
  t.equal((await fetch(at, { method: 'POST' })).status, 405)
  t.equal((await fetch(`${at}/`)).status, 404)
  const before = echo.received.length
  t.equal((await fetch(`${at}/plain`, { redirect: 'manual' })).status, 401, 'an app that takes none has none')
  t.equal(echo.received.length, before)
})

t.test(
  'a new key counts at once, and what the old one signed ends when it is published no more',
  async (t) => {
    const known = written({ jti: 'known' })
    t.match(await ask('/machines', known), { status: 200 })
    const key = newKey('k2', 'RS256')
    machines.keys = [key]
    clock.time += 240
    t.match(await ask('/machines', written({}, { kid: 'k2' }, key.privateKey)), { status: 200 })
    t.match(await ask('/machines', known), { status: 401, reason: 'token-invalid' })
  },
)

t.test('while the provider does not answer nobody can tell: 503, and nothing is let in', async (t) => {
  clock.time += 3700
  machines.bends.answer = { jwks: (_request, response) => void response.writeHead(500).end() }
  const token = written({}, { kid: 'k2' }, machines.keys[0]?.privateKey)
  t.match(await ask('/machines', token), { status: 503, user: null })
  t.match(await ask('/maybe', token), { status: 503, user: null })
  machines.bends.answer = {}
  clock.time += 120
  t.match(await ask('/machines', written({}, { kid: 'k2' }, machines.keys[0]?.privateKey)), { status: 200 })
})

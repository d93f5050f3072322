// Customers with ids and secrets of a provider, through a whole gateway: clients of oidc-provider, and users of a user pool
// as Cognito’s documents have it. Then those who attack: who guesses, who locks others out, who sends the wrong token.
import t from 'tap'
import { program, tokensOfPerson } from '../support/access-tokens.ts'
import { createTestClock } from '../support/clock.ts'
import { startCognito } from '../support/cognito.ts'
import { startEcho } from '../support/echo.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'

const api = 'https://api.example.com'
const customer = {
  client_id: 'customer-7',
  client_secret: 'the+secret/of=customer:7 with spaces',
  redirect_uris: [],
  grant_types: ['client_credentials'],
  response_types: [],
}
const mobile = { ...program, grant_types: ['authorization_code', 'refresh_token'] }
const op = await startOp({
  clients: [customer, mobile],
  configuration: {
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => api,
        getResourceServerInfo: () => ({
          ...{ scope: 'read write', audience: api, accessTokenFormat: 'jwt', accessTokenTTL: 7200 },
        }),
        useGrantedResource: () => true,
      },
    },
    issueRefreshToken: () => true,
    rotateRefreshToken: () => true,
  },
  resources: { [api]: 'read write' },
})
const cognito = await startCognito()
cognito.clients.set('4f9', {
  secret: 'the-secret-of-the-app-client',
  flows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
})
const ada = { password: 'Ada-1815!', sub: 'sub-of-ada', status: 'CONFIRMED' as const }
cognito.users.set('ada', {
  ...ada,
  groups: ['api'],
  attributes: { email: 'ada@example.com', email_verified: true, 'custom:plan': 'paid' },
})
cognito.users.set('new', { ...ada, sub: 'sub-of-new', status: 'FORCE_CHANGE_PASSWORD' })

const echo = await startEcho()
const port = await freePort()
const [clients, pool] = [`http://localhost:${port}`, `http://127.0.0.1:${port}`]
op.register({ redirectUris: [`${clients}/.auth/callback`] })
const clock = createTestClock(Math.floor(Date.now() / 1000))
const gateway = await startTestGateway({
  port,
  clock,
  yaml: () => `
log: { level: debug, subject: plain }
trusted_proxies: [127.0.0.1]
providers:
  op:
    issuer: "${op.issuer}"
    client_id: ${op.clientId}
    client_secret: ${op.clientSecret}
    bearer: { audiences: ["${api}"], accept_clients: true }
    exchange:
      client_credentials: { scopes: [read], audience: "${api}" }
      refresh_token: { client_id: ${program.client_id}, client_secret: ${program.client_secret} }
  pool:
    issuer: "${cognito.issuer}"
    preset: cognito
    user_id_prefix: "pool:"
    bearer: { client_ids: ["4f9"] }
    exchange:
      cognito_password: { client_id: "4f9", client_secret: the-secret-of-the-app-client }
apps:
  clients:
    url: "${clients}"
    upstream: "${echo.url}"
    provider: op
    credentials: [session, bearer, exchange]
    require: { any: [signed_in, { scope: read }] }
    identity_headers: { X-User: user, X-How: credential }
    locations:
      - { path: /token, credentials: [exchange], require: { credential: exchange }, upstream_authorization: access_token }
      - { path: /keys, credentials: [bearer], require: { scope: read } }
      - { path: /pages, credentials: [session], require: signed_in }
      - { path: /open, require: anyone }
      - { path: /passed, require: anyone, upstream_authorization: pass }
  pool:
    url: "${pool}"
    upstream: "${echo.url}"
    provider: pool
    credentials: [exchange]
    require: signed_in
    identity_headers: { X-User: user, X-Email: email }
    locations:
      - { path: /paid, require: { "custom:plan": paid, "cognito:groups": api } }
      - { path: /bearer, credentials: [bearer, exchange], require: signed_in }
`,
})
t.teardown(async () => {
  await gateway.close()
  await Promise.all([op.close(), cognito.close(), echo.close()])
})

const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

interface Answered {
  readonly status: number
  readonly reason: string
  readonly retryAfter: string | null
  readonly challenge: string | null
  /** What the app got; null: nothing came to it. */
  readonly headers: Readonly<Record<string, readonly string[]>> | null
}

/** `from`: the network that asks, as the trusted proxy in front says. */
async function ask(
  address: string,
  authorization: string | null,
  from = '192.0.2.7',
  more: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const before = echo.received.length
  const answer = await fetch(address, {
    redirect: 'manual',
    headers: {
      'x-forwarded-for': from,
      ...(authorization === null ? {} : { authorization }),
      ...more,
    },
  })
  const text = await answer.text()
  const got = echo.received.length > before ? echo.received.at(-1) : undefined
  return {
    status: answer.status,
    reason: got === undefined && text.startsWith('{') ? String(JSON.parse(text).reason) : '',
    retryAfter: answer.headers.get('retry-after'),
    challenge: answer.headers.get('www-authenticate'),
    headers: got?.headers ?? null,
  }
}

/** At our token endpoint. */
async function askToken(
  origin: string,
  form: Readonly<Record<string, string>>,
  authorization: string | null = null,
): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
  const answer = await fetch(`${origin}/.auth/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { 'x-forwarded-for': '192.0.2.7', ...(authorization === null ? {} : { authorization }) },
  })
  const body: unknown = await answer.json()
  return { status: answer.status, body: Object(body) }
}

const pair = basic(customer.client_id, customer.client_secret)

t.test('a customer’s id and secret open what the token of the provider opens', async (t) => {
  const answer = await ask(`${clients}/orders`, pair)
  t.match(answer, { status: 200, headers: { 'x-user': ['client:customer-7'], 'x-how': ['exchange'] } })
  t.equal(answer.headers?.authorization, undefined, 'the secret reaches no app')
  const token = await ask(`${clients}/token`, pair)
  t.match(token.headers?.authorization?.[0], /^Bearer ey/, 'the token does, where the app asks for it')
  t.match(await ask(`${clients}/pages`, pair), { status: 401, headers: null }, 'where no pair is taken')
  t.match(await ask(`${clients}/keys`, pair), { status: 401, headers: null }, 'or tokens alone')
  const open = await ask(`${clients}/open`, pair)
  t.equal(open.headers?.authorization, undefined, 'nor where everybody may come in')
  const passed = await ask(`${clients}/passed`, pair)
  t.match(passed, { status: 200 })
  t.equal(passed.headers?.authorization, undefined, 'nor where the rest of Authorization goes on')
  const line = gateway.log.find(({ credential }) => credential === 'exchange')
  t.match(line, { provider: 'op', subject: 'client:customer-7', decision: 'allow' })
})

t.test('a wrong one is 401 with Basic, and never the cookie instead', async (t) => {
  const wrong = await ask(`${clients}/orders`, basic('customer-7', 'wrong'))
  t.match(wrong, { status: 401, reason: 'pair-invalid', headers: null })
  t.match(await ask(`${clients}/orders`, basic('nobody', 'wrong')), { status: 401, reason: 'pair-invalid' })
  t.match(await ask(`${clients}/orders`, 'Basic !!'), { status: 401, headers: null })
  t.match(
    await ask(`${clients}/orders`, pair, '192.0.2.7', { 'sec-fetch-site': 'cross-site' }),
    { status: 403, reason: 'cross-site', headers: null },
    'by a page of another site',
  )
})

t.test('a user of a pool, with the claims of both tokens', async (t) => {
  const answer = await ask(`${pool}/paid`, basic('ada', ada.password))
  t.match(answer, { status: 200, headers: { 'x-user': ['pool:sub-of-ada'], 'x-email': ['ada@example.com'] } })
  t.equal(cognito.asked.length, 1, 'what was sent to the other app went to its own provider alone')
  t.match(await ask(`${pool}/paid`, pair), { status: 401 }, 'a customer of the other provider')
})

t.test('a user of whom Cognito wants more is 401, and the log has the cure', async (t) => {
  t.match(await ask(`${pool}/orders`, basic('new', ada.password)), { status: 401, reason: 'pair-invalid' })
  const line = await gateway.logged(({ event }) => event === 'exchange.refused')
  t.match(line, {
    provider: 'pool',
    warning: new RegExp(
      `aws cognito-idp admin-set-user-password --user-pool-id ${cognito.poolId} --username USER --password PASSWORD --permanent`,
    ),
  })
})

t.test('a pair as a short way to the provider’s token, and a refresh token to another one', async (t) => {
  const form = { client_id: customer.client_id, client_secret: customer.client_secret }
  const given = await askToken(clients, { grant_type: 'client_credentials', ...form })
  t.match(given, { status: 200, body: { token_type: 'Bearer', expires_in: Number } })
  t.match(await ask(`${clients}/keys`, `Bearer ${given.body.access_token}`), { status: 200 })
  t.match(await askToken(clients, { grant_type: 'client_credentials', ...form, client_secret: 'wrong' }), {
    status: 401,
    body: { error: 'invalid_client' },
  })
  const { refreshToken } = await tokensOfPerson(op, 'alice', { resource: api, scope: 'read' })
  const refreshed = await askToken(clients, { grant_type: 'refresh_token', refresh_token: refreshToken })
  t.match(refreshed, { status: 200, body: { token_type: 'Bearer' } })
  t.type(refreshed.body.refresh_token, 'string', 'what the provider rotates is handed out')
  t.not(refreshed.body.refresh_token, refreshToken)
  const bearer = `Bearer ${refreshed.body.access_token}`
  t.match(await ask(`${clients}/orders`, bearer), { status: 200, headers: { 'x-user': ['alice'] } })
  t.match(await askToken(clients, { grant_type: 'refresh_token', refresh_token: 'invented' }), {
    status: 400,
    body: { error: 'invalid_grant' },
  })
  t.match(await askToken(pool, { grant_type: 'refresh_token', refresh_token: 'invented' }), {
    status: 400,
    body: { error: 'unsupported_grant_type' },
  })
})

t.test('a refresh token is accepted nowhere else', async (t) => {
  const { refreshToken: refresh } = await tokensOfPerson(op, 'alice', { resource: api, scope: 'read' })
  t.ok(refresh.length > 20)
  for (const path of ['/orders', '/keys', '/token'])
    t.match(await ask(`${clients}${path}`, `Bearer ${refresh}`), { status: 401, headers: null }, path)
  t.match(await ask(`${clients}/orders`, basic(program.client_id, refresh)), { status: 401 }, 'as a secret')
  t.match(await ask(`${clients}/orders`, basic(refresh, refresh)), { status: 401 }, 'as an id')
  // Of Cognito: it has five parts, and is encrypted.
  await ask(`${pool}/orders`, basic('ada', ada.password))
  t.match(await ask(`${pool}/bearer`, 'Bearer eyJjdHkiOiJKV1QifQ.a.b.c.d'), { status: 401, headers: null })
})

t.test('as an oracle: whatever is wrong with a pair, the answers are the same', async (t) => {
  const body = async (id: string, secret: string) => {
    const headers = { 'x-forwarded-for': '203.0.113.4', authorization: basic(id, secret) }
    const answer = await fetch(`${pool}/orders`, { headers })
    const names = ['www-authenticate', 'content-type', 'cache-control', 'retry-after']
    const { request_id: _, ...rest } = Object(await answer.json())
    return { status: answer.status, told: names.map((name) => answer.headers.get(name)), rest }
  }
  const wrong = await body('ada', 'wrong')
  t.match(wrong, { status: 401 })
  t.same(await body('nobody', 'wrong'), wrong)
  t.same(await body('new', ada.password), wrong, 'a right password that opens nothing')
  t.same(await body('a'.repeat(300), 'wrong'), wrong)
  cognito.hidesUsers = false
  t.same(await body('nobody-else', 'wrong'), wrong, 'a pool that tells apart')
  cognito.hidesUsers = true
})

t.test('as a lockout: who guesses is told 429, and the owner and others go on', async (t) => {
  const owner = '198.51.100.1'
  t.match(await ask(`${pool}/orders`, basic('ada', ada.password), owner), { status: 200 })
  const guesses: Answered[] = []
  for (let count = 0; count < 12; count += 1)
    guesses.push(await ask(`${pool}/orders`, basic('ada', `guess ${count}`), '203.0.113.66'))
  const statuses = new Set(guesses.map(({ status }) => status))
  t.ok(statuses.has(401))
  // Cognito itself locked the user: of the guesses nothing is known, and of the owner everything.
  t.ok(statuses.has(503), 'of these nobody can tell')
  t.match(await ask(`${pool}/orders`, basic('ada', ada.password), owner), { status: 200 })
  clock.time += 900
  cognito.now += 900
  await ask(`${pool}/orders`, basic('ada', 'one more'), '203.0.113.66')
  const before = cognito.asked.length
  t.match(
    await ask(`${pool}/orders`, basic('ada', ada.password), owner),
    { status: 200 },
    'asked of again, while it is locked there',
  )
  t.equal(cognito.asked.length, before + 1)
  t.equal(cognito.asked.at(-1)?.flow, 'REFRESH_TOKEN_AUTH')
})

t.test(
  'ten wrong secrets for an id, and that network is 429; the pair itself goes on from there',
  async (t) => {
    const [here, there] = ['203.0.113.99', '198.51.100.2']
    t.match(await ask(`${clients}/orders`, pair, here), { status: 200 })
    for (let count = 0; count < 10; count += 1)
      t.match(await ask(`${clients}/orders`, basic('customer-7', `guess ${count}`), here), { status: 401 })
    const told = await ask(`${clients}/orders`, basic('customer-7', 'guess'), here)
    t.match(told, { status: 429, reason: 'too-many-unknown', headers: null })
    t.ok(Number(told.retryAfter) > 0)
    t.match(await ask(`${clients}/orders`, pair, here), { status: 200 }, 'the owner in the same network')
    t.match(await ask(`${clients}/orders`, basic('customer-7', 'guess'), there), { status: 401 })
  },
)

t.test('a provider that is away: 503 for new ones, and those that are known go on', async (t) => {
  t.match(await ask(`${pool}/orders`, basic('ada', ada.password)), { status: 200 })
  cognito.bend = (_asked, response) => {
    response.writeHead(500).end()
    return true
  }
  clock.time += 900
  const away = await ask(`${pool}/orders`, basic('olga', 'secret'), '198.51.100.3')
  t.match(away, { status: 503, retryAfter: '5', headers: null })
  t.match(await ask(`${pool}/orders`, basic('ada', ada.password)), { status: 200 })
  cognito.bend = null
})

t.test('no secret, password or token is in the log', async (t) => {
  const log = JSON.stringify(gateway.log)
  t.match(log, /pair-invalid/)
  for (const secret of [customer.client_secret, ada.password, 'guess', 'the-secret-of', 'eyJ'])
    t.notOk(log.includes(secret), secret)
})

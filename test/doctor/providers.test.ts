// What `claimgate doctor` says of providers: oidc-provider as it comes, and one that does as it is told.
import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { type Bends, type HostileOptions, startHostileOp } from '../support/hostile-op.ts'
import { type Op, startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'
import { createAuthority } from '../support/tls.ts'
import { look } from './rig.ts'

const app = (url = 'http://localhost:8080', provider = '') => `
apps:
  wiki:
    url: ${url}
    upstream: unix:/nonexistent/app.sock
    ${provider}
    require: { groups: admins, clearance: high }
`

async function realProvider(t: Test, redirectUri = 'http://localhost:8080/.auth/callback'): Promise<Op> {
  const op = await startOp()
  t.teardown(() => op.close())
  op.register({ redirectUris: [redirectUri] })
  return op
}

const fileFor = (op: Op, changes = '', secret = op.clientSecret) => `
providers:
  main: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: "${secret}"${changes} }
${app()}`

async function bentProvider(t: Test, bends: Bends, options: HostileOptions = {}) {
  const op = await startHostileOp(options)
  t.teardown(() => op.close())
  op.bends = bends
  return op
}

const fileForBent = (issuer: string, changes = '') => `
providers:
  main: { issuer: "${issuer}", client_id: gateway, client_secret: "a-secret-of-32-bytes-or-so-in-all"${changes} }
${app()}`

t.test('a provider that fits: every check says what it saw', async (t) => {
  const op = await realProvider(t)
  const { findings, lines } = await look(fileFor(op))
  const of = findings.filter(({ about }) => about === 'providers.main')
  t.same(
    of.filter(({ outcome }) => outcome === 'failed'),
    [],
  )
  t.match(lines('providers.main', 'metadata'), [
    /^ok .*its issuer is "http:\/\/localhost:\d+", as written\n$/,
  ])
  t.match(lines('providers.main', 'keys'), [/^ok .* 1 to verify ID tokens with\n$/])
  t.match(lines('providers.main', 'clock'), [/^ok .* differs from this machine's by \d+ s\n$/])
  t.match(lines('providers.main', 'redirect URI'), [
    /^ok .* http:\/\/localhost:8080\/\.auth\/callback is registered for "gateway"\n$/,
  ])
  t.match(lines('providers.main', 'client'), [/^ok .* refused as `invalid_grant`/])
  t.match(lines('providers.main', 'scopes'), [/^ok .* it offers openid, profile, email\n$/])
  t.match(lines('providers.main', 'claims'), [/^warning .* it does not list "clearance", which rules/])
  t.match(lines('providers.main', 'sign-out'), [/^ok /])
})

t.test('wrong secret: the token endpoint says so, and the line names the keys of the file', async (t) => {
  const op = await realProvider(t)
  const { findings, lines } = await look(fileFor(op, '', 'another-secret-than-that-of-the-gateway'))
  t.match(lines('providers.main', 'client'), [
    /^failed .* answers 401 "invalid_client": it does not accept the client\. See providers\.main: client_id, client_secret/,
  ])
  t.match(lines('providers.main', 'redirect URI'), [/^ok /], 'which has nothing to do with it')
  t.notMatch(JSON.stringify(findings), /another-secret|the-secret-of/, 'no secret in a line')
})

t.test('redirect URI not registered: it is named, with the client', async (t) => {
  const op = await realProvider(t, 'http://localhost:8080/another')
  const { lines } = await look(fileFor(op))
  t.match(lines('providers.main', 'redirect URI'), [
    /^failed .* http:\/\/localhost:8080\/\.auth\/callback ends at the provider with 400\. Register this very address there for the client "gateway"/,
  ])
})

t.test('a client id that nobody knows', async (t) => {
  const op = await realProvider(t)
  const { lines } = await look(fileFor(op).replace('client_id: gateway', 'client_id: gatewya'))
  t.match(lines('providers.main', 'redirect URI'), [/^failed .* and see `client_id` at providers\.main/])
  t.match(lines('providers.main', 'client'), [/^failed .* "invalid_client"/])
})

t.test('clock 5 minutes ahead or behind: by how much, and what comes of it', async (t) => {
  const op = await realProvider(t)
  const ahead = await look(fileFor(op), 300)
  t.match(ahead.lines('providers.main', 'clock'), [
    /^failed .* its clock is (299|300|301) s behind this machine's\. Set this machine's clock by NTP/,
  ])
  const behind = await look(fileFor(op), -300)
  t.match(behind.lines('providers.main', 'clock'), [/^failed .* s ahead of this machine's/])
})

t.test('an answer out of a cache bears an old Date, and its Age', async (t) => {
  const seconds = (ago: number) => new Date(Date.now() - ago * 1000).toUTCString()
  const op = await bentProvider(t, {
    answer: {
      metadata: (_request, response) => {
        response.writeHead(200, { date: seconds(1000), age: '1000', 'content-type': 'application/json' })
        response.end('{}')
      },
    },
  })
  const { lines } = await look(fileForBent(op.issuer))
  t.match(lines('providers.main', 'clock'), [/^ok .* by [01] s\n$/])
})

t.test('issuer that differs by a slash: both spellings, and the right one to write', async (t) => {
  const op = await bentProvider(t, { metadata: (document) => ({ ...document, issuer: `${op.issuer}/` }) })
  const { lines } = await look(fileForBent(op.issuer))
  t.match(lines('providers.main', 'issuer'), [
    new RegExp(
      `^failed .* it calls itself "${op.issuer}/", and the file says "${op.issuer}"\\. .*write \`issuer: "${op.issuer}/"\``,
    ),
  ])
})

t.test('provider down: its address, the code, where to look; nothing else is asked', async (t) => {
  const { findings, lines } = await look(fileForBent(`http://127.0.0.1:${await freePort()}`))
  t.match(lines('providers.main', 'metadata'), [
    /^failed .* http:\/\/127\.0\.0\.1:\d+\/\.well-known\/openid-configuration: nothing listens there.*\(ECONNREFUSED\)\. See that this machine reaches it/,
  ])
  t.equal(findings.filter(({ about }) => about === 'providers.main').length, 1)
})

t.test('token endpoint 500: which address answered what', async (t) => {
  const op = await bentProvider(t, {
    answer: { token: (_request, response) => void response.writeHead(500).end() },
  })
  const { lines } = await look(fileForBent(op.issuer))
  t.match(lines('providers.main', 'client'), [/^failed .* http:\/\/127\.0\.0\.1:\d+\/token: answered 500/])
})

t.test('no usable keys', async (t) => {
  const op = await bentProvider(t, { jwks: () => ({ keys: [] }) })
  const { lines } = await look(fileForBent(op.issuer))
  t.match(lines('providers.main', 'keys'), [/^failed .* the key set has no usable key\. .*nobody signs in/])
})

t.test('scopes that it does not offer, userinfo that it does not have', async (t) => {
  const op = await bentProvider(t, {
    metadata: ({ userinfo_endpoint: _, ...document }) => ({
      ...document,
      scopes_supported: ['openid', 'email'],
    }),
  })
  const { lines } = await look(
    fileForBent(op.issuer, ', scopes: [openid, gruops], claims_from: [id_token, userinfo]'),
  )
  t.match(lines('providers.main', 'scopes'), [/^warning .* it does not offer gruops, but "openid", "email"/])
  t.match(lines('providers.main', 'userinfo'), [/^failed .* `claims_from` names it/])
})

t.test('what being asked again and stepping up need, where the file needs it', async (t) => {
  const bent = async (fields: Readonly<Record<string, unknown>>, file: (issuer: string) => string) => {
    const op = await bentProvider(t, { metadata: (document) => ({ ...document, ...fields }) })
    const { findings } = await look(file(op.issuer))
    const about = findings.filter(({ about }) => about === 'providers.main')
    return (check: string) =>
      about.flatMap((one) => (one.check === check ? [`${one.outcome} ${one.saw}`] : [])).join()
  }
  const rechecked = (issuer: string) => fileForBent(issuer, ', recheck: 15m')
  const plain = await bent({ grant_types_supported: ['authorization_code'] }, (issuer) => fileForBent(issuer))
  t.equal(plain('refresh tokens') + plain('revocation') + plain('acr_values') + plain('auth_context'), '')

  const none = await bent(
    { grant_types_supported: ['authorization_code'], revocation_endpoint: undefined },
    rechecked,
  )
  t.match(none('refresh tokens'), /^warning it offers the grants "authorization_code", and not/)
  t.match(none('revocation'), /^note it names no/)
  const offline = { scopes_supported: ['openid', 'offline_access'], grant_types_supported: undefined }
  const offered = await bent({ ...offline, revocation_endpoint: 'https://id.example.com/revoke' }, rechecked)
  t.equal(offered('refresh tokens'), 'ok it offers `offline_access`')
  t.match(offered('revocation'), /^ok /)
  const silent = await bent({ grant_types_supported: undefined, scopes_supported: undefined }, rechecked)
  t.match(silent('refresh tokens'), /^note it does not say/)

  const steppedUp = (stepUp: string) => (issuer: string) => `${fileForBent(issuer)}    step_up: ${stepUp}\n`
  const acr = steppedUp('{ acr_values: [phr, mfa] }')
  const values = { acr_values_supported: ['pwd', 'mfa'] }
  t.match((await bent(values, acr))('acr_values'), /^warning it does not name "phr", but "pwd", "mfa"/)
  t.match((await bent({ acr_values_supported: undefined }, acr))('acr_values'), /^note /)
  t.equal(
    (await bent({ acr_values_supported: ['phr', 'mfa'] }, acr))('acr_values'),
    'ok it knows "phr", "mfa"',
  )
  const context = steppedUp('{ auth_context: c1 }')
  t.match((await bent({ claims_parameter_supported: false }, context))('auth_context'), /^warning /)
  t.match((await bent({ claims_parameter_supported: true }, context))('auth_context'), /^ok /)
  t.match((await bent({ claims_parameter_supported: undefined }, context))('auth_context'), /^note /)
})

t.test('the secret goes to the token endpoint alone, and no redirect is followed', async (t) => {
  const other = await bentProvider(t, {})
  const op = await bentProvider(t, {
    answer: {
      token: (_request, response) =>
        void response.writeHead(307, { location: `${other.issuer}/token` }).end(),
      other: (_request, response) => void response.writeHead(302, { location: `${other.issuer}/x` }).end(),
    },
  })
  const { lines } = await look(fileForBent(op.issuer))
  t.same(new Set(Object.values(other.counts)), new Set([0]), 'nothing was asked of it')
  t.match(lines('providers.main', 'client'), [/^failed .* answered 307; redirects are not followed/])
  t.match(lines('providers.main', 'redirect URI'), [/^note .* it answers 302 with a page of its own/])
  t.equal(op.tokenRequests.length, 1)
})

t.test('a provider that repeats the secret: it is not repeated to the operator', async (t) => {
  const op = await bentProvider(t, {
    answer: {
      token: (_request, response) => {
        response.writeHead(400, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ error: 'bad secret a-secret-of-32-bytes-or-so-in-all\u202e' }))
      },
    },
  })
  const { findings, lines } = await look(fileForBent(op.issuer))
  t.match(lines('providers.main', 'client'), [/^note .* to a made-up code, from which nothing can be told/])
  t.notMatch(JSON.stringify(findings), /a-secret-of-32/)
})

t.test('certificates: one that ended, one that ends soon, one of nobody', async (t) => {
  const ours = createAuthority()
  const folder = t.testdir({ 'ca.pem': ours.certificate })
  const trusting = `, ca_file: "${folder}/ca.pem"`
  const soon = await bentProvider(t, {}, { tls: ours.issue({ names: ['IP:127.0.0.1'] }) })
  const good = await look(fileForBent(soon.issuer, trusting))
  t.match(good.lines('providers.main', 'certificate'), [
    /^warning .* the certificate of 127\.0\.0\.1 ends on \d{4}-\d\d-\d\d, in [12] days?\. Renew it before/,
  ])
  const ended = await bentProvider(t, {}, { tls: ours.issue({ names: ['IP:127.0.0.1'], expired: true }) })
  t.match((await look(fileForBent(ended.issuer, trusting))).lines('providers.main', 'metadata'), [
    /^failed .* its certificate ended on \d{4}-\d\d-\d\d: .*\(CERT_HAS_EXPIRED\)/,
  ])
  t.match((await look(fileForBent(soon.issuer))).lines('providers.main', 'metadata'), [
    /^failed .* its certificate is of an authority that is not known here.*ca_file/,
  ])
})

t.test('form_post: the page that would be sent back by a script counts as sent back', async (t) => {
  const op = await bentProvider(t, {
    answer: {
      other: (request, response) => {
        const state = new URL(request.url ?? '', 'http://op').searchParams.get('state')
        response.writeHead(200, { 'content-type': 'text/html' })
        response.end(
          `<form method="post" action="http://localhost:8080/.auth/callback"><input type="hidden" name="error" value="login_required"/><input type="hidden" name="state" value="${state}"/></form>`,
        )
      },
    },
  })
  const { lines } = await look(fileForBent(op.issuer, ', response_mode: form_post'))
  t.match(lines('providers.main', 'redirect URI'), [/^ok .* is registered for "gateway"/])
})

t.test('access tokens: what becomes of one that nobody made', async (t) => {
  const op = await realProvider(t)
  const byJwt = ', bearer: { audiences: ["https://api.example.com"] }'
  const { lines } = await look(fileFor(op, byJwt))
  t.match(lines('providers.main', 'access tokens'), [/^ok .* a token that nobody made is refused: /])
  t.same((await look(fileFor(op))).lines('providers.main', 'access tokens'), [], 'of none nothing is said')
})

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

t.test('access tokens: a provider that does not answer as it should, or lets everything in', async (t) => {
  const op = await bentProvider(t, {})
  const asked = ', bearer: { audiences: ["https://api.example.com"], check: introspection }'
  const about = async () =>
    (await look(fileForBent(op.issuer, asked))).lines('providers.main', 'access tokens')
  t.match(await about(), [
    /^ok .* a token that nobody made is refused: the provider says that it is not active\n$/,
  ])
  const now = Math.floor(Date.now() / 1000)
  const made = {
    active: true,
    token_type: 'Bearer',
    aud: 'https://api.example.com',
    sub: 'ada',
    exp: now + 60,
  }
  op.bends = { answer: { introspection: (_request, response) => sendJson(response, made) } }
  t.match(await about(), [
    /^failed .* a token that nobody made is accepted.*Whatever answers there lets everybody in/s,
  ])
  op.bends = { answer: { introspection: (_request, response) => sendJson(response, { active: 'perhaps' }) } }
  t.match(await about(), [/^failed .* active is "perhaps", expected true or false.*must be allowed to ask/s])
})

t.test('access tokens: keys that cannot be had, of a provider with which nobody signs in', async (t) => {
  const url = `http://127.0.0.1:${await freePort()}`
  const { findings, lines } = await look(`
providers:
  main: { issuer: "${url}", allow_insecure_http: true, bearer: { audiences: [api] } }
apps:
  wiki: { url: "http://localhost:8080", upstream: "unix:/nonexistent/app.sock", credentials: [bearer], require: { plan: paid } }
`)
  t.match(lines('providers.main', 'access tokens'), [/^failed .*Without its keys no token can be checked/s])
  const others = findings.filter(
    ({ about, check }) => about === 'providers.main' && check !== 'access tokens',
  )
  t.same(others, [], 'it is asked for nothing that a sign-in needs')
})

// `explain` and `what` for whoever comes by a short token of ours or by a client certificate, and what `test` says of them.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { command } from '../../src/commands/explain.ts'
import { command as keys } from '../../src/commands/keys.ts'
import { command as tests } from '../../src/commands/test.ts'
import { command as what } from '../../src/commands/what.ts'
import { hashKeySecret } from '../../src/core/keys/key-secret.ts'
import { type ShortToken, sealShortToken } from '../../src/core/keys/short-token.ts'
import { Secret } from '../../src/core/secret.ts'
import { buildKeyRing } from '../../src/core/session/seal.ts'
import { openKeys } from '../store/keys/sqlite-key-store.ts'
import { createAuthority } from '../support/tls.ts'
import { runIn } from './run.ts'

// After the certificates were made, and long before they end.
const now = Math.floor(Date.now() / 1000) + 600
const secret = 'a-secret-of-sessions-of-more-than-thirty-two-bytes-0123'
const file = `
data: ./data
session: { secret: "${secret}" }
log: { subject: off }
api_keys: { store: sqlite }
client_certificates: { authorities: { partners: { ca_file: ca.pem } }, user_id: san_email }
apps:
  api:
    url: https://api.example.com
    upstream: http://127.0.0.1:5000
    shared_secret: a-secret-of-the-app-of-more-than-thirty-two-bytes
    credentials: [api_key]
    identity_headers: { X-User: user }
    locations:
      - { path: /keys, require: { plan: paid } }
      - { path: /widgets, credentials: [widget], require: signed_in }
      - { path: /partners, credentials: [client_certificate], require: { san_email: build@partner.example } }
      - { path: /both, require: { all: [signed_in, { certificate: { san_email: build@partner.example } }] } }
`
const authority = createAuthority()
const build = authority.issue({ names: ['email:build@partner.example'], client: true }).cert

async function setUp(t: Test) {
  const cwd = t.testdir({ 'claimgate.yaml': file, 'ca.pem': authority.certificate, 'build.pem': build })
  openKeys(t, join(cwd, 'data'))
  const create = ['create', '--name', 'Acme', '--user', 'acme', '--claims', 'plan=paid', '--expires', '1h']
  const made = await runIn(keys, [...create, '--json'], { cwd, now: () => now })
  if (made.stdout === '') throw new Error(made.stderr)
  const key = JSON.parse(made.stdout)
  const token = (more: Partial<ShortToken>, by = secret) => {
    const whole: ShortToken = {
      ...{ of: 'api_key', keyId: key.id.slice(3), secretHash: hashKeySecret(key.secret) },
      ...{ at: 'https://api.example.com', issuedAt: now, endsAt: now + 60, scopes: null },
      ...{ origin: null, endUser: null, ...more },
    }
    const sealed = sealShortToken(whole, buildKeyRing([new Secret(by)]), randomBytes)
    writeFileSync(join(cwd, 'token'), sealed)
    return sealed
  }
  const ask = async (path: string, ...args: string[]) => {
    const url = `https://api.example.com${path}`
    const told = await runIn(command, ['--url', url, '--json', ...args], { cwd, now: () => now })
    return told.stdout === '' ? told.stderr : JSON.parse(told.stdout)
  }
  return { cwd, key, token, ask }
}

t.test('explain: a short token is opened, and judged by its key as that is now', async (t) => {
  const { cwd, key, token, ask } = await setUp(t)
  const sealed = token({})
  const told = await ask('/keys', '--token', 'token')
  t.match(told, {
    outcome: 'allowed',
    counts: 'api_key',
    request: { credential: 'api_key', provider: 'api_keys' },
  })
  t.notMatch(JSON.stringify(told), sealed.slice(8, 40), 'the token itself is not shown')
  t.match(await ask('/widgets', '--token', 'token'), { reason: 'credential-not-accepted' })
  token({ endsAt: now - 1 })
  t.match(await ask('/keys', '--token', 'token'), { reason: 'token-over' })
  token({ at: 'https://other.example.com' })
  t.match(await ask('/keys', '--token', 'token'), { reason: 'token-not-for-us' })
  token({}, 'another-secret-of-sessions-of-more-than-thirty-two-bytes')
  t.match(await ask('/keys', '--token', 'token'), /holds no token that a secret of this configuration seals/)
  token({})
  await runIn(keys, ['revoke', key.id], { cwd, now: () => now })
  t.match(await ask('/keys', '--token', 'token'), { reason: 'key-revoked' })
})

t.test('explain: the token of a widget, from its page and from another', async (t) => {
  const { key, token, ask } = await setUp(t)
  token({ of: 'widget', origin: 'https://shop.example', endUser: 'kim' })
  const from = (origin: string) => ask('/widgets', '--token', 'token', '--header', `Origin: ${origin}`)
  t.match(await from('https://other.example'), { reason: 'token-wrong-origin', outcome: 'sign_in' })
  t.match(await from('https://shop.example'), { counts: 'widget', request: { key: key.id.slice(3) } })
  t.match(await ask('/keys', '--token', 'token'), { reason: 'credential-not-accepted' })
})

t.test('explain: a client certificate, alone and beside a key', async (t) => {
  const { cwd, key, ask } = await setUp(t)
  const shown = ['--certificate', 'build.pem']
  const told = await ask('/partners', ...shown)
  t.match(told, {
    outcome: 'allowed',
    counts: 'client_certificate',
    request: { credential: 'client_certificate', provider: 'certificates' },
  })
  t.match(JSON.stringify(told.upstream_headers), 'cert:build@partner.example')
  t.match(await ask('/both', '--key', key.id, ...shown), { outcome: 'allowed', counts: 'api_key' })
  t.match(await ask('/both', '--key', key.id), { outcome: 'denied' })
  t.match(await ask('/both', ...shown), { outcome: 'sign_in' }, 'a fact of the connection is nobody')
  writeFileSync(
    join(cwd, 'other.pem'),
    createAuthority().issue({ names: ['email:a@b.example'], client: true }).cert,
  )
  t.match(await ask('/partners', '--certificate', 'other.pem'), /of no authority of client_certificates/)
  writeFileSync(
    join(cwd, 'ended.pem'),
    authority.issue({ names: ['email:build@partner.example'], client: true, expired: true }).cert,
  )
  t.match(await ask('/partners', '--certificate', 'ended.pem'), /whoever shows it is nobody now/)
  const reach = await runIn(what, ['--certificate', 'build.pem', '--json'], { cwd, now: () => now })
  const [{ locations }] = JSON.parse(reach.stdout).apps
  const of = (path: string) => locations.find((one: { location: string }) => one.location === path).access
  t.same([of('/partners'), of('/both'), of('/keys')], ['allowed', 'denied', 'denied'])
})

t.test('explain: --credential with claims', async (t) => {
  const { cwd, ask } = await setUp(t)
  writeFileSync(join(cwd, 'claims.json'), '{"sub": "x", "san_email": "build@partner.example"}')
  const as = (path: string, credential: string) =>
    ask(path, '--claims', 'claims.json', '--credential', credential)
  t.match(await as('/partners', 'client_certificate'), { outcome: 'allowed', counts: 'client_certificate' })
  t.match(await as('/widgets', 'widget'), { outcome: 'allowed', counts: 'widget' })
  t.match(await as('/keys', 'exchange'), /whose claims are they\?/, 'a pair is of a provider')
  t.match(
    await ask('/keys', '--claims', 'claims.json', '--credential', 'cookie'),
    /--credential takes session, /,
  )
})

t.test('test: a widget from its page alone, and a certificate beside a key', async (t) => {
  const { cwd } = await setUp(t)
  writeFileSync(
    join(cwd, 'claimgate.test.yaml'),
    `persons:
  page: { credential: widget, origin: "https://shop.example", end_user: kim, claims: {} }
  build: { credential: client_certificate, claims: { san_email: build@partner.example } }
  acme: { credential: api_key, claims: { plan: paid }, certificate: { san_email: build@partner.example } }
cases:
  - { as: page, request: { url: /widgets, headers: { Origin: "https://shop.example" } }, expect: allow }
  - { as: page, request: { url: /widgets, headers: { Origin: "https://evil.example" } }, expect: sign_in, because: token-wrong-origin }
  - { as: page, request: GET /keys, expect: sign_in, because: credential-not-accepted }
  - { as: build, request: GET /partners, expect: allow, headers: { X-User: "cert:build@partner.example" } }
  - { as: { san_email: x@y.example }, credential: client_certificate, request: GET /partners, expect: deny }
  - { as: acme, request: GET /both, expect: allow }
  - { as: { plan: paid }, credential: api_key, request: GET /both, expect: deny }
  - { as: { plan: paid }, credential: api_key, certificate: { san_email: build@partner.example }, request: GET /both, expect: allow }
  - { as: nobody, certificate: { san_email: build@partner.example }, request: GET /both, expect: sign_in }
`,
  )
  const { code, stdout, stderr } = await runIn(tests, [], { cwd })
  t.equal(code, 0, stdout + stderr)
  t.match(stdout, /^9 tests passed/)
})

// Access tokens of a real provider: oidc-provider with resource indicators, by the code that serves.
import t from 'tap'
import { judgeAccessToken } from '../../../src/core/credential/access-token.ts'
import { createProvider } from '../../../src/oidc/provider.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { program, tokenOfProgram, tokensOfPerson } from '../../support/access-tokens.ts'
import { startOp } from '../../support/op.ts'
import { random, settingsFor, someNetwork } from '../fixtures.ts'
import { bearer } from './rig.ts'

const api = 'https://api.example.com'
const other = 'https://other.example.com'
const op = await startOp({ resources: { [api]: 'read write', [other]: 'read' }, clients: [program] })
op.register({ redirectUris: ['https://gate.example/back'] })
const settings = settingsFor(op.issuer, {
  signsIn: false,
  clientId: '',
  clientSecret: null,
  bearer: { ...bearer, audiences: [api], requiredScopes: ['read'] },
})
const provider = createProvider(settings, {
  clock: systemClock,
  random,
  proxyEnv: { httpsProxy: null, noProxy: null },
})
t.teardown(() => Promise.all([provider.close(), op.close()]))

async function judged(token: string, changes: Partial<typeof bearer> = {}) {
  const now = systemClock.now()
  const reading = await provider.readAccessToken(token, now, someNetwork)
  if (reading.kind !== 'read') return reading
  const own = { ...settings, bearer: settings.bearer && { ...settings.bearer, ...changes } }
  return judgeAccessToken(reading.token, own, now)
}

t.test('a person’s token is the person’s, with its scopes and its end', async (t) => {
  const { accessToken } = await tokensOfPerson(op, 'alice', { resource: api, scope: 'read write' })
  const found = await judged(accessToken)
  t.match(found, {
    kind: 'identified',
    principal: { user: 'alice', by: { kind: 'bearer', isClient: false }, claims: { aud: api } },
    scopes: ['read', 'write'],
  })
  t.match(found, { endsAt: Number })
})

t.test('the ID token that came along, and a token for another API, open nothing', async (t) => {
  const { accessToken, idToken } = await tokensOfPerson(op, 'alice', { resource: other, scope: 'read' })
  t.match(await judged(accessToken), { kind: 'refused', why: 'token-not-for-us' })
  t.match(await judged(idToken), { kind: 'refused', why: 'token-not-for-us' })
})

t.test('a program’s token is nobody’s, and is accepted where programs are', async (t) => {
  const token = await tokenOfProgram(op, { resource: api, scope: 'read' })
  t.match(await judged(token), { kind: 'refused', why: 'token-not-for-us', detail: /accept_clients/ })
  const accepted = await judged(token, { acceptClients: true })
  t.match(accepted, { principal: { user: 'client:program', by: { isClient: true } } })
})

t.test('a scope that is missing is said', async (t) => {
  const token = await tokenOfProgram(op, { resource: api, scope: 'write' })
  const found = await judged(token, { acceptClients: true })
  t.match(found, { kind: 'insufficient', scopes: ['read'] })
})

t.test('S-137: a new key is found at once, and what was signed with the old one ends with it', async (t) => {
  const before = await tokenOfProgram(op, { resource: api, scope: 'read' })
  t.match(await judged(before, { acceptClients: true }), { kind: 'identified' })
  op.rotateKey()
  const after = await tokenOfProgram(op, { resource: api, scope: 'read' })
  t.match(await judged(after, { acceptClients: true }), { kind: 'identified' })
  t.match(await judged(before, { acceptClients: true }), { kind: 'refused', why: 'token-invalid' })
})

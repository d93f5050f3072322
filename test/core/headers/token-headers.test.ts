import t from 'tap'
import type { Forwarding } from '../../../src/core/gateway.ts'
import { describeUnsendable, type UnsendableHeader } from '../../../src/core/headers/identity.ts'
import { isReservedHeader, ownedHeaderNames } from '../../../src/core/headers/names.ts'
import { upstreamHeaders } from '../../../src/core/headers/request.ts'
import { isTokenName, type SentTokens, sentTokens } from '../../../src/core/headers/token-headers.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { Principal } from '../../../src/core/principal.ts'
import { noTokens } from '../../../src/core/session/session.ts'
import { forwarding, lines, makeApp, makePlan, valuesOf } from './apps.ts'

const alice: Principal = { user: 'alice', provider: 'acme', claims: { email: 'alice@example.com' } }
const access = 'eyJhY2Nlc3M.canary-_~+/=.x'
const tokens: SentTokens = { access_token: access, id_token: 'eyJpZA.canary.y' }

const both: Forwarding = {
  ...forwarding,
  tokenHeaders: [
    { name: 'X-Forwarded-Access-Token', token: 'access_token' },
    { name: 'X-Id-Token', token: 'id_token' },
  ],
}

function made(change: { tokens?: SentTokens | null; principal?: Principal | null; raw?: readonly string[] }) {
  return upstreamHeaders(makePlan(makeApp({ tokenHeaders: both.tokenHeaders })), {
    rawHeaders: change.raw ?? [],
    forwarding: both,
    principal: change.principal === undefined ? alice : change.principal,
    tokens: change.tokens === undefined ? tokens : change.tokens,
    clientAddress: null,
    destination: null,
  })
}

function headers(change: Parameters<typeof made>[0] = {}): readonly string[] {
  const result = made(change)
  if (!result.ok) throw new Error(result.reason)
  return result.headers
}

t.test('an app gets the tokens of whoever is signed in, as they are, behind the identity', async (t) => {
  t.same(lines(headers()).slice(-4), [
    'X-Forwarded-User: alice',
    'X-Forwarded-Email: alice@example.com',
    `X-Forwarded-Access-Token: ${access}`,
    'X-Id-Token: eyJpZA.canary.y',
  ])
})

t.test('of nobody none is sent, whatever session came along', async (t) => {
  const sent = headers({ principal: null })
  t.same(valuesOf(sent, 'X-Forwarded-Access-Token'), [])
  t.notMatch(lines(sent).join('\n'), /canary/)
})

t.test('a token that is not there has no header', async (t) => {
  t.same(valuesOf(headers({ tokens: { ...tokens, access_token: null } }), 'X-Forwarded-Access-Token'), [])
  t.same(valuesOf(headers({ tokens: { ...tokens, id_token: null } }), 'X-Id-Token'), [])
  t.notMatch(lines(headers({ tokens: null })).join('\n'), /canary/)
})

t.test('clients cannot write a header with a token, in any spelling, at any app', async (t) => {
  const raw = ['x_forwarded_access_token', 'mine', 'X-ID-TOKEN', 'mine', 'X-FORWARDED-Access_Token', 'mine']
  const sent = headers({ raw })
  t.notMatch(lines(sent).join('\n'), /mine/)
  t.same(valuesOf(sent, 'X-Id-Token'), [tokens.id_token])
  const owned = ownedHeaderNames([
    makeApp({ tokenHeaders: [{ name: 'X-App-Token', token: 'access_token' }] }),
  ])
  t.ok(owned.has('x-app-token'))
  const other = upstreamHeaders(
    makePlan(makeApp(), makeApp({ tokenHeaders: [{ name: 'X-App-Token', token: 'access_token' }] })),
    { rawHeaders: ['X-App_Token', 'a', 'X-App-Token', 'b'], ...nobodyAt() },
  )
  t.notMatch(other.ok && lines(other.headers).join('\n'), /app.token/i)
})

function unsendableOf(result: ReturnType<typeof made>): UnsendableHeader | null {
  return result.ok || result.reason !== 'identity-unsendable' ? null : result.unsendable
}

function nobodyAt() {
  return { forwarding, principal: null, tokens: null, clientAddress: null, destination: null }
}

for (const [token, what] of [
  ['a b', 'a space'],
  ['a\r\nX-Forwarded-User: root', 'a line break'],
  ['schlüssel', 'a letter beyond ASCII'],
  ['', 'nothing'],
  ['a\tb', 'a tab'],
  ['a\u007f', 'a control'],
] as const) {
  t.test(`a token with ${what} is never sent, nor is anything else of the request`, async (t) => {
    const result = made({ tokens: { ...tokens, access_token: token } })
    const unsendable = unsendableOf(result)
    t.equal(unsendable?.why, 'token')
    const said = unsendable === null ? 'sent' : describeUnsendable(unsendable)
    t.match(said, /^X-Forwarded-Access-Token would hold a token with something else than visible ASCII/)
    if (token !== '') t.notMatch(said, token)
  })
}

t.test('tokens and claims share what identity headers may take', async (t) => {
  const claims = 'X-Forwarded-User'.length + 5 + 'X-Forwarded-Email'.length + 'alice@example.com'.length
  const names = 'X-Forwarded-Access-Token'.length + 'X-Id-Token'.length
  const room = limits.identityHeaderBytes - claims - names - 'eyJpZA.canary.y'.length
  t.equal(made({ tokens: { ...tokens, access_token: 'a'.repeat(room) } }).ok, true)
  const result = made({ tokens: { ...tokens, access_token: 'a'.repeat(room + 1) } })
  const unsendable = unsendableOf(result)
  t.match(unsendable, { why: 'token-too-large', header: 'X-Id-Token' })
  const said = unsendable === null ? 'sent' : describeUnsendable(unsendable)
  t.match(said, /at most: let the provider put less into its tokens/)
  t.notMatch(said, /canary/)
})

t.test('tokens of a session by the names of identity_headers', async (t) => {
  t.same(sentTokens({ tokens: noTokens, idToken: '' }), { access_token: null, id_token: null })
  const kept = { access: { value: 'a', endsAt: null }, refresh: 'never sent' }
  t.same(sentTokens({ tokens: kept, idToken: 'i' }), { access_token: 'a', id_token: 'i' })
  t.same(['access_token', 'id_token', 'refresh_token', 'Access_Token'].map(isTokenName), [
    true,
    true,
    false,
    false,
  ])
  t.equal(isReservedHeader('X-Forwarded-Access-Token'), false)
})

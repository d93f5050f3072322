import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { CookieNames } from '../../../src/core/gateway.ts'
import { Secret } from '../../../src/core/secret.ts'
import { buildKeyRing, seal } from '../../../src/core/session/seal.ts'
import { noTokens, type Session, sessionKey } from '../../../src/core/session/session.ts'
import {
  openSessionInCookie,
  type SessionInCookie,
  sealSessionInCookie,
} from '../../../src/core/session/session-in-cookie.ts'
import { cutIntoPieces, mostPiecesBytes } from '../../../src/core/session/session-pieces.ts'

const older = new Secret('o'.repeat(32))
const ring = buildKeyRing([new Secret('c'.repeat(32))])
const cookies: CookieNames = {
  session: '__Host-claimgate',
  transactionPrefix: '__Host-claimgate-tx-',
  secure: true,
  sameSite: 'Lax',
}
const origin = { origin: 'https://wiki.example.com', cookies }

function sessionOf(claims: Session['claims']): SessionInCookie {
  const id = 'i'.repeat(43)
  const session: Session = {
    key: sessionKey(id),
    origin: origin.origin,
    issuer: 'https://acme.example.com',
    clientId: 'id',
    user: 'alice',
    claims,
    idToken: '',
    subject: '',
    sid: null,
    idTokenIssuedAt: 1_790_000_000,
    scopes: ['openid', 'payments'],
    tokens: noTokens,
    checkedAt: 1_790_000_000,
    client: null,
    marks: {},
    signedInAt: 1_790_000_000,
    lastSeenAt: 1_790_000_060,
    signIn: { stateHash: 'h', returnTo: '/page' },
  }
  return { id, session, order: 1_790_000_001, kept: ['absent', 'groups', 'sub'] }
}

const small = sessionOf({ sub: 'alice', groups: ['ops', 'Grüße \ud800'], n: 2 ** 53 })
const large = sessionOf({ sub: 'alice', groups: [randomBytes(2200).toString('hex')] })

function sealed(kept: SessionInCookie, at = origin, by = ring): string {
  const value = sealSessionInCookie(by, kept, at, randomBytes)
  if (value === null) throw new Error('too large')
  return value
}

t.test('the session comes back as it was, with the names of what was kept', async (t) => {
  const forced = {
    ...small,
    session: { ...small.session, signIn: { ...small.session.signIn, isForced: true as const } },
  }
  for (const kept of [small, large, forced, { ...forced, session: { ...forced.session, scopes: [] } }]) {
    t.same(openSessionInCookie(ring, origin, sealed(kept)), { kept, stale: false })
    const both = buildKeyRing([new Secret('c'.repeat(32)), older])
    const before = sealed(kept, origin, buildKeyRing([older]))
    t.same(openSessionInCookie(both, origin, before), { kept, stale: true })
    t.equal(openSessionInCookie(ring, origin, before), null, 'a secret that is gone')
  }
})

t.test('no flipped letter, no other origin, cookie name or purpose, and no cut one opens', async (t) => {
  const value = sealed(large)
  const { first, second } = cutIntoPieces(value, cookies) ?? { first: '', second: null }
  t.ok(second, 'it takes two cookies')
  const other = cutIntoPieces(sealed(large), cookies)
  const attempts: readonly (readonly [string, string])[] = [
    ['the first piece alone', first],
    ['the second piece alone', `${second}`],
    ['swapped', `${second}${first}`],
    ['doubled', `${first}${first}`],
    ['a piece of another session', `${first}${other?.second}`],
    ['another session with this piece', `${other?.first}${second}`],
    ['a small one with a piece behind', `${sealed(small)}${second}`],
    ['one that is too long', `${value}${'A'.repeat(9000)}`],
    ['nothing', ''],
  ]
  for (const [what, attempt] of attempts) t.equal(openSessionInCookie(ring, origin, attempt), null, what)
  const opened: number[] = []
  for (let at = 0; at < value.length; at += 7) {
    const letter = value[at] === 'A' ? 'B' : 'A'
    if (openSessionInCookie(ring, origin, value.slice(0, at) + letter + value.slice(at + 1))) opened.push(at)
  }
  t.same(opened, [], 'any letter')
  const elsewhere = { ...origin, origin: 'https://blog.example.com' }
  t.equal(openSessionInCookie(ring, elsewhere, value), null)
  const renamed = { ...origin, cookies: { ...cookies, session: '__Host-claimgate-8443' } }
  t.equal(openSessionInCookie(ring, renamed, sealed(small)), null)
  const context = [origin.origin, cookies.session]
  for (const purpose of ['session', 'transaction', 'outcome', 'signed-out'] as const) {
    const text = JSON.stringify([1, small.id, 'i', 'c', 'u', 1, 1, 1, 'h', '/', [], {}])
    t.ok(
      openSessionInCookie(
        ring,
        origin,
        seal(ring, { purpose: 'session-in-cookie', context }, text, randomBytes),
      ),
    )
    const value = seal(ring, { purpose, context }, text, randomBytes)
    t.equal(openSessionInCookie(ring, origin, value), null, purpose)
  }
})

t.test('what is sealed and no session of this form is none', async (t) => {
  const scope = { purpose: 'session-in-cookie', context: [origin.origin, cookies.session] } as const
  const good: readonly unknown[] = [1, 'id', 'iss', 'client', 'user', 1, 2, 3, 'hash', '/', ['sub'], {}]
  const open = (parts: unknown) =>
    openSessionInCookie(ring, origin, seal(ring, scope, JSON.stringify(parts), randomBytes))
  t.ok(open(good))
  for (const [at, value] of [
    ...good.map((_, at) => [at, null] as const),
    [0, 2],
    [5, -1],
    [6, 1.5],
    [7, '3'],
    [10, [1]],
    [11, []],
  ] as const)
    t.equal(open(good.with(at, value)), null, `${at}: ${JSON.stringify(value)}`)
  t.equal(open(good.slice(1)), null)
  t.equal(open([...good, 1]), null)
  t.equal(open('text'), null)
})

t.test('what two cookies cannot hold is not sealed', async (t) => {
  const most = mostPiecesBytes(cookies)
  const fits = (bytes: number) =>
    sealSessionInCookie(ring, sessionOf({ a: 'x'.repeat(bytes) }), origin, randomBytes)?.length ?? null
  let [low, high] = [1, most]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (fits(middle) === null) high = middle
    else low = middle
  }
  t.ok(most - (fits(low) ?? 0) < 4, 'up to the last group of letters')
  t.equal(fits(high), null)
  t.equal(fits(10_000_000), null)
})

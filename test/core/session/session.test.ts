import { createHash, randomBytes } from 'node:crypto'
import t from 'tap'
import { isExactThroughout } from '../../../src/core/json.ts'
import {
  forgetAt,
  lastSeen,
  newSessionId,
  type Session,
  sessionKey,
  sessionStatus,
  sessionTimes,
  touchDue,
  touchIntervalSeconds,
} from '../../../src/core/session/session.ts'
import { decodeSession, encodeSession } from '../../../src/core/session/session-record.ts'
import { sessionOfAlice } from '../../support/issued.ts'

const session: Session = {
  key: 'k',
  origin: 'https://wiki.example.com',
  issuer: 'https://acme.example.com',
  clientId: 'id',
  user: 'alice',
  claims: { sub: 'alice', groups: ['admins'], nested: { deep: [1, null, true] } },
  idToken: 'a.b.c',
  ...sessionOfAlice,
  signedInAt: 1_000_000,
  lastSeenAt: 1_000_000,
  signIn: { stateHash: 'h', returnTo: '/page?x=1' },
}
const lifetimes = { idleTimeoutSeconds: 3600, maxLifetimeSeconds: 28_800 }

t.test('S-149: an id is 256 random bits; the store learns its hash alone', async (t) => {
  const id = newSessionId(randomBytes)
  t.match(id, /^[A-Za-z0-9_-]{43}$/)
  t.not(id, newSessionId(randomBytes))
  t.equal(
    newSessionId((bytes) => Buffer.alloc(bytes, 7)),
    Buffer.alloc(32, 7).toString('base64url'),
  )
  t.equal(sessionKey(id), createHash('sha256').update(id).digest('hex'))
})

t.test('S-159: a session lives until it is idle or old, to the second', async (t) => {
  const table = [
    [0, 0, 'live'],
    [0, 3599, 'live'],
    [0, 3600, 'session-idle'],
    [27_000, 28_799, 'live'],
    [27_000, 28_800, 'session-expired'],
    [28_799, 28_800, 'session-expired'],
    [99_999, 100_000, 'session-expired'],
    [0, 28_800, 'session-expired'],
    [0, -5, 'live'],
  ] as const
  for (const [seen, asked, expected] of table) {
    const times = { signedInAt: 1_000_000, lastSeenAt: 1_000_000 + seen }
    t.equal(sessionStatus(times, 1_000_000 + asked, lifetimes), expected, `seen +${seen}, asked +${asked}`)
  }
})

t.test('what /.auth/me tells: both ends, the idle one never after the other', async (t) => {
  t.same(sessionTimes(session, lifetimes), { expiresAt: 1_028_800, idleExpiresAt: 1_003_600 })
  const late = { ...session, lastSeenAt: 1_028_000 }
  t.same(sessionTimes(late, lifetimes), { expiresAt: 1_028_800, idleExpiresAt: 1_028_800 })
})

t.test(
  'the idle time is written back after a tenth of the timeout or a minute, whichever is less',
  async (t) => {
    const table = [
      [3600, 60],
      [600, 60],
      [599, 59],
      [300, 30],
      [30, 3],
      [5, 1],
      [1, 1],
    ] as const
    for (const [idle, interval] of table) {
      t.equal(touchIntervalSeconds(idle), interval, `${idle} s`)
      t.equal(touchDue(session, session.lastSeenAt + interval - 1, idle), false)
      t.equal(touchDue(session, session.lastSeenAt + interval, idle), true)
    }
    t.equal(touchDue(session, session.lastSeenAt - 60, 3600), false, 'a clock that is behind writes nothing')
    t.equal(touchDue(session, session.lastSeenAt - 61, 3600), true, 'one that was ahead is put right')
  },
)

t.test(
  'S-159: the later of two times is the last, unless it is ahead by more than clocks differ',
  async (t) => {
    const table = [
      [1000, 1001, 1001],
      [1000, 1000, 1000],
      [1000, 999, 1000],
      [1060, 1000, 1060],
      [1061, 1000, 1000],
      [0, 1_000_000, 1_000_000],
    ] as const
    for (const [known, at, last] of table) t.equal(lastSeen(known, at), last, `${at} after ${known}`)
  },
)

t.test('the store forgets no session that the gateway still believes in', async (t) => {
  t.equal(forgetAt(session, lifetimes), 1_003_660)
  t.equal(forgetAt({ ...session, lastSeenAt: 1_028_000 }, lifetimes), 1_028_800)
})

t.test('a stored session comes back as it was', async (t) => {
  t.same(decodeSession(encodeSession(session), 'k'), session)
  t.notMatch(encodeSession(session), /"key"/)
})

t.test('claims keep an own key __proto__ and no prototype changes', async (t) => {
  const claims = JSON.parse('{"__proto__":{"admin":true},"constructor":"x"}')
  const back = decodeSession(encodeSession({ ...session, claims }), 'k')
  t.ok(back !== null && Object.hasOwn(back.claims, '__proto__'))
  t.equal(back?.claims.admin, undefined)
  t.equal(Reflect.get({}, 'admin'), undefined)
})

t.test('a number beyond 2^53-1 stays beyond it when it is stored', async (t) => {
  const claims = JSON.parse(
    '{"at":9007199254740993,"list":[-9007199254740993,1e300],"last":9007199254740991}',
  )
  const back = decodeSession(encodeSession({ ...session, claims }), 'k')
  t.same(back?.claims, claims)
  for (const name of ['at', 'list']) t.equal(isExactThroughout(back?.claims[name] ?? 0), false, name)
  t.equal(isExactThroughout(back?.claims.last ?? null), true)
})

t.test('a damaged record or one of another format is no session', async (t) => {
  const record = JSON.parse(encodeSession(session))
  const damaged: unknown[] = [null, [], 7, 'x', {}, { ...record, format: 3 }, { ...record, format: '2' }]
  // As it was before a session named issuer and client: whose it is, nobody can tell.
  damaged.push({ ...record, format: 1 }, { ...record, format: 1, provider: 'acme' })
  // What came later has a reading where it is not there, and `sid` may be null; `client` decides nothing.
  const later = ['subject', 'sid', 'idTokenIssuedAt', 'marks', 'client', 'scopes', 'tokens', 'checkedAt']
  for (const field of Object.keys(record).filter((one) => one !== 'client')) {
    const { [field]: _, ...without } = record
    if (!later.includes(field)) damaged.push(without)
    if (field !== 'sid') damaged.push({ ...record, [field]: null })
    damaged.push({ ...record, [field]: [[]] })
  }
  damaged.push({ ...record, marks: { all: 7 } }, { ...record, scopes: ['openid', 7] })
  for (const access of [7, {}, { value: 7, endsAt: null }, { value: 'a' }, { value: 'a', endsAt: -1 }])
    damaged.push({ ...record, tokens: { access, refresh: null } })
  damaged.push({ ...record, tokens: { access: null, refresh: 7 } })
  for (const field of Object.keys(record.signIn))
    damaged.push({ ...record, signIn: { ...record.signIn, [field]: 7 } })
  for (const time of [-1, 1.5, '1000000', 2 ** 60]) damaged.push({ ...record, signedInAt: time })
  for (const value of damaged) t.equal(decodeSession(JSON.stringify(value), 'k'), null, JSON.stringify(value))
  for (const text of ['', '{', encodeSession(session).slice(0, -1), '\0'])
    t.equal(decodeSession(text, 'k'), null)
})

t.test('a record of before reads its subject from the claims, and no later than its sign-in', async (t) => {
  const { subject, sid, idTokenIssuedAt, client, marks, ...before } = JSON.parse(encodeSession(session))
  const read = decodeSession(JSON.stringify({ ...before, claims: { sub: 'a1', sid: 's1' } }), 'k')
  t.match(read, { subject: 'a1', sid: 's1', idTokenIssuedAt: before.signedInAt, client: null, marks: {} })
  const known = { ...session, client: { browser: 'Firefox', system: null, network: '192.0.2.0/24' } }
  t.same(decodeSession(encodeSession(known), session.key), known)
  const odd = JSON.stringify({ ...before, claims: { sub: 'a1' }, client: { browser: 7, system: 'Linux' } })
  t.same(decodeSession(odd, 'k')?.client, { browser: null, system: 'Linux', network: null })
  t.equal(decodeSession(JSON.stringify({ ...before, claims: {} }), 'k'), null, 'whose it is, nobody can tell')
})

t.test('scopes and tokens come back as they were; a record of before has none', async (t) => {
  for (const tokens of [
    { access: { value: 'at', endsAt: 1_003_600 }, refresh: 'rt' },
    { access: { value: 'at', endsAt: null }, refresh: null },
    { access: null, refresh: 'rt' },
  ]) {
    const granted = { ...session, scopes: ['openid', 'payments'], tokens, checkedAt: 1_000_900 }
    t.same(decodeSession(encodeSession(granted), session.key), granted)
  }
  const { scopes, tokens, checkedAt, ...before } = JSON.parse(encodeSession(session))
  const read = decodeSession(JSON.stringify(before), 'k')
  t.match(read, { scopes: [], tokens: { access: null, refresh: null }, checkedAt: before.signedInAt })
})

t.test(
  'a session from the future is too old: a clock that was set back makes none live longer',
  async (t) => {
    const lifetimes = { idleTimeoutSeconds: 3600, maxLifetimeSeconds: 28_800 }
    t.equal(
      sessionStatus({ signedInAt: 1060, lastSeenAt: 1060 }, 1000, lifetimes),
      'live',
      'clocks may differ a little',
    )
    t.equal(sessionStatus({ signedInAt: 1061, lastSeenAt: 1061 }, 1000, lifetimes), 'session-expired')
  },
)

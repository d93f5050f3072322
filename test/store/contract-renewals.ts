import type { Test } from 'tap'
import type { RenewalLock, SessionStore } from '../../src/core/ports.ts'
import type { Session } from '../../src/core/session/session.ts'
import { poll } from '../support/waiting.ts'
import { sessionOf } from './contract.ts'

/** Now, as locks end by the time of the machine that keeps them, in whatever time sessions of a test are. */
const lockOf = (id: string, seconds = 600): RenewalLock => {
  const at = Math.floor(Date.now() / 1000)
  return { id, at, until: at + seconds }
}

/** What a renewal brings. Whatever else stands in it is none of its business. */
const fresh = {
  claims: { sub: 'alice', groups: ['readers'], 'odd.key': [null] },
  idToken: 'x.y.z',
  scopes: ['openid', 'payments'],
  tokens: { access: { value: 'access-2', endsAt: 1900 }, refresh: 'refresh-2' },
  checkedAt: 1600,
} as const

const before = {
  sid: 's1',
  subject: 'sub-of-alice',
  tokens: { access: { value: 'access-1', endsAt: null }, refresh: 'refresh-1' },
} as const

const renewed = (key: string, more: Partial<Session> = {}) => sessionOf(key, { ...before, ...fresh, ...more })

/** What every store promises of renewals: who may renew a session, and what of it changes. */
export async function renewalContract(t: Test, open: (t: Test) => SessionStore): Promise<void> {
  await t.test('a lock is held by one at a time, until whoever holds it gives it back', async (t) => {
    const store = open(t)
    for (const key of ['k1', 'k2']) await store.save(sessionOf(key), 5000)
    t.equal(await store.lock('k1', lockOf('a')), true)
    t.equal(await store.lock('k1', lockOf('b')), false)
    t.equal(await store.lock('k1', lockOf('a')), false, 'nor twice by the same')
    t.equal(await store.lock('k2', lockOf('b')), true, 'that of another session is another')
    await store.unlock('k1', 'b')
    await store.unlock('k1', '')
    t.equal(await store.lock('k1', lockOf('b')), false, 'nobody gives back what another holds')
    await store.unlock('k1', 'a')
    t.equal(await store.lock('k1', lockOf('b')), true)
    await store.unlock('k1', 'a')
    t.equal(await store.renew(renewed('k1'), 'b'), true, 'what comes late takes nothing away')
  })

  await t.test('of many who ask at once one has the lock', async (t) => {
    const store = open(t)
    await store.save(sessionOf('k1'), 5000)
    const ids = Array.from({ length: 20 }, (_, at) => `id-${at}`)
    const given = await Promise.all(ids.map(async (id) => store.lock('k1', lockOf(id))))
    t.equal(given.filter(Boolean).length, 1)
  })

  await t.test('a lock ends by its time: whoever holds it may have died', async (t) => {
    const store = open(t)
    await store.save(sessionOf('k1', before), 5000)
    t.equal(await store.lock('k1', lockOf('late', 1)), true)
    await poll('a lock that ran out', async () => store.lock('k1', lockOf('next')), Boolean)
    t.equal(await store.renew(renewed('k1', { idToken: 'late' }), 'late'), false, 'another holds it')
    await store.unlock('k1', 'late')
    t.equal(await store.renew(renewed('k1'), 'next'), true)
    t.equal(await store.renew(renewed('k1', { idToken: 'late' }), 'late'), false)
    t.match(await store.load('k1'), { idToken: 'x.y.z', tokens: fresh.tokens })
    await store.unlock('k1', 'next')
    t.equal(await store.lock('k1', lockOf('short', 1)), true)
    await poll('a lock that ran out', async () => store.lock('k1', lockOf('probe')), Boolean)
    await store.unlock('k1', 'probe')
    t.equal(await store.renew(renewed('k1', { idToken: 'late' }), 'short'), false, 'nobody holds it')
    t.match(await store.load('k1'), { idToken: 'x.y.z', tokens: fresh.tokens })
  })

  await t.test('of a session that is gone there is no lock', async (t) => {
    const store = open(t)
    t.equal(await store.lock('never', lockOf('a')), false)
    for (const key of ['k1', 'k2', 'k3']) await store.save(sessionOf(key, { user: key }), 5000)
    t.equal(await store.lock('k1', lockOf('a')), true)
    await store.drop('k1')
    await store.revoke({ by: 'user', user: 'k2', provider: sessionOf('k2') })
    for (const key of ['k1', 'k2']) {
      t.equal(await store.lock(key, lockOf('b')), false, key)
      await store.unlock(key, 'b')
    }
    t.equal(await store.lock('k3', lockOf('b')), true)
    await store.drop('k1')
    await store.save(sessionOf('k1'), 5000)
    t.equal(await store.renew(renewed('k1'), 'a'), false, 'nor does one outlive its session')
  })

  await t.test('a renewal replaces what the provider said, and nothing else', async (t) => {
    const store = open(t)
    const { issuer, clientId } = sessionOf('k1')
    await store.save(sessionOf('k1', before), 2000)
    await store.touch('k1', 1500, 2500)
    await store.list({})
    await store.lock('k1', lockOf('a'))
    const odd: Partial<Session> = {
      user: 'mallory',
      issuer: 'https://globex.example.com',
      clientId: 'other',
      origin: 'https://other.example.com',
      subject: 'sub-of-mallory',
      sid: 's2',
      idTokenIssuedAt: 9000,
      signedInAt: 9000,
      lastSeenAt: 9000,
      signIn: { stateHash: 'other', returnTo: '/other' },
      marks: { all: 'of another time' },
    }
    t.equal(await store.renew(renewed('k1', odd), 'a'), true)
    t.same(await store.load('k1'), sessionOf('k1', { ...before, ...fresh, lastSeenAt: 1500 }))
    t.same(await store.list({ user: 'mallory' }), [])
    const provider = { issuer, clientId }
    t.match(await store.list({ user: 'alice', provider }), [
      { key: 'k1', signedInAt: 1000, lastSeenAt: 1500, expiresAt: 2500 },
    ])
    await store.touch('k1', 1600, 2600)
    t.match(await store.load('k1'), { lastSeenAt: 1600, idToken: 'x.y.z' })
    t.equal(await store.renew(renewed('k1', { tokens: { access: null, refresh: null } }), 'a'), true, 'again')
    t.match(await store.load('k1'), { lastSeenAt: 1600, tokens: { access: null, refresh: null } })
  })

  await t.test(
    'a session that was renewed is found by every end, an older logout of its sign-in too',
    async (t) => {
      const { issuer, clientId } = sessionOf('k1')
      const logout = { issuer, issuedBy: 1000, jti: null, at: 1000 }
      const ends: readonly ((store: SessionStore) => unknown)[] = [
        (store) => store.revoke({ by: 'user', user: 'alice', provider: { issuer, clientId } }),
        (store) => store.revoke({ by: 'user', user: 'alice' }),
        (store) => store.revoke({ by: 'provider', provider: { issuer, clientId } }),
        (store) => store.revoke({ by: 'all' }),
        (store) => store.logOut({ ...logout, subject: 'sub-of-alice', sid: null }),
        (store) => store.logOut({ ...logout, subject: null, sid: 's1' }),
      ]
      for (const [at, end] of ends.entries()) {
        const store = open(t)
        await store.save(sessionOf('k1', before), 5000)
        await store.lock('k1', lockOf('a'))
        t.equal(await store.renew(renewed('k1', { idTokenIssuedAt: 3000 }), 'a'), true)
        await end(store)
        t.equal(await store.load('k1'), null, `${at}`)
        t.same(await store.list({}), [])
      }
    },
  )

  await t.test('a session that began after a revocation lives on as it is renewed', async (t) => {
    const store = open(t)
    const { issuer, clientId } = sessionOf('k1')
    await store.revoke({ by: 'all' })
    await store.revoke({ by: 'user', user: 'alice', provider: { issuer, clientId } })
    await store.save(sessionOf('k1', before), 5000)
    await store.lock('k1', lockOf('a'))
    t.equal(await store.renew(renewed('k1'), 'a'), true)
    t.match(await store.load('k1'), { tokens: fresh.tokens })
    await store.revoke({ by: 'all' })
    t.equal(await store.load('k1'), null)
  })

  await t.test('nobody renews without the lock', async (t) => {
    const store = open(t)
    await store.save(sessionOf('k1', before), 5000)
    await store.save(sessionOf('k2'), 5000)
    const refused = async (id: string, why: string) =>
      t.equal(await store.renew(renewed('k1'), id), false, why)
    for (const id of ['a', '', 'null']) await refused(id, `nobody holds it: ${id}`)
    await store.lock('k1', lockOf('a'))
    await store.lock('k2', lockOf('b'))
    for (const id of ['b', '', 'A']) await refused(id, `another holds it: ${id}`)
    await store.unlock('k1', 'a')
    await refused('a', 'it was given back')
    t.same(await store.load('k1'), sessionOf('k1', before))
    t.equal(await store.renew(renewed('never'), 'a'), false)
    t.equal(await store.load('never'), null)
  })

  await t.test('a session that ended while it was renewed stays ended', async (t) => {
    const { issuer, clientId } = sessionOf('k1')
    const provider = { issuer, clientId }
    const logout = { issuer, issuedBy: 1000, jti: null, at: 1000 }
    const ends: readonly (readonly [string, (store: SessionStore) => unknown])[] = [
      ['signed out', (store) => store.drop('k1')],
      ['revoked', (store) => store.revoke({ by: 'key', key: 'k1' })],
      ['with others', (store) => store.revoke({ by: 'keys', keys: ['k1'] })],
      ['the person', (store) => store.revoke({ by: 'user', user: 'alice', provider })],
      ['the name', (store) => store.revoke({ by: 'user', user: 'alice' })],
      ['the provider', (store) => store.revoke({ by: 'provider', provider })],
      ['all', (store) => store.revoke({ by: 'all' })],
      ['logged out', (store) => store.logOut({ ...logout, subject: 'sub-of-alice', sid: null })],
      ['by its sid', (store) => store.logOut({ ...logout, subject: null, sid: 's1' })],
    ]
    for (const [name, end] of ends) {
      const store = open(t)
      await store.save(sessionOf('k1', before), 5000)
      t.equal(await store.lock('k1', lockOf('a')), true)
      await end(store)
      t.equal(await store.renew(renewed('k1'), 'a'), false, name)
      t.equal(await store.load('k1'), null, name)
      t.same(await store.list({}), [], name)
    }
  })

  await t.test('ends and renewals that come at once: it has ended', async (t) => {
    const { issuer, clientId } = sessionOf('k1')
    for (let round = 0; round < 4; round++) {
      const store = open(t)
      await store.save(sessionOf('k1', before), 5000)
      await store.lock('k1', lockOf('a'))
      const person = { by: 'user', user: 'alice', provider: { issuer, clientId } } as const
      const end = async () => (round % 2 === 0 ? store.drop('k1') : store.revoke(person))
      await Promise.all([store.renew(renewed('k1'), 'a'), end(), store.renew(renewed('k1'), 'a')])
      t.equal(await store.load('k1'), null)
      t.same(await store.list({}), [])
    }
  })
}

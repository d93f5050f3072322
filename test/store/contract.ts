import type { Test } from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import type { SessionStore } from '../../src/core/ports.ts'
import type { Session } from '../../src/core/session/session.ts'
import { sessionOfAlice } from '../support/issued.ts'
import { orRejected } from '../support/thrown.ts'

export function sessionOf(key: string, more: Partial<Session> = {}): Session {
  return {
    key,
    origin: 'https://wiki.example.com',
    issuer: 'https://acme.example.com',
    clientId: 'id',
    user: 'alice',
    claims: { sub: 'alice', groups: ['admins'], 'odd.key': null },
    idToken: 'a.b.c',
    ...sessionOfAlice,
    signedInAt: 1000,
    lastSeenAt: 1000,
    signIn: { stateHash: 'h', returnTo: '/' },
    ...more,
  }
}

const idOfAcme = { issuer: 'https://acme.example.com', clientId: 'id' }

const keysOf = async (store: SessionStore, user?: string): Promise<string[]> =>
  (await store.list(user === undefined ? {} : { user })).map(({ key }) => key)

/**
 * What every store promises, whatever it is made of. `open` gives a fresh, empty one, closed by the test's end. One that
 * forgets by itself goes by its own clock, so that nothing is over yet in the time of these sessions.
 */
export async function storeContract(
  t: Test,
  open: (t: Test) => SessionStore,
  forgets: 'when purged' | 'by itself' = 'when purged',
): Promise<void> {
  const isPurged = forgets === 'when purged'
  await t.test('each call is answered, also about sessions that are not there', async (t) => {
    const store = open(t)
    const everything = async (): Promise<void> => {
      await store.touch('k1', 1500, 2500)
      await store.drop('k1')
      for (const key of ['k1', 'k1', 'k2']) await store.save(sessionOf(key), 2000)
      await store.load('k1')
      await store.load('nobody')
      await store.touch('k1', 1500, 2500)
      for (const filter of [{}, { user: 'alice' }, { provider: idOfAcme }]) await store.list(filter)
      await store.drop('k1')
      for (const which of [
        { by: 'key', key: 'k1' },
        { by: 'keys', keys: ['k1', 'k2'] },
        { by: 'user', user: 'alice' },
        { by: 'provider', provider: idOfAcme },
        { by: 'all' },
      ] as const)
        await store.revoke(which)
      await store.purge(2000)
      await store.check()
      await store.logOut({ ...idOfAcme, subject: 'alice', sid: null, issuedBy: 1, jti: null, at: 1 })
      t.type(store.freshUntilMs(), 'number')
      store.onChange(() => {})()
      await store.close()
    }
    await t.resolves(everything())
  })

  await t.test('a saved session is loaded as it was; an unknown key is null', async (t) => {
    const store = open(t)
    const session = sessionOf('k1', {
      user: 'Grüße "\'; DROP TABLE session; --',
      claims: { a: [1, { b: null }] },
    })
    await store.save(session, 2000)
    t.same(await store.load('k1'), session)
    for (const key of ['k', 'k11', 'K1', '', '__proto__', "' OR 1=1 --"])
      t.equal(await store.load(key), null, key)
  })

  await t.test('saving under the same key replaces', async (t) => {
    const store = open(t)
    await store.save(sessionOf('k1'), 2000)
    await store.save(sessionOf('k1', { user: 'bob', signedInAt: 1500 }), 3000)
    t.match(await store.load('k1'), { user: 'bob', signedInAt: 1500 })
    t.match(await store.list({}), [{ key: 'k1', user: 'bob', signedInAt: 1500, expiresAt: 3000 }])
    t.same(await store.list({ user: 'alice' }), [])
  })

  await t.test('a touch moves the idle time forward, never back, and nothing else', async (t) => {
    const store = open(t)
    await store.save(sessionOf('k1'), 2000)
    await store.touch('k1', 1500, 2500)
    t.same(await store.load('k1'), sessionOf('k1', { lastSeenAt: 1500 }))
    await store.list({})
    await store.touch('k1', 1440, 2400)
    await store.touch('k1', 1500, 2600)
    t.match(await store.load('k1'), { lastSeenAt: 1500 })
    t.match(await store.list({}), [{ key: 'k1', lastSeenAt: 1500, expiresAt: 2500 }])
  })

  await t.test('S-159: a time that a wrong clock wrote far ahead gives way to the next touch', async (t) => {
    const store = open(t)
    await store.save(sessionOf('k1'), 2000)
    await store.touch('k1', 1560, 5000)
    await store.list({})
    await store.touch('k1', 1500, 2500)
    t.match(await store.load('k1'), { lastSeenAt: 1560 }, 'by as much as clocks may differ: it stays')
    t.match(await store.list({}), [{ lastSeenAt: 1560, expiresAt: 5000 }])
    await store.touch('k1', 1499, 2499)
    t.match(await store.load('k1'), { lastSeenAt: 1499 })
    t.match(
      await store.list({}),
      [{ lastSeenAt: 1499, expiresAt: 2499 }],
      'nor is it kept any longer for that',
    )
    t.match(await store.load('k1'), { lastSeenAt: 1499 })
  })

  await t.test('S-160: a session that was dropped stays gone, whatever was still on its way', async (t) => {
    const store = open(t)
    await store.save(sessionOf('k1'), 2000)
    await store.touch('k1', 1500, 2500)
    t.equal(await store.drop('k1'), true)
    await store.touch('k1', 1600, 2600)
    t.equal(await store.load('k1'), null)
    t.same(await store.list({}), [])
    t.equal(await store.load('k1'), null, 'also after what waited was written')
    t.equal(await store.drop('k1'), false)
  })

  await t.test('sessions are listed newest first, all or those of a user', async (t) => {
    const store = open(t)
    await store.save(sessionOf('old', { signedInAt: 100 }), 2000)
    await store.save(sessionOf('new', { signedInAt: 300, user: 'bob' }), 2000)
    await store.save(sessionOf('mid', { signedInAt: 200 }), 2000)
    t.same(await keysOf(store), ['new', 'mid', 'old'])
    t.same(await keysOf(store, 'alice'), ['mid', 'old'])
    t.same(await keysOf(store, 'Alice'), [])
    t.same((await store.list({ user: 'bob' }))[0], {
      key: 'new',
      origin: 'https://wiki.example.com',
      issuer: 'https://acme.example.com',
      clientId: 'id',
      user: 'bob',
      signedInAt: 300,
      lastSeenAt: 1000,
      expiresAt: 2000,
    })
  })

  await t.test('sessions are revoked by key, by user and all; the count is told', async (t) => {
    const store = open(t)
    for (const key of ['a1', 'a2', 'a3']) await store.save(sessionOf(key), 2000)
    for (const key of ['b1', 'b2']) await store.save(sessionOf(key, { user: 'bob' }), 2000)
    t.equal(await store.revoke({ by: 'key', key: 'a2' }), 1)
    t.equal(await store.revoke({ by: 'key', key: 'a2' }), 0)
    t.equal(await store.revoke({ by: 'key', key: 'a' }), 0, 'a key is a whole key')
    await store.save(sessionOf('a4'), 2000)
    await store.save(sessionOf('a5'), 2000)
    t.equal(await store.revoke({ by: 'keys', keys: ['a4', 'nobody', 'a5', 'a4', 'a2'] }), 2)
    t.equal(await store.revoke({ by: 'keys', keys: ['a4', 'a5'] }), 0)
    t.equal(await store.revoke({ by: 'keys', keys: [] }), 0)
    t.equal(await store.load('a4'), null)
    t.equal(await store.revoke({ by: 'user', user: 'bob' }), 2)
    t.equal(await store.revoke({ by: 'user', user: '%' }), 0)
    t.same((await keysOf(store)).sort(), ['a1', 'a3'])
    t.equal(await store.revoke({ by: 'all' }), 2)
    t.equal(await store.load('a1'), null)
  })

  await t.test('a person is a user id of one issuer and client', async (t) => {
    const store = open(t)
    const acme = { issuer: 'https://acme.example.com', clientId: 'id' }
    const [otherIssuer, otherClient] = [
      { ...acme, issuer: 'https://globex.example.com' },
      { ...acme, clientId: 'other' },
    ]
    await store.save(sessionOf('a', acme), 2000)
    await store.save(sessionOf('b', { ...otherIssuer, signedInAt: 900 }), 2000)
    await store.save(sessionOf('c', { ...otherClient, signedInAt: 800 }), 2000)
    await store.save(sessionOf('d', { ...otherClient, user: 'bob', signedInAt: 700 }), 2000)
    t.match(await store.load('b'), otherIssuer)
    const keys = async (filter: Parameters<SessionStore['list']>[0]) =>
      (await store.list(filter)).map(({ key }) => key)
    t.same(await keys({ user: 'alice' }), ['a', 'b', 'c'])
    t.same(await keys({ user: 'alice', provider: otherClient }), ['c'])
    t.same(await keys({ provider: otherClient }), ['c', 'd'])
    t.match(await store.list({ provider: otherIssuer }), [otherIssuer])
    t.equal(await store.revoke({ by: 'user', user: 'alice', provider: otherIssuer }), 1)
    t.same(await keys({}), ['a', 'c', 'd'])
    t.equal(await store.revoke({ by: 'user', user: 'alice', provider: otherIssuer }), 0)
    t.equal(await store.revoke({ by: 'user', user: 'alice' }), 2)
    t.same(await keys({}), ['d'])
  })

  await t.test('what expired is purged, what did not is not', async (t) => {
    const store = open(t)
    for (const [key, at] of [
      ['a', 1999],
      ['b', 2000],
      ['c', 2001],
    ] as const)
      await store.save(sessionOf(key), at)
    t.equal(await store.purge(2000), isPurged ? 2 : 0)
    t.same(await keysOf(store), isPurged ? ['c'] : ['a', 'b', 'c'])
    t.equal(await store.purge(2000), 0)
  })

  await t.test(
    'a person has so many sessions at most: the oldest end as a further one is saved',
    async (t) => {
      const store = open(t)
      const most = limits.personSessions
      const begun = (at: number, more: Partial<Session> = {}) =>
        sessionOf(`k${at}`, { signedInAt: at, origin: `https://app-${at % 2}.example.com`, ...more })
      // The first one in signed in last: it is the time that counts.
      t.same(await store.save(begun(1000), 2000), [])
      for (let at = 1; at < most; at++) t.same(await store.save(begun(at), 2000), [], `${at}`)
      const others: readonly Partial<Session>[] = [
        { key: 'bob', user: 'bob' },
        { key: 'issuer', issuer: 'https://other.example.com' },
        { key: 'client', clientId: 'other' },
      ]
      for (const one of others) t.same(await store.save(begun(1, one), 2000), [], 'another person')
      t.same(await store.save(begun(5), 2000), [], 'the same session once more')
      t.same(await store.save(begun(most), 2000), ['k1'])
      t.equal(await store.load('k1'), null)
      t.same(await store.save(begun(2000), 3000), ['k2'])
      t.same(
        await store.save(begun(0, { key: 'now' }), 3000),
        ['k3'],
        'never the new one, if clocks disagree',
      )
      t.not(await store.load('now'), null)
      t.equal((await store.list({ user: 'alice', provider: idOfAcme })).length, most)
      for (const { key } of others) t.not(await store.load(key ?? ''), null)
      await store.drop('k4')
      t.same(await store.save(begun(3000), 4000), [], 'who signs out makes room')
    },
  )

  await t.test('sessions that leave as one is saved count no more, and are not ended by it', async (t) => {
    const store = open(t)
    for (let at = 0; at < limits.personSessions; at++)
      await store.save(sessionOf(`k${at}`, { signedInAt: at }), 2000)
    t.same(await store.save(sessionOf('again', { signedInAt: 100 }), 2000, ['k7', 'nobody']), [])
    for (const key of ['k0', 'k7', 'again']) t.not(await store.load(key), null, key)
    t.same(
      await store.save(sessionOf('third', { signedInAt: 101 }), 2000, ['k0']),
      ['k1'],
      'the oldest of the others',
    )
    t.not(await store.load('k0'), null)
  })

  await t.test('sessions that begin at the same second end in the order in which they began', async (t) => {
    const store = open(t)
    const keys = Array.from({ length: limits.personSessions + 2 }, (_, at) => `k${(at * 7) % 100}`)
    const displaced: string[] = []
    for (const key of keys) displaced.push(...(await store.save(sessionOf(key), 2000)))
    t.same(displaced, keys.slice(0, 2))
  })

  await t.test('revoking and purging take any number; who signs in meanwhile stays', async (t) => {
    const many = limits.removedSessions * 2 + 1
    const fill = async (store: SessionStore, user: string): Promise<void> => {
      for (let at = 0; at < many; at++) {
        const more = { user, issuer: `https://op-${at % 5}.example.com` }
        await store.save(sessionOf(`${user}${at}`, more), 2000)
      }
    }
    const late = sessionOf('late', { user: 'bob' })
    for (const which of [{ by: 'all' }, { by: 'user', user: 'bob' }] as const) {
      const store = open(t)
      await fill(store, 'bob')
      if (which.by === 'user') await store.save(sessionOf('alice'), 2000)
      const revoking = store.revoke(which)
      // The newest one's place is free for the late one now, and must not make it one of those that were there.
      const left = await store.drop(`bob${many - 1}`)
      await store.save(late, 2000)
      t.equal(await revoking, left ? many - 1 : many)
      t.same(await keysOf(store), which.by === 'user' ? ['alice', 'late'] : ['late'])
    }
    if (!isPurged) return
    const store = open(t)
    await fill(store, 'bob')
    await store.save(late, 2001)
    t.equal(await store.purge(2000), many)
    t.same(await keysOf(store), ['late'])
  })

  await t.test('S-116: a state is spent once, until its time is over', async (t) => {
    const { states } = open(t)
    t.equal(await orRejected(async () => states.spent('a')), null)
    t.equal(await orRejected(async () => states.spend('a', { at: 1000, until: 4600 })), true)
    t.equal(await states.spend('a', { at: 1000, until: 4600 }), false)
    t.equal(await states.spend('a', { at: 4599, until: 9000 }), false, 'which a second try does not put off')
    t.equal(await states.spend('b', { at: 1000, until: 4600 }), true, 'another is another')
    t.same(await states.spent('a'), { at: 1000, outcome: null })
    if (!isPurged) return
    t.equal(await states.spend('a', { at: 4600, until: 9000 }), true)
    t.same(await states.spent('a'), { at: 4600, outcome: null })
  })

  await t.test('what a spent state came to is kept, and is forgotten when its time is over', async (t) => {
    const store = open(t)
    const { states } = store
    await states.keepOutcome('never', { sealed: 'x', until: 1060 })
    t.equal(await states.spent('never'), null, 'of a state that is not spent nothing is kept')
    await states.spend('a', { at: 1000, until: 4600 })
    await states.spend('late', { at: 1000, until: 4600 })
    await states.keepOutcome('a', { sealed: 'sealed', until: 1060 })
    t.same(await states.spent('a'), { at: 1000, outcome: { sealed: 'sealed', until: 1060 } })
    t.equal(await states.spend('a', { at: 1001, until: 4600 }), false)
    t.equal(await store.purge(1059), 0, 'they are no sessions')
    t.match(await states.spent('a'), { outcome: { sealed: 'sealed' } })
    if (!isPurged) return
    t.equal(await store.purge(1060), 0)
    t.same(await states.spent('a'), { at: 1000, outcome: { sealed: '', until: 1060 } })
    t.equal(await states.spend('a', { at: 1061, until: 4600 }), false, 'spent it stays')
    t.same(await states.spent('late'), { at: 1000, outcome: null }, 'one that is under way is not touched')
    await store.purge(4600)
    t.equal(await states.spent('a'), null)
    t.equal(await states.spent('late'), null)
  })

  await t.test('sessions of a provider are revoked, and no others', async (t) => {
    const store = open(t)
    const other = { ...idOfAcme, clientId: 'other' }
    await store.save(sessionOf('a'), 2000)
    await store.save(sessionOf('b', { ...other, user: 'bob' }), 2000)
    await store.save(sessionOf('c', { ...other, issuer: 'https://globex.example.com' }), 2000)
    t.equal(await store.revoke({ by: 'provider', provider: other }), 1)
    t.same((await keysOf(store)).sort(), ['a', 'c'])
    t.equal(await store.load('b'), null)
    t.equal(await store.revoke({ by: 'provider', provider: other }), 0)
    await store.save(sessionOf('b', { ...other, user: 'bob' }), 2000)
    t.not(await store.load('b'), null, 'who signs in again is signed in')
  })

  await t.test('a logout at the provider ends whom it means, at every origin', async (t) => {
    const issuer = idOfAcme.issuer
    const sessions: readonly Session[] = [
      sessionOf('s1', { sid: 's1', origin: 'https://one.example.com' }),
      sessionOf('s1-too', { sid: 's1', clientId: 'other', origin: 'https://two.example.com' }),
      sessionOf('s2', { sid: 's2' }),
      sessionOf('no-sid'),
      sessionOf('bob', { subject: 'bob', user: 'bob', sid: 's3' }),
      sessionOf('bob-of-s1', { subject: 'bob', user: 'bob', sid: 's1' }),
      sessionOf('globex', { issuer: 'https://globex.example.com', sid: 's1' }),
    ]
    const ended = async (which: { subject?: string | null; sid?: string | null; issuedBy?: number }) => {
      const store = open(t)
      for (const session of sessions) await store.save(session, 5000)
      const logout = { issuer, subject: null, sid: null, issuedBy: 1000, jti: null, at: 1000, ...which }
      const done = await store.logOut(logout)
      const left = await keysOf(store)
      for (const { key } of sessions) t.equal((await store.load(key)) === null, !left.includes(key), key)
      const gone = sessions.map(({ key }) => key).filter((key) => !left.includes(key))
      t.same(done, { kind: 'ended', keys: done.kind === 'ended' ? done.keys : [] })
      t.same(done.kind === 'ended' ? [...done.keys].sort() : [], [...gone].sort())
      return gone
    }
    t.same(await ended({ subject: 'alice' }), ['s1', 's1-too', 's2', 'no-sid'])
    t.same(await ended({ sid: 's1' }), ['s1', 's1-too', 'bob-of-s1'])
    t.same(await ended({ subject: 'alice', sid: 's1' }), ['s1', 's1-too', 'no-sid'])
    t.same(await ended({ subject: 'nobody', sid: 's1' }), [])
    t.same(await ended({ subject: 'alice', issuedBy: 999 }), [], 'its ID token is later')
    t.same(await ended({ sid: "' OR 1=1 --" }), [])
  })

  await t.test('a logout ends a session that is saved after it, unless its ID token is later', async (t) => {
    const { issuer } = idOfAcme
    const store = open(t)
    await store.logOut({ issuer, subject: 'alice', sid: 's1', issuedBy: 1000, jti: null, at: 1000 })
    await store.logOut({ issuer, subject: null, sid: 's7', issuedBy: 1000, jti: null, at: 1000 })
    // An older one that comes late takes nothing back.
    await store.logOut({ issuer, subject: 'alice', sid: 's1', issuedBy: 900, jti: null, at: 1001 })
    for (const [key, more, lives] of [
      ['late', { sid: 's1' }, false],
      ['no-sid', {}, false],
      ['other-sid', { sid: 's2' }, true],
      ['later', { sid: 's1', idTokenIssuedAt: 1001 }, true],
      ['bob', { subject: 'bob', user: 'bob' }, true],
      ['of-s7', { subject: 'bob', user: 'bob', sid: 's7' }, false],
      ['of-s7-later', { subject: 'bob', user: 'bob', sid: 's7', idTokenIssuedAt: 1001 }, true],
    ] as const) {
      t.same(await store.save(sessionOf(key, more), 5000), [], key)
      t.equal((await store.load(key)) !== null, lives, key)
    }
    await store.purge(1100)
    await store.save(sessionOf('two minutes later', { sid: 's1' }), 5000)
    t.equal(await store.load('two minutes later'), null)
  })

  await t.test('a logout token is spent in the step that ends sessions', async (t) => {
    const { issuer } = idOfAcme
    const store = open(t)
    const logout = { issuer, subject: 'alice', sid: null, issuedBy: 1000, at: 1000 }
    const jti = { hash: 'jti-1', until: 1300 }
    await store.save(sessionOf('k1'), 5000)
    t.same(await store.logOut({ ...logout, jti }), { kind: 'ended', keys: ['k1'] })
    await store.save(sessionOf('k2', { idTokenIssuedAt: 1001 }), 5000)
    t.same(await store.logOut({ ...logout, issuedBy: 1002, jti }), { kind: 'spent' })
    t.not(await store.load('k2'), null, 'nothing was done')
    t.same(await store.logOut({ ...logout, issuedBy: 1002, jti: { ...jti, hash: 'jti-2' } }), {
      kind: 'ended',
      keys: ['k2'],
    })
  })

  await t.test('of logouts that come at once each session is ended by one', async (t) => {
    const { issuer } = idOfAcme
    const store = open(t)
    const jti = { hash: 'jti-at-once', until: 1300 }
    const logout = { issuer, subject: 'alice', sid: null, issuedBy: 1000, jti, at: 1000 }
    await store.save(sessionOf('k1'), 5000)
    const done = await Promise.all([store.logOut(logout), store.logOut(logout)])
    t.same(
      done.flatMap((one) => (one.kind === 'ended' ? one.keys : [])),
      ['k1'],
    )
  })

  await t.test('a store that works says so, and a listener may leave', async (t) => {
    const store = open(t)
    await store.check()
    const leave = store.onChange(() => t.fail('nobody else changed anything'))
    await store.save(sessionOf('k1'), 2000)
    await store.drop('k1')
    leave()
    leave()
  })
}

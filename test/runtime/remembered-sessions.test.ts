import t from 'tap'
import type { SessionKey } from '../../src/core/session/session.ts'
import { createRememberedSessions, type RememberedSession } from '../../src/runtime/remembered-sessions.ts'
import { sessionOfAlice } from '../support/issued.ts'

const origin = 'https://wiki.example'
const key = (letter: string): SessionKey => letter.repeat(64) as SessionKey

function remembered(letter: string, bytes = 1): RememberedSession {
  const session = { ...sessionOfAlice, key: key(letter), origin, issuer: 'https://op.example', clientId: 'c' }
  const whole = { ...session, user: 'alice', claims: {}, idToken: '', signedInAt: 0, lastSeenAt: 0 }
  const principal = { user: 'alice', provider: 'op', claims: {} }
  return {
    ...{ key: key(letter), origin, bytes, dueAt: 0, writtenAt: 0, verifiedAtMs: 0, verifyAtMs: 0 },
    found: {
      kind: 'live',
      session: { ...whole, signIn: { stateHash: '', returnTo: '/' } },
      principal,
      resealed: null,
    },
    standIn: null,
    removals: 0,
  }
}

t.test('a session is found by each of its cookies, and they go with it', async (t) => {
  const sessions = createRememberedSessions(10, 100)
  for (const [cookie, letter] of ['a1', 'a2', 'b1'].map((name) => [name, name.slice(0, 1)] as const))
    sessions.keep(cookie, remembered(letter))
  t.same(
    sessions.ofSession(key('a')).map(([cookie]) => cookie),
    ['a1', 'a2'],
  )
  sessions.forget('a1')
  t.equal(sessions.find('a1'), undefined)
  t.same(
    sessions.ofSession(key('a')).map(([cookie]) => cookie),
    ['a2'],
  )
  sessions.clear()
  t.same([sessions.find('b1'), sessions.ofSession(key('b'))], [undefined, []])
  t.same(sessions.size(), { sessions: 0, cookies: 0 })
})

t.test('what goes to make room leaves nothing behind, be it of the same session', async (t) => {
  const sessions = createRememberedSessions(2, 100)
  for (let sealed = 0; sealed < 50; sealed += 1) sessions.keep(`a${sealed}`, remembered('a'))
  t.same(sessions.size(), { sessions: 1, cookies: 2 })
  for (const letter of 'bcdefghij') sessions.keep(letter, remembered(letter))
  t.same(sessions.size(), { sessions: 2, cookies: 2 })
})

t.test('one that grows larger than all the room is not kept, nor is anything of it', async (t) => {
  const sessions = createRememberedSessions(10, 100)
  sessions.keep('a', remembered('a', 60))
  sessions.keep('b', remembered('b', 60))
  t.equal(sessions.find('a'), undefined, 'both have no room')
  sessions.keep('b', remembered('b', 101))
  t.same([sessions.find('b'), sessions.size()], [undefined, { sessions: 0, cookies: 0 }])
})

import t from 'tap'
import {
  isForced,
  isRecentSignIn,
  recentSignIn,
  recentSignInReturned,
} from '../../../src/core/keys/recent-sign-in.ts'
import type { Claims } from '../../../src/core/rules/claims.ts'
import { plainWish } from '../../../src/core/session/authorization-wish.ts'

const now = 1_900_000_000
const session = (claims: Claims, signedInAt: number, forced = false) => ({
  ...{ claims, scopes: [], signedInAt },
  signIn: { stateHash: 'h', returnTo: '/', ...(forced ? { isForced: true as const } : {}) },
})

t.test('`auth_time` says how long ago somebody signed in, whatever our own sign-in is', async (t) => {
  for (const [authTime, recent] of [
    [now, true],
    [now - 360, true],
    [now - 361, false],
    [now + 60, true],
    [now + 61, false],
    [now * 1000, false],
    [String(now), false],
    [true, false],
    [[now], false],
  ] as const) {
    const claims = { auth_time: authTime as never }
    t.equal(isRecentSignIn(session(claims, now - 99_999), now), recent, String(authTime))
    t.equal(isRecentSignIn(session(claims, now, true), now), recent, `forced: ${authTime}`)
  }
})

t.test('without it our own sign-in counts where the provider was told to ask the person', async (t) => {
  for (const claims of [{}, { auth_time: null }]) {
    t.notOk(isRecentSignIn(session(claims, now), now), 'one that may have come about by itself')
    t.ok(isRecentSignIn(session(claims, now, true), now))
    t.ok(isRecentSignIn(session(claims, now - 299, true), now))
    t.notOk(isRecentSignIn(session(claims, now - 300, true), now))
    t.notOk(isRecentSignIn(session(claims, now + 61, true), now), 'a clock that was ahead')
  }
})

t.test('what comes back is held to what was asked', async (t) => {
  const stepUp = recentSignIn('login')
  const times = { startedAt: now - 30, now }
  const came = (claims: Claims, before: Claims | null) =>
    recentSignInReturned(stepUp, { claims, scopes: [] }, { ...times, before: before && { claims: before } })
  t.ok(came({ auth_time: now }, null))
  t.notOk(came({ auth_time: now - 200 }, null), 'from before it was asked: the question did not arrive')
  t.ok(came({}, {}), 'a provider that tells no time')
  t.ok(came({}, null))
  t.notOk(came({}, { auth_time: now - 9999 }), 'one that told it before')
})

t.test('a sign-in is forced where a prompt was asked for the page of one’s own keys', async (t) => {
  const stepUp = recentSignIn('select_account')
  t.ok(isForced({ ...plainWish, stepUp, keyForm: '' }))
  t.notOk(isForced({ ...plainWish, stepUp }), 'a step-up of an app is held to `auth_time`')
  t.notOk(isForced({ ...plainWish, keyForm: '' }))
  t.notOk(isForced({ ...plainWish, stepUp: { ...stepUp, prompt: null }, keyForm: '' }))
  t.notOk(isForced(null))
})

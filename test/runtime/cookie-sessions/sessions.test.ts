// Sessions that rest in the browser, over what a browser sends.
import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { LoginFault } from '../../../src/core/fault.ts'
import type { Gateway, Origin, ProviderSettings } from '../../../src/core/gateway.ts'
import type { Claims } from '../../../src/core/rules/claims.ts'
import { Secret } from '../../../src/core/secret.ts'
import { buildKeyRing, type KeyRing, type Sealed } from '../../../src/core/session/seal.ts'
import { noTokens } from '../../../src/core/session/session.ts'
import { openSessionInCookie } from '../../../src/core/session/session-in-cookie.ts'
import { type CookieSessions, createCookieSessions } from '../../../src/runtime/cookie-sessions/sessions.ts'
import type { SessionLookup, Sessions } from '../../../src/runtime/sessions.ts'
import { createTestClock, type TestClock } from '../../support/clock.ts'
import { gatewayOf } from '../../support/model.ts'
import { orRejected } from '../../support/thrown.ts'

const begin = 1_790_000_000
const current = new Secret('c'.repeat(32))
const older = new Secret('o'.repeat(32))

/** Rules that name one claim, and whatever a test adds below the app. */
function gatewayWith(require = '{ groups: ops }', more = ''): Gateway {
  return gatewayOf(`
providers:
  acme: { issuer: "https://acme.example.com", client_id: id, client_secret: s, display_name: [name] }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5
    identity_headers: { X-User: user }
    require: ${require}
${more}`)
}

interface Rig {
  readonly sessions: CookieSessions
  readonly clock: TestClock
  readonly origin: Origin
  readonly ring: KeyRing
  /** Somebody signs in, in a browser that sends these. */
  signIn(more?: SignInMore): Promise<Begun>
}

interface SignInMore {
  readonly claims?: Claims
  readonly previousCookie?: string | null
  readonly marks?: readonly string[]
  readonly replaces?: string | null
  readonly returnTo?: string
}

interface Begun {
  readonly cookie: Sealed
  readonly mark: string
  readonly key: string
}

function rig(
  t: Test,
  setup: { gateway?: Gateway; ring?: KeyRing; clock?: TestClock; purged?: number[] } = {},
): Rig {
  const clock = setup.clock ?? createTestClock(begin)
  const gateway = setup.gateway ?? gatewayWith()
  const ring = setup.ring ?? buildKeyRing([current])
  const sessions = createCookieSessions({
    ...{ gateway, ring, clock, random: randomBytes },
    purge: (now) => setup.purged?.push(now),
    report: (thrown) => t.fail(String(thrown)),
  })
  t.teardown(() => sessions.close())
  const origin = gateway.hosts.get('wiki.example.com')
  if (origin === undefined) throw new Error('no origin')
  return {
    ...{ sessions, clock, origin, ring },
    signIn: async ({ claims = { sub: 'alice', groups: ['ops'] }, ...more }: SignInMore = {}) => {
      const transaction = {
        version: 2,
        ...{ issuer: 'https://acme.example.com', clientId: 'id', origin: origin.origin },
        ...{ state: 'state', nonce: 'n', codeVerifier: 'v', startedAt: clock.time, wish: null },
        returnTo: more.returnTo ?? '/page',
        replaces: more.replaces ?? null,
      } as const
      const { cookieValue, session } = await sessions.start({
        identity: {
          user: String(claims.sub),
          claims,
          idToken: 'a.b.c',
          subject: 'sub',
          sid: 'sid',
          issuedAt: begin,
          scopes: [],
          tokens: noTokens,
        },
        ...{
          transaction,
          origin,
          previousCookie: more.previousCookie ?? null,
          marks: more.marks ?? [],
          client: null,
        },
      })
      const mark = sessions.marks?.beside(cookieValue, origin) ?? ''
      return { cookie: cookieValue, mark, key: session.key }
    },
  }
}

function status(found: ReturnType<Sessions['use']>): string {
  if (found instanceof Promise) throw new Error('nothing is to be waited for')
  return found.kind === 'live' ? 'live' : found.why
}

function live(found: ReturnType<Sessions['use']>): Extract<SessionLookup, { kind: 'live' }> {
  if (found instanceof Promise || found.kind !== 'live') throw new Error(`not live: ${JSON.stringify(found)}`)
  return found
}

/** What the browser has after an answer that goes out now. */
function renewed({ sessions, origin }: Rig, cookie: string): string | null {
  return live(sessions.use(cookie, origin)).renewal?.() ?? null
}

t.test('a session is found by its cookie alone, in any process that has the secret', async (t) => {
  const here = rig(t)
  const { cookie, mark, key } = await here.signIn({ claims: { sub: 'alice', groups: ['ops'], phone: '1' } })
  const there = rig(t, { clock: here.clock })
  for (const { sessions, origin } of [here, there]) {
    const found = live(sessions.use(cookie, origin, [mark]))
    t.match(found.principal, { user: 'alice', provider: 'acme', claims: { groups: ['ops'] } })
    t.equal(found.session.key, key)
    t.notOk('phone' in found.principal.claims, 'what nothing names is not kept')
    t.equal(found.session.idToken, '', 'no token rests in the browser')
    t.equal(sessions.keyOf(cookie, origin), key)
    t.equal(status(sessions.lookUp(cookie, origin, [mark])), 'live')
  }
  const stranger = rig(t, { ring: buildKeyRing([older]), clock: here.clock })
  t.equal(status(stranger.sessions.use(cookie, stranger.origin)), 'session-unreadable')
  t.equal(stranger.sessions.keyOf(cookie, stranger.origin), null)
})

t.test('S-159: its times are judged at every request, whoever remembers it', async (t) => {
  const one = rig(t)
  const { cookie } = await one.signIn()
  const { sessions, clock, origin } = one
  clock.time += origin.idleTimeoutSeconds - 1
  t.equal(status(sessions.lookUp(cookie, origin)), 'live')
  clock.time += 1
  t.equal(status(sessions.use(cookie, origin)), 'session-idle')
  const second = rig(t, { clock })
  const begun = await second.signIn()
  let value: string = begun.cookie
  for (let hours = 0; hours < 100; hours++) {
    clock.time += 1800
    if (status(second.sessions.use(value, origin)) !== 'live') break
    value = renewed(second, value) ?? value
  }
  t.equal(status(second.sessions.use(value, origin)), 'session-expired', 'no use makes it longer')
  t.equal(clock.time - begin - origin.idleTimeoutSeconds, origin.maxLifetimeSeconds)
})

t.test('its last use is sealed anew about as often as a store would be told', async (t) => {
  const one = rig(t)
  const { cookie, key } = await one.signIn()
  t.equal(renewed(one, cookie), null, 'it is as new as it can be')
  one.clock.time += 59
  t.equal(renewed(one, cookie), null)
  one.clock.time += 1
  const next = renewed(one, cookie)
  t.ok(next, 'after a minute')
  t.match(openSessionInCookie(one.ring, one.origin, next ?? ''), {
    kept: { session: { key, lastSeenAt: begin + 60, signedInAt: begin }, order: begin },
  })
  t.equal(renewed(one, cookie), null, 'not with each of many answers at once')
  one.clock.time += 6
  t.ok(renewed(one, cookie), 'again when that answer seems to be lost')
  t.equal(renewed(one, next ?? ''), null, 'the new one is as new as it can be')
})

t.test('an answer that was long under way brings no older use than is known by then', async (t) => {
  const one = rig(t)
  const { cookie } = await one.signIn()
  one.clock.time += 100
  const slow = live(one.sessions.use(cookie, one.origin))
  one.clock.time += 500
  live(one.sessions.use(cookie, one.origin))
  const value = slow.renewal?.() ?? ''
  t.match(openSessionInCookie(one.ring, one.origin, value), {
    kept: { session: { lastSeenAt: begin + 600 } },
  })
})

t.test('an older cookie of a session that is in use here is no idle one', async (t) => {
  const one = rig(t)
  const { cookie } = await one.signIn()
  for (let minutes = 0; minutes < 120; minutes += 10) {
    one.clock.time += 600
    t.equal(status(one.sessions.use(cookie, one.origin)), 'live', 'a browser whose answers were all cut off')
  }
  const elsewhere = rig(t, { clock: one.clock })
  t.equal(status(elsewhere.sessions.use(cookie, one.origin)), 'session-idle', 'who knows only the cookie')
})

t.test('looking is no use', async (t) => {
  const one = rig(t)
  const { cookie } = await one.signIn()
  one.clock.time += one.origin.idleTimeoutSeconds - 10
  t.equal(status(one.sessions.lookUp(cookie, one.origin)), 'live')
  one.clock.time += 10
  t.equal(status(one.sessions.lookUp(cookie, one.origin)), 'session-idle')
})

t.test('S-160: what a browser signed out of counts no more there, whenever it was sealed', async (t) => {
  const one = rig(t)
  const { cookie, mark } = await one.signIn()
  one.clock.time += 100
  const late = renewed(one, cookie) ?? ''
  const { sessions, origin } = one
  const after = sessions.marks?.after({ cookieValues: [cookie], marks: [mark] }, origin) ?? ''
  const elsewhere = rig(t, { clock: one.clock })
  for (const value of [cookie, late]) {
    t.equal(status(elsewhere.sessions.use(value, origin, [after])), 'session-ended')
    t.equal(
      status(elsewhere.sessions.use(value, origin, [mark, after, 'junk'])),
      'session-ended',
      'tossed ones',
    )
    t.equal(status(elsewhere.sessions.use(value, origin, [])), 'live', 'without the mark nobody can tell')
    t.equal(status(elsewhere.sessions.use(value, origin, ['junk', ''])), 'live')
  }
  t.equal(await sessions.end({ key: sessions.keyOf(cookie, origin) ?? '' }), true)
  t.equal(status(sessions.use(late, origin)), 'session-ended', 'the process that ended it knows more')
  t.equal(await sessions.end({ key: sessions.keyOf(cookie, origin) ?? '' }), false, 'it had ended')
})

t.test('a new sign-in is later than the mark, in the same second and by a clock behind', async (t) => {
  const one = rig(t)
  const { sessions, origin } = one
  let { cookie, mark } = await one.signIn()
  const first = cookie
  for (const step of [0, 0, -30, 0, 5]) {
    one.clock.time += step
    const out = sessions.marks?.after({ cookieValues: [cookie], marks: [mark] }, origin) ?? ''
    t.equal(status(sessions.use(cookie, origin, [out])), 'session-ended')
    const before = cookie
    ;({ cookie, mark } = await one.signIn({ marks: [out] }))
    t.equal(status(sessions.use(cookie, origin, [out])), 'live', `${step} s later`)
    t.equal(status(sessions.use(cookie, origin, [mark])), 'live', 'beside its own mark')
    t.equal(status(sessions.use(before, origin, [mark])), 'session-ended', 'which keeps the former out')
    t.equal(status(sessions.use(first, origin, [mark])), 'session-ended')
  }
})

t.test('a clock that was far ahead at a sign-out keeps nobody out afterwards', async (t) => {
  const one = rig(t)
  const { cookie, mark } = await one.signIn()
  one.clock.time += 86_400
  const out = one.sessions.marks?.after({ cookieValues: [cookie], marks: [mark] }, one.origin) ?? ''
  one.clock.time += -86_400 + 60
  const again = await one.signIn({ marks: [out] })
  t.equal(status(one.sessions.use(again.cookie, one.origin, [out])), 'live')
  t.equal(status(one.sessions.use(again.cookie, one.origin, [again.mark])), 'live')
  t.equal(status(one.sessions.use(cookie, one.origin, [again.mark])), 'session-ended')
})

t.test(
  'S-148: the session that a browser had ends with the next sign-in, in the same second too',
  async (t) => {
    const one = rig(t)
    const { origin } = one
    const before = await one.signIn()
    const sent = await one.signIn({ previousCookie: before.cookie })
    const blind = await one.signIn({ replaces: sent.key, marks: [sent.mark] })
    const elsewhere = rig(t, { clock: one.clock })
    t.equal(status(one.sessions.use(before.cookie, origin)), 'session-ended', 'here without its mark')
    t.equal(status(one.sessions.use(sent.cookie, origin)), 'session-ended')
    for (const { sessions } of [one, elsewhere]) {
      t.equal(status(sessions.use(before.cookie, origin, [sent.mark])), 'session-ended')
      t.equal(
        status(sessions.use(sent.cookie, origin, [sent.mark])),
        sessions === one.sessions ? 'session-ended' : 'live',
      )
      t.equal(
        status(sessions.use(sent.cookie, origin, [blind.mark])),
        'session-ended',
        'though its cookie did not come',
      )
      t.equal(status(sessions.use(blind.cookie, origin, [blind.mark])), 'live')
    }
  },
)

t.test('a claim that the configuration names now and that was not kept lets nobody in', async (t) => {
  const one = rig(t)
  const claims = { sub: 'alice', groups: ['ops'], banned: 'yes', name: 'Alice' }
  const { cookie } = await one.signIn({ claims })
  const wanted: readonly (readonly [string, Gateway, string])[] = [
    ['a rule', gatewayWith('{ all: [{ groups: ops }, { none: [{ banned: yes }] }] }'), 'session-lacks-claim'],
    [
      'another location',
      gatewayWith(undefined, '    locations:\n      - { path: /a, require: { phone: x } }'),
      'session-lacks-claim',
    ],
    [
      'a rehearsed one',
      gatewayWith(undefined, '    locations:\n      - { path: /a, require: { phone: x }, enforce: false }'),
      'session-lacks-claim',
    ],
    ['a part of what was kept', gatewayWith('{ groups.id: ops }'), 'session-lacks-claim'],
    ['fewer', gatewayWith('signed_in'), 'live'],
    ['the same', gatewayWith('{ groups: [ops, dev] }'), 'live'],
  ]
  for (const [what, gateway, expected] of wanted) {
    const next = rig(t, { gateway, clock: one.clock })
    t.equal(status(next.sessions.use(cookie, next.origin)), expected, what)
    one.sessions.renew({ gateway, ring: one.ring })
    t.equal(status(one.sessions.use(cookie, next.origin)), expected, `${what}, after a reload`)
    const again = await next.signIn({ claims })
    t.equal(status(next.sessions.use(again.cookie, next.origin)), 'live', `${what}, signed in again`)
  }
})

t.test('a claim that is named and was not sent is known to be absent', async (t) => {
  const one = rig(t, { gateway: gatewayWith('{ any: [{ groups: ops }, { absent: x }] }') })
  const { cookie } = await one.signIn({ claims: { sub: 'alice' } })
  t.same(live(one.sessions.use(cookie, one.origin)).principal.claims, { sub: 'alice' })
})

t.test('an address that does not count does not count from a cookie either', async (t) => {
  const one = rig(t, { gateway: gatewayWith('{ email: a@example.com }') })
  for (const [claims, seen] of [
    [{ sub: 'a', email: 'a@example.com', email_verified: false }, false],
    [{ sub: 'a', email: 'a@example.com' }, false],
    [{ sub: 'a', email: 'a@example.com', email_verified: true }, true],
  ] as const) {
    const { cookie } = await one.signIn({ claims })
    t.equal('email' in live(one.sessions.use(cookie, one.origin)).principal.claims, seen)
  }
})

t.test('sessions from before a time that the configuration says have ended', async (t) => {
  const one = rig(t)
  const { cookie } = await one.signIn()
  const gateway = gatewayWith()
  const renew = (revokedBefore: number) =>
    one.sessions.renew({
      gateway: { ...gateway, session: { ...gateway.session, revokedBefore } },
      ring: one.ring,
    })
  renew(begin + 1)
  t.equal(status(one.sessions.use(cookie, one.origin)), 'session-ended')
  renew(begin)
  t.equal(status(one.sessions.use(cookie, one.origin)), 'live')
})

t.test('a session of a provider that is gone, or that reads another user id, is nobody’s', async (t) => {
  const one = rig(t)
  const { cookie } = await one.signIn()
  const gateway = gatewayWith()
  const acme = gateway.providers.get('acme')
  const renew = (changes: Partial<ProviderSettings>) => {
    const providers = new Map(acme === undefined ? [] : [['acme', { ...acme, ...changes }]])
    one.sessions.renew({ gateway: { ...gateway, providers }, ring: one.ring })
  }
  renew({ clientId: 'another' })
  t.equal(status(one.sessions.use(cookie, one.origin)), 'session-provider-gone')
  renew({ userIdPrefix: 'acme:' })
  t.equal(status(one.sessions.use(cookie, one.origin)), 'session-provider-gone')
  renew({})
  t.equal(status(one.sessions.use(cookie, one.origin)), 'live')
})

t.test('S-158: a session that was sealed with an older secret is sealed anew', async (t) => {
  const one = rig(t, { ring: buildKeyRing([older]) })
  const { cookie, mark } = await one.signIn()
  one.sessions.renew({ gateway: gatewayWith(), ring: buildKeyRing([current, older]) })
  t.equal(status(one.sessions.use(cookie, one.origin, [mark])), 'live')
  const value = renewed(one, cookie)
  one.sessions.renew({ gateway: gatewayWith(), ring: buildKeyRing([current]) })
  t.equal(status(one.sessions.use(value ?? '', one.origin)), 'live')
  t.equal(status(one.sessions.use(cookie, one.origin)), 'session-unreadable')
})

t.test('S-155: claims that two cookies have no room for sign nobody in', async (t) => {
  const one = rig(t)
  const groups = (bytes: number) => ['ops', 'g'.repeat(bytes)]
  const { cookie } = await one.signIn({ claims: { sub: 'alice', groups: groups(4500) } })
  t.equal(status(one.sessions.use(cookie, one.origin)), 'live')
  const fault = await orRejected(() => one.signIn({ claims: { sub: 'alice', groups: groups(6000) } }))
  t.ok(fault instanceof LoginFault)
  t.match(fault, {
    code: 'LOGIN_CLAIMS_TOO_LARGE',
    message: /take 6\d\d\d bytes .* less than 53\d\d; .*identity_headers.*session.store/,
  })
  const unnamed = await one.signIn({
    claims: { sub: 'alice', groups: groups(9), other: 'o'.repeat(100_000) },
  })
  t.ok(unnamed.cookie.length < 1000, 'what nothing names takes no room')
  const long = await one.signIn({
    claims: { sub: 'alice', groups: groups(4500) },
    returnTo: `/${'p'.repeat(1400)}`,
  })
  t.equal(live(one.sessions.use(long.cookie, one.origin)).session.signIn.returnTo, '', 'the page gives way')
})

t.test('who holds a long connection hears of its end: at once, when idle, and when too old', async (t) => {
  const one = rig(t)
  const { sessions, clock, origin } = one
  const heard: string[] = []
  const hold = async (name: string) => {
    const { cookie } = await one.signIn()
    const { session } = live(sessions.use(cookie, origin))
    const leave = sessions.onEnd(session, origin, () => heard.push(name))
    return { cookie, session, leave }
  }
  const ended = await hold('ended')
  const idle = await hold('idle')
  const left = await hold('left')
  const used = await hold('used')
  left.leave()
  await sessions.end(ended.session)
  t.same(heard, ['ended'])
  clock.time += 1800
  sessions.use(used.cookie, origin)
  clock.time += 1800
  await sessions.sweep()
  t.same(heard, ['ended', 'idle'], 'the one that was used goes on')
  sessions.onEnd(ended.session, origin, () => heard.push('late'))
  await new Promise((resolve) => setImmediate(resolve))
  t.same(heard, ['ended', 'idle', 'late'], 'one that has ended already')
  t.ok(idle.session)
})

t.test('`revoked_before` ends long connections of older sign-ins too', async (t) => {
  const one = rig(t)
  const { sessions, clock, origin, ring } = one
  const heard: string[] = []
  const hold = async (name: string) => {
    const { session } = live(sessions.use((await one.signIn()).cookie, origin))
    sessions.onEnd(session, origin, () => heard.push(name))
  }
  await hold('before')
  clock.time += 10
  await hold('after')
  const gateway = gatewayWith()
  sessions.renew({
    gateway: { ...gateway, session: { ...gateway.session, revokedBefore: begin + 10 } },
    ring,
  })
  t.same(heard, ['before'])
})

t.test('a sweep lets states be forgotten, and ends that are over', async (t) => {
  const purged: number[] = []
  const one = rig(t, { purged })
  await one.sessions.sweep()
  t.same(purged, [begin])
})

t.test('a clock that leaps ahead lets no session that ended here count again', async (t) => {
  const one = rig(t)
  const { cookie, key } = await one.signIn()
  await one.sessions.end({ key })
  one.clock.wallErrorSeconds = 7 * 86_400
  await one.sessions.sweep()
  one.clock.wallErrorSeconds = 0
  t.equal(status(one.sessions.use(cookie, one.origin)), 'session-ended')
})

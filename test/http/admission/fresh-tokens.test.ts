// A request whose app gets a token waits for a fresh one, and no other request does.
import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { readFromDisk } from '../../../src/config/files.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { StoreFault } from '../../../src/core/fault.ts'
import type { Session, SessionTokens } from '../../../src/core/session/session.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import { admit } from '../../../src/http/admission/gate.ts'
import type { TokenRenewals } from '../../../src/http/admission/session-lookup.ts'
import type { SessionLookup } from '../../../src/runtime/sessions.ts'
import { sessionOfAlice } from '../../support/issued.ts'

const loaded = loadGatewayFromText(
  `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s }
  more: { issuer: "https://more.example", client_id: c, client_secret: a-secret-of-the-other, user_id_prefix: "m:" }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9:5000
    shared_secret: the-secret-that-the-wiki-checks-on-each-request
    provider: [op, more]
    allow_encoded: [slash]
    max_body: 1KiB
    require: signed_in
    identity_headers: { X-User: user }
    locations:
      - { path: /api, require: { provider: op, groups: staff }, identity_headers: { X-Access: access_token } }
      - { path: /api/shut/in, require: signed_in, unauthenticated: deny, identity_headers: { X-Access: access_token } }
      - { path: /api/in/ner, require: { provider: op, groups: staff }, unauthenticated: deny }
      - { path: /id, require: signed_in, identity_headers: { X-Id: id_token } }
      - { path: /maybe, require: maybe_signed_in, identity_headers: { X-Access: access_token } }
      - { path: /open, require: anyone }
`,
  { file: 'tokens.yaml', folder: '/', env: {}, readFile: readFromDisk },
)
if (!loaded.ok) throw new Error(loaded.issues.map((issue) => issue.message).join('\n'))
const { gateway } = loaded

const now = 1_790_000_000

function sessionOf(more: Partial<Session> = {}, access: SessionTokens['access'] = fresh): Session {
  return {
    key: 'k'.repeat(64),
    origin: 'https://wiki.example',
    issuer: 'https://op.example',
    clientId: 'c',
    user: 'alice',
    claims: { sub: 'alice', groups: ['staff'] },
    idToken: 'e30.e30.x',
    ...sessionOfAlice,
    scopes: [],
    tokens: { access, refresh: 'refresh' },
    checkedAt: now - 3600,
    signedInAt: now - 3600,
    lastSeenAt: now,
    signIn: { stateHash: '', returnTo: '/' },
    ...more,
  }
}

const fresh = { value: 'kept', endsAt: now + 31 }
const dying = { value: 'kept', endsAt: now + 30 }
const over = { value: 'kept', endsAt: now }
const renewed = { value: 'renewed', endsAt: now + 3600 }

type Outcome = Awaited<ReturnType<TokenRenewals['freshTokens']>>

interface Asked {
  readonly admission: Admission | Promise<Admission>
  /** Sessions for which the provider was asked. */
  readonly asked: readonly Session[]
}

interface Ask {
  readonly path?: string
  readonly method?: string
  readonly headers?: IncomingHttpHeaders
  readonly session?: Session
  readonly renew?: ((session: Session) => Promise<Outcome>) | undefined
  readonly clock?: () => number
  /** A request that is judged again: nothing of it is sent. */
  readonly again?: true
  /** By which provider's name the session counts. */
  readonly provider?: string
  readonly found?: (lookup: SessionLookup) => SessionLookup | Promise<SessionLookup>
}

function ask(of: Ask): Asked {
  const session = of.session ?? sessionOf()
  const headers: IncomingHttpHeaders = {
    host: 'wiki.example',
    accept: 'text/html',
    cookie: '__Host-claimgate=x',
    ...of.headers,
  }
  const principal = { user: session.user, provider: of.provider ?? 'op', claims: session.claims }
  const lookup: SessionLookup = { kind: 'live', session, principal, resealed: null }
  const asked: Session[] = []
  const find = () => of.found?.(lookup) ?? lookup
  const renewals: TokenRenewals = {
    freshTokens: (one) => {
      asked.push(one)
      return (of.renew ?? (async () => ({ kind: 'unanswered' })))(one)
    },
  }
  const context = {
    gateway,
    sessions: { use: find, lookUp: find },
    clock: { now: of.clock ?? (() => now) },
    ...(of.again ? {} : { renewals }),
  }
  const facts = {
    method: of.method ?? 'GET',
    url: of.path ?? '/api',
    httpVersion: '1.1',
    headers,
    rawHeaders: Object.entries(headers).flatMap(([name, value]) => [name, String(value)]),
    socket: { remoteAddress: '198.51.100.7' },
  }
  return { admission: admit(context, facts, 'id', 0), asked }
}

function live(change: Partial<Session> = {}, access: SessionTokens['access'] = renewed): Ask['renew'] {
  return async (session) => ({
    kind: 'live',
    session: { ...session, tokens: { access, refresh: 'rotated' }, checkedAt: now, ...change },
  })
}

t.test('a request goes on at once where the token is fresh enough', async (t) => {
  const { admission, asked } = ask({})
  t.notOk(admission instanceof Promise, 'synchronously')
  t.match(admission, { decision: { kind: 'allow' }, session: { tokens: { access: fresh } } })
  t.same(asked, [])
})

t.test('nobody is asked where the app gets no token, however old it is', async (t) => {
  for (const path of ['/', '/open', '/maybe-not']) {
    const { admission, asked } = ask({ path, session: sessionOf({}, over) })
    t.notOk(admission instanceof Promise, path)
    t.match(admission, { decision: { kind: 'allow' } }, path)
    t.same(asked, [], path)
  }
})

t.test('nobody is asked for a request that is refused anyway', async (t) => {
  const stranger = sessionOf({ claims: { sub: 'alice' } }, over)
  const refused = ask({ session: stranger })
  t.match(await refused.admission, { decision: { kind: 'deny', reason: 'rule-not-met' } })
  const large = ask({ method: 'POST', session: sessionOf({}, over), headers: { 'content-length': '2048' } })
  t.match(await large.admission, { decision: { kind: 'reject', status: 413 } })
  t.same([...refused.asked, ...large.asked], [])
})

t.test('a token that ends within thirty seconds is renewed before the request goes on', async (t) => {
  const { admission, asked } = ask({ session: sessionOf({}, dying), renew: live() })
  t.ok(admission instanceof Promise)
  t.match(await admission, {
    decision: { kind: 'allow', principal: { user: 'alice', provider: 'op' } },
    session: { tokens: { access: renewed, refresh: 'rotated' } },
  })
  t.equal(asked.length, 1)
})

t.test('S-171: what the provider says with it is judged before the request goes on', async (t) => {
  const { admission } = ask({
    session: sessionOf({}, dying),
    renew: live({ claims: { sub: 'alice', groups: ['left'] } }),
  })
  t.match(await admission, { decision: { kind: 'deny', reason: 'rule-not-met' } })
})

t.test('a renewed session whose user id is another one is nobody’s', async (t) => {
  const { admission } = ask({ session: sessionOf({}, dying), renew: live({ claims: { sub: 'mallory' } }) })
  t.match(await admission, { decision: { kind: 'challenge', reason: 'session-provider-gone' } })
})

t.test(
  'S-168: a session that the provider ended is none, and at an open location it is nobody’s',
  async (t) => {
    const ended: Ask['renew'] = async () => ({ kind: 'ended', why: 'session-ended-by-provider' })
    t.match(await ask({ session: sessionOf({}, dying), renew: ended }).admission, {
      decision: { kind: 'challenge', how: 'redirect', reason: 'session-ended-by-provider' },
      session: null,
      principal: null,
    })
    t.match(await ask({ path: '/maybe', session: sessionOf({}, dying), renew: ended }).admission, {
      decision: { kind: 'allow', reason: 'maybe-signed-in', principal: null },
      session: null,
    })
  },
)

t.test('where the provider does not answer, a token that is not over yet is sent', async (t) => {
  t.match(await ask({ session: sessionOf({}, dying) }).admission, {
    decision: { kind: 'allow' },
    session: { tokens: { access: dying } },
  })
})

t.test('where it does not answer and the token is over, people sign in and programs get 401', async (t) => {
  for (const [what, of, how] of [
    ['a navigation', {}, 'redirect'],
    ['a program', { headers: { accept: 'application/json' } }, 'unauthorized'],
    ['a form', { method: 'POST', headers: { 'content-length': '3' } }, 'unauthorized'],
    ['a credential beside it', { headers: { authorization: 'Bearer x' } }, 'unauthorized'],
    ['a location that signs nobody in', { path: '/api/shut/in' }, 'unauthorized'],
    ['an open location', { path: '/maybe' }, 'redirect'],
  ] as const) {
    const admission = await ask({ session: sessionOf({}, over), ...of }).admission
    t.match(
      admission,
      {
        decision: { kind: 'challenge', how, reason: 'token-expired', providers: ['op'], stepUp: null },
        detail: 'no token for the app that is not over: the provider did not answer',
        principal: null,
      },
      what,
    )
  }
})

t.test('of several readings of a path the strictest says how it is asked', async (t) => {
  const admission = await ask({ path: '/api/in%2Fner', session: sessionOf({}, over) }).admission
  t.match(admission, { decision: { how: 'unauthorized', reason: 'token-expired' } })
})

t.test('the time that asking took counts', async (t) => {
  let time = now
  const slow: Ask['renew'] = async () => {
    time += 31
    return { kind: 'unanswered' }
  }
  const { admission } = ask({ session: sessionOf({}, dying), renew: slow, clock: () => time })
  t.match(await admission, { decision: { kind: 'challenge', reason: 'token-expired' } })
})

t.test('an answer that brought no other token leaves one that is over', async (t) => {
  const { admission } = ask({ session: sessionOf({}, over), renew: live({}, over) })
  t.match(await admission, { decision: { reason: 'token-expired' } })
  const none = ask({ session: sessionOf({}, over), renew: live({}, null) })
  t.match(await none.admission, { decision: { reason: 'token-expired' } })
})

t.test(
  'new tokens that are over as they come are sent: there are no fresher ones, and no end to asking',
  async (t) => {
    const { admission, asked } = ask({
      session: sessionOf({}, over),
      renew: live({}, { value: 'renewed', endsAt: now }),
    })
    t.match(await admission, { decision: { kind: 'allow' } })
    t.equal(asked.length, 1)
  },
)

t.test('after a reload that begins to send tokens, a session without them signs in again', async (t) => {
  const before = sessionOf({ tokens: { access: null, refresh: null } })
  const { admission, asked } = ask({ session: before })
  t.match(admission, {
    decision: { kind: 'challenge', how: 'redirect', reason: 'token-expired', providers: ['op'] },
    detail: 'no token for the app that is not over: none was kept',
  })
  t.same(asked, [])
  t.match(
    ask({ path: '/', session: before }).admission,
    { decision: { kind: 'allow' } },
    'elsewhere it is as good',
  )
  t.match(
    ask({ path: '/id', session: before }).admission,
    { decision: { kind: 'allow' } },
    'the ID token was kept',
  )
})

t.test('without a refresh token people sign in before the app gets what ends on the way', async (t) => {
  const tokens = { access: dying, refresh: null }
  const { admission, asked } = ask({ session: sessionOf({ tokens }) })
  t.match(admission, { decision: { reason: 'token-expired' } })
  t.same(asked, [])
  t.match(ask({ path: '/id', session: sessionOf({ tokens }) }).admission, { decision: { kind: 'allow' } })
})

t.test('an app that gets the ID token gets the newest, and never waits in vain', async (t) => {
  const found = await ask({ path: '/id', session: sessionOf({}, over), renew: live({ idToken: 'new' }) })
    .admission
  t.match(found, { decision: { kind: 'allow' }, session: { idToken: 'new' } })
  const unanswered = await ask({ path: '/id', session: sessionOf({}, over) }).admission
  t.match(unanswered, { decision: { kind: 'allow' }, session: { idToken: 'e30.e30.x' } })
  const none = ask({ path: '/id', session: sessionOf({ idToken: '' }) }).admission
  t.match(none, { decision: { reason: 'token-expired' } })
})

t.test('a store that does not answer lets nobody in', async (t) => {
  const fault = new StoreFault('STORE_UNAVAILABLE', 'away')
  const { admission } = ask({ session: sessionOf({}, over), renew: () => Promise.reject(fault) })
  t.match(await admission, { decision: { kind: 'deny', reason: 'undecided' }, fault })
  const own = ask({ session: sessionOf({}, over), renew: () => Promise.reject(new TypeError('ours')) })
  await t.rejects(Promise.resolve(own.admission), TypeError)
})

t.test('a session that has to be looked up first is treated alike', async (t) => {
  const { admission, asked } = ask({
    session: sessionOf({}, dying),
    renew: live(),
    found: async (lookup) => lookup,
  })
  t.match(await admission, { session: { tokens: { access: renewed } } })
  t.equal(asked.length, 1)
})

t.test('what is judged again, and was sent before, needs no token', async (t) => {
  const { admission } = ask({ again: true, session: sessionOf({}, over) })
  t.match(admission, { decision: { kind: 'allow' } })
})

t.test('nobody is asked for somebody who is nobody here', async (t) => {
  const { admission, asked } = ask({ path: '/maybe', provider: 'elsewhere', session: sessionOf({}, over) })
  t.match(admission, { decision: { kind: 'allow', reason: 'maybe-signed-in', principal: null } })
  t.same(asked, [])
})

t.test('an answer that brought no other access token is enough for the ID token', async (t) => {
  const { admission } = ask({ path: '/id', session: sessionOf({}, over), renew: live({}, over) })
  t.match(await admission, { decision: { kind: 'allow' } })
})

t.test('who may not pass by what the provider says now is refused, and not asked to sign in', async (t) => {
  const claims = { sub: 'alice', groups: ['left'] }
  const { admission } = ask({ session: sessionOf({}, over), renew: live({ claims }, over) })
  t.match(await admission, { decision: { kind: 'deny', reason: 'rule-not-met' } })
})

t.test('a session whose provider the origin accepts no more is nobody’s', async (t) => {
  const { admission } = ask({
    session: sessionOf({}, dying),
    renew: live({ issuer: 'https://gone.example' }),
  })
  t.match(await admission, { decision: { kind: 'challenge', reason: 'session-provider-gone' } })
})

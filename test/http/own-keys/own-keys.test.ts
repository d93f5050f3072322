// The page of one's own keys: what it shows, what its forms do, and what they do for nobody else.
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { isFault } from '../../../src/core/fault.ts'
import type { ApiKey } from '../../../src/core/keys/api-key.ts'
import { formatKeyId, parseKey } from '../../../src/core/keys/key-form.ts'
import { hashKeySecret } from '../../../src/core/keys/key-secret.ts'
import { recentSignIn } from '../../../src/core/keys/recent-sign-in.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { Claims } from '../../../src/core/rules/claims.ts'
import { type AuthorizationWish, plainWish } from '../../../src/core/session/authorization-wish.ts'
import { noTokens } from '../../../src/core/session/session.ts'
import { changeOwnKeys } from '../../../src/http/own-keys/change.ts'
import { ownKeys } from '../../../src/http/own-keys/own-keys.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import { inventKey } from '../../support/api-keys.ts'
import { openTestContext } from '../../support/request-context.ts'
import { orRejected } from '../../support/thrown.ts'

const site = 'https://portal.example'
const own = {
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
}
const forced: AuthorizationWish = { ...plainWish, stepUp: recentSignIn('login'), keyForm: '' }

interface SignedIn {
  readonly cookie: string
}

const apiApp =
  'api: { url: "https://api.example/v1", upstream: http://10.9.9.9, provider: op, credentials: [session, api_key], require: signed_in }'

function open(t: Test, selfService = 'lifetime: 365d', store = 'memory', apps = apiApp) {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-own-keys-'))
  const around = openTestContext(
    t,
    `
data: ${JSON.stringify(folder)}
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s, label: Acme }
  other: { issuer: "https://other.example", client_id: c, client_secret: s, user_id_prefix: "o:" }
session: { store: ${store}, secret: a-session-secret-of-more-than-thirty-two-bytes, idle_timeout: 8h, max_lifetime: 8h }
api_keys:
  store: sqlite
  self_service: { at: "${site}", require: { plan: [paid, trial] }, claims: [plan, email], max_keys: 2, ${selfService} }
apps:
  portal: { url: "${site}", upstream: http://10.9.9.9, title: The Portal, provider: op, contact: help@portal.example, require: signed_in }
  ${apps}
`,
  )
  t.teardown(async () => {
    await around.runtime.keys?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const { keys } = around.runtime
  if (keys === null) throw new Error('no keys')
  const signIn = async (
    claims: Claims = {},
    { user = 'alice', wish = null }: { user?: string; wish?: AuthorizationWish | null } = {},
  ): Promise<SignedIn> => {
    const origin = around.originAt('portal.example')
    const { time } = around.clock
    const identity = {
      ...{ user, claims: { sub: user, plan: 'paid', auth_time: time, ...claims }, idToken: 'id-token' },
      ...{ subject: user, sid: null, issuedAt: time, scopes: [], tokens: noTokens },
    }
    const transaction = {
      ...{
        version: 2 as const,
        issuer: 'https://op.example',
        clientId: 'c',
        origin: origin.origin,
        returnTo: '/',
      },
      ...{ state: 's', nonce: 'n', codeVerifier: 'v', startedAt: time, replaces: null, wish },
    }
    const started = await around.runtime.sessions.start({
      ...{ identity, transaction, origin, previousCookie: null, client: null },
    })
    return { cookie: `${origin.cookies.session}=${started.cookieValue}` }
  }
  const ask = async (
    who: SignedIn | null,
    work: 'show' | URLSearchParams,
    headers: IncomingHttpHeaders,
    address: string,
  ): Promise<Answer> => {
    const all = { ...(who === null ? {} : { cookie: who.cookie }), ...headers }
    const asked = await around.admission(address, { headers: all })
    if (work === 'show') return ownKeys(around.context, asked, all)
    return changeOwnKeys(around.context, { ...asked, method: 'POST' }, all, work)
  }
  const show = (who: SignedIn | null, headers: IncomingHttpHeaders = {}, address = `${site}/.auth/keys`) =>
    ask(who, 'show', headers, address)
  const post = (
    who: SignedIn | null,
    form: Readonly<Record<string, string>> | URLSearchParams,
    headers: IncomingHttpHeaders = own,
  ) => ask(who, new URLSearchParams(form as Record<string, string>), headers, `${site}/.auth/keys`)
  const stored = async (user = 'alice') => (await keys.store.list({ user, after: null, most: 1000 })).keys
  const put = async (changes: Partial<ApiKey> = {}) => {
    const key = inventKey({
      owner: { kind: 'person', issuer: 'https://op.example', clientId: 'c', user: 'alice' },
      ...{
        claims: { sub: 'alice', plan: 'paid' },
        claimsAt: around.clock.time,
        createdAt: around.clock.time,
      },
      ...changes,
    })
    const made = await keys.store.create(key.record, { ofPerson: null, now: around.clock.time })
    if (made !== 'created') throw new Error(made)
    return key
  }
  return { ...around, keys, signIn, show, post, stored, put }
}

/** As a person reads it: what the page escapes is no markup. */
const read = ({ body }: Answer): string =>
  body.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))

/** What the form that makes a key would post. */
const newForm = ({ body }: Answer, more: Readonly<Record<string, string>> = {}) => ({
  ...{ do: 'make', form: inputOf(body, 'form'), name: 'laptop', expires: '30d' },
  ...more,
})

/** What a form of one key would post. */
const formOf = ({ body }: Answer, what: string, id: string, more: Readonly<Record<string, string>> = {}) => {
  const part = body.slice(body.indexOf(`name="key" value="${id}"`))
  return { do: what, form: inputOf(body, 'form'), key: id, current: inputOf(part, 'current'), ...more }
}

const inputOf = (body: string, name: string): string =>
  new RegExp(`<input type="hidden" name="${name}" value="([^"]*)"`).exec(body)?.[1] ?? ''

const secretOf = ({ body }: Answer, id: string): string =>
  new RegExp(`<code class="secret" id="${id}"[^>]*>([^<]*)</code>`).exec(body)?.[1] ?? ''

const noticeOf = ({ body }: Answer): string | null =>
  /<p class="notice" role="alert">([^<]*)<\/p>/.exec(body)?.[1] ?? null

t.test('shows a person their keys, and nobody else’s', async (t) => {
  const { signIn, show, put, clock } = open(t)
  // First, as a sign-in wakes keys.
  const alice = await signIn()
  const laptop = await put({ name: 'Laptop', expiresAt: clock.time + 86_400 * 10 })
  await put({ name: 'Sleeping', asleep: true })
  await put({ name: 'Gone', revokedAt: clock.time - 60 })
  await put({
    name: 'Bob’s',
    owner: { kind: 'person', issuer: 'https://op.example', clientId: 'c', user: 'bob' },
  })
  await put({ name: 'Operator’s', owner: { kind: 'operator', user: 'alice' } })
  await put({
    name: 'Another provider’s',
    owner: { kind: 'person', issuer: 'https://other.example', clientId: 'c', user: 'alice' },
  })
  const page = await show(alice)
  t.equal(page.status, 200)
  t.equal(page.headers['cache-control'], 'no-store')
  t.equal(page.headers['referrer-policy'], 'same-origin')
  const names = [...page.body.matchAll(/<h[23][^>]*><bdi>([^<]*)<\/bdi>/g)].map(([, name]) => name)
  t.same(names, ['Sleeping', 'Laptop', 'Gone'])
  t.match(page.body, laptop.id)
  t.match(page.body, /<small>Asleep<\/small>[\s\S]*what your sign-in service says of you is too old/)
  t.match(page.body, /Valid until<\/dt><dd>[\s\S]*in 10 days/)
  t.notMatch(page.body, /Falls asleep/, 'one sleeps already, the other ends before')
  t.match(page.body, /<summary>Keys that have ended[\s\S]*Gone[\s\S]*<small>Revoked/)
  t.notMatch(page.body, laptop.secret)
})

t.test('says when a key was used last, from where, and how often', async (t) => {
  const { signIn, show, put, keys, clock } = open(t)
  const { record } = await put()
  const last = { at: clock.time - 7200, network: '192.0.2.7' }
  await keys.store.countUses([{ id: record.id, day: '2030-03-17', count: 1234, last }])
  const page = await show(await signIn())
  t.match(page.body, /Last used<\/dt><dd>[\s\S]*2 hours ago/)
  t.match(page.body, /Falls asleep<\/dt><dd>[\s\S]*in 30 days/)
  t.match(page.body, '<dt>From</dt><dd>192.0.2.7</dd><dt>Requests</dt><dd>1,234</dd>')
})

t.test('makes a key, and shows its secret in that one answer alone', async (t) => {
  const { signIn, show, post, stored, lines, clock } = open(t)
  const alice = await signIn()
  const form = newForm(await show(alice))
  const made = await post(alice, form)
  t.equal(made.status, 200)
  t.equal(made.headers['cache-control'], 'no-store')
  t.same(made.cookies ?? [], [])
  const [key] = await stored()
  t.match(key, {
    ...{ name: 'laptop', expiresAt: clock.time + 30 * 86_400, claimsAt: clock.time },
    owner: { kind: 'person', issuer: 'https://op.example', clientId: 'c', user: 'alice' },
  })
  t.same(key?.claims, { sub: 'alice', plan: 'paid' })
  const whole = secretOf(made, 'whole')
  const parsed = parseKey(whole, ['cg'])
  if (parsed === null || parsed === 'malformed') throw new Error('no key on the page')
  t.equal(hashKeySecret(parsed.secret), key?.secrets[0]?.hash)
  t.equal(secretOf(made, 'secret'), parsed.secret)
  t.equal(
    secretOf({ ...made, body: read(made) }, 'curl'),
    `curl -H "Authorization: Bearer ${whole}" 'https://api.example/v1'`,
  )
  const event = lines.find((line) => line.event === 'key.created')
  t.match(event, { key: key?.id, name: 'laptop', by: 'keys-page', request_id: String })
  t.notMatch(JSON.stringify(lines), parsed.secret)
  t.notMatch(JSON.stringify(made.headers), parsed.secret)

  const again = await post(alice, form)
  t.match(noticeOf(again), /was made already, and its secret is shown only once/)
  t.notMatch(again.body, parsed.secret)
  t.notMatch((await show(alice)).body, parsed.secret)
  t.equal((await stored()).length, 1, 'a form that is sent again makes no second key')
})

t.test('the command to try a key is for an address that takes this key', async (t) => {
  const other = 'other: { url: "https://other.example", upstream: http://10.9.9.9, provider: other'
  const api = 'api: { url: "https://api.example", upstream: http://10.9.9.9, provider: op'
  const keys = 'credentials: [api_key]'
  const rows: readonly (readonly [string, string | null])[] = [
    [`${other}, ${keys}, require: signed_in }`, null],
    [
      `${other}, ${keys}, require: signed_in }\n  ${api}, ${keys}, require: signed_in }`,
      'https://api.example/',
    ],
    [
      `${api}, require: signed_in, locations: [{ path: "/it's", require: signed_in, ${keys} }] }`,
      "https://api.example/it'\\''s",
    ],
    [
      `${api}, require: signed_in, locations: [{ path: /in, methods: [POST], require: signed_in, ${keys} }] }`,
      null,
    ],
    [
      `${api}, require: anyone, credentials: [session, api_key], locations: [{ path: /own, require: signed_in }] }`,
      'https://api.example/own',
    ],
  ]
  for (const [apps, address] of rows) {
    const { signIn, show, post } = open(t, 'lifetime: 365d', 'memory', apps)
    const alice = await signIn()
    const made = await post(alice, newForm(await show(alice)))
    const command = secretOf({ ...made, body: read(made) }, 'curl')
    t.equal(/ '(.*)'$/.exec(command)?.[1] ?? null, address, apps)
  }
})

t.test('a key that an operator held to apps and methods is shown with what it is for', async (t) => {
  const apps = ['a', 'b'].map(
    (name) =>
      `${name}: { url: "https://${name}.example", upstream: http://10.9.9.9, provider: op, credentials: [api_key], require: signed_in }`,
  )
  const { signIn, show, post, put } = open(t, 'lifetime: 365d', 'memory', apps.join('\n  '))
  const alice = await signIn()
  const ofB = formatKeyId((await put({ apps: ['b'] })).record)
  const writing = formatKeyId((await put({ methods: ['POST'] })).record)
  const rotated = async (id: string) => {
    const answer = await post(alice, formOf(await show(alice), 'rotate', id, { overlap: '0s' }))
    t.equal(answer.status, 200)
    return secretOf({ ...answer, body: read(answer) }, 'curl')
  }
  t.match(await rotated(ofB), "'https://b.example/'")
  t.equal(await rotated(writing), '')
})

t.test('what is shown to a person shares its window with no other page of the origin', async (t) => {
  const { signIn, show, post, clock } = open(t)
  const alice = await signIn()
  const page = await show(alice)
  const made = await post(alice, newForm(page))
  clock.time += 361
  const confirm = await post(alice, newForm(await show(alice)))
  t.same([page.status, made.status, confirm.status], [200, 200, 401])
  for (const { headers } of [page, made, confirm])
    t.match(headers, {
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    })
})

t.test(
  'after a sign-in of more than five minutes ago nothing is made: one signs in again first',
  async (t) => {
    const { signIn, show, post, stored, clock } = open(t)
    const alice = await signIn()
    clock.time += 361
    const page = await show(alice)
    const answer = await post(alice, newForm(page))
    t.equal(answer.status, 401)
    t.match(
      answer.headers['www-authenticate'],
      /^Cookie realm="claimgate", error="insufficient_user_authentication".*max_age="?300/,
    )
    t.match(read(answer), /href="\/\.auth\/login\?step_up=[\w.-]+"/)
    t.same(await stored(), [])
    const { id } = inventKey()
    t.notMatch(answer.body, id)
  },
)

t.test('a rotation asks for the same, and a form that is sent twice rotates once', async (t) => {
  const { signIn, show, post, put, keys, lines, clock } = open(t)
  const { id, record } = await put()
  const alice = await signIn()
  const form = formOf(await show(alice), 'rotate', id, { overlap: '7d' })
  const rotated = await post(alice, form)
  t.equal(rotated.status, 200)
  t.match(rotated.body, /Here is the new secret/)
  const after = await keys.store.load(record.id)
  t.equal(after?.secrets[0]?.hash, hashKeySecret(secretOf(rotated, 'secret')))
  t.same(after?.secrets[1], { hash: record.secrets[0]?.hash, until: clock.time + 7 * 86_400 })
  t.ok(lines.some(({ event, by }) => event === 'key.rotated' && by === 'keys-page'))
  t.match(noticeOf(await post(alice, form)), /was changed meanwhile/)
  t.same(await keys.store.load(record.id), after)
  for (const overlap of ['', 'soon', '-1d', '1e3d']) {
    const wrong = await post(alice, formOf(await show(alice), 'rotate', id, { overlap }))
    t.match(noticeOf(wrong), /how long the former secret stays valid/, overlap)
  }
  clock.time += 361
  t.equal((await post(alice, formOf(await show(alice), 'rotate', id, { overlap: '0s' }))).status, 401)
  t.same(await keys.store.load(record.id), after)
})

t.test('a key is renamed and revoked without a new sign-in', async (t) => {
  const { signIn, show, post, put, keys, lines, clock } = open(t)
  const { id, record } = await put()
  const alice = await signIn()
  clock.time += 7200
  const renamed = await post(alice, formOf(await show(alice), 'rename', id, { name: 'Better <b>' }))
  t.match(renamed, { status: 303, headers: { location: '/.auth/keys' } })
  t.match((await show(alice)).body, '<bdi>Better &#60;b&#62;</bdi>')
  for (const name of ['', '  ', 'x'.repeat(101), 'a\u0000b'])
    t.match(
      noticeOf(await post(alice, formOf(await show(alice), 'rename', id, { name }))),
      /a name of at most/,
    )
  t.equal((await keys.store.load(record.id))?.name, 'Better <b>')
  const form = formOf(await show(alice), 'revoke', id)
  t.match(await post(alice, form), { status: 303, headers: { location: '/.auth/keys' } })
  await post(alice, form)
  t.equal((await keys.store.load(record.id))?.revokedAt, clock.time)
  t.equal(lines.filter(({ event }) => event === 'key.revoked').length, 1)
})

t.test('a page of another site, a script and a frame do nothing', async (t) => {
  const { signIn, show, post, stored } = open(t)
  const alice = await signIn()
  const form = newForm(await show(alice))
  const refused: readonly (readonly [IncomingHttpHeaders, string])[] = [
    [{ ...own, 'sec-fetch-site': 'cross-site' }, 'another site'],
    [{ ...own, 'sec-fetch-site': 'same-site' }, 'a sibling'],
    [{ ...own, 'sec-fetch-site': 'none' }, 'nobody'],
    [{ ...own, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, 'fetch() of an app'],
    [{ ...own, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' }, 'a beacon'],
    [
      { ...own, 'sec-fetch-mode': 'same-origin', 'sec-fetch-dest': 'empty' },
      'a service worker’s own request',
    ],
    [{ ...own, 'sec-fetch-dest': 'iframe' }, 'a frame of the same origin'],
    [{ 'sec-fetch-site': 'same-origin' }, 'one who does not say what it is'],
    [{ origin: site }, 'an old browser'],
    [{ origin: 'null' }, 'a sandbox'],
    [{}, 'a program'],
  ]
  for (const [headers, name] of refused) {
    const answer = await post(alice, form, headers)
    t.equal(answer.status, 403, name)
    t.notMatch(answer.body, 'class="secret"', name)
  }
  for (const mode of ['cors', 'no-cors', 'same-origin', 'websocket'])
    t.equal((await show(alice, { 'sec-fetch-mode': mode })).status, 403, mode)
  t.equal((await show(alice, { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' })).status, 403)
  t.same(await stored(), [])
})

t.test('a form that this session was not shown makes nothing', async (t) => {
  const { signIn, show, post, stored, put, keys, clock } = open(t)
  const alice = await signIn()
  const bob = await signIn({}, { user: 'bob' })
  const elsewhere = await signIn()
  const good = newForm(await show(alice))
  for (const [name, form] of [
    ['none', ''],
    ['made up', 'a.b.c.d.e'],
    ['bob’s', newForm(await show(bob)).form],
    ['that of another browser of hers', newForm(await show(elsewhere)).form],
  ] as const) {
    const answer = await post(alice, { ...good, form })
    t.match(noticeOf(answer), /page that you sent this from is out of date/, name)
    t.match(answer.body, 'value="laptop"', 'and stays filled in')
  }
  const { id, record } = await put()
  const revoke = formOf(await show(alice), 'revoke', id)
  clock.time += limits.ownKeyFormSeconds
  const fresh = await signIn()
  t.match(noticeOf(await post(alice, good)), /page that you sent this from is out of date/)
  t.match(noticeOf(await post(fresh, { ...revoke })), /page that you sent this from is out of date/)
  t.equal((await keys.store.load(record.id))?.revokedAt, null)
  t.equal((await stored()).length, 1)
})

t.test('another person’s key, an operator’s and one of nobody cannot be changed', async (t) => {
  const { signIn, show, post, put, keys } = open(t)
  const mine = await put()
  const bobs = await put({
    owner: { kind: 'person', issuer: 'https://op.example', clientId: 'c', user: 'bob' },
  })
  const operators = await put({ owner: { kind: 'operator', user: 'alice' } })
  const alice = await signIn()
  for (const { id, record } of [bobs, operators, inventKey()])
    for (const [what, more] of [
      ['revoke', {}],
      ['rename', { name: 'taken' }],
      ['rotate', { overlap: '0s' }],
    ] as const) {
      const before = await keys.store.load(record.id)
      const form = { ...formOf(await show(alice), what, mine.id, more), key: id }
      const answer = await post(alice, form)
      t.match(noticeOf(answer), /no such key/, what)
      t.notMatch(answer.body, 'class="secret"')
      t.same(await keys.store.load(record.id), before)
    }
})

t.test('nothing is taken from a form but what the page asks for', async (t) => {
  const { signIn, show, post, stored } = open(t)
  const alice = await signIn()
  const form = newForm(await show(alice))
  for (const more of [
    ['claims', '{"plan":"gold"}'],
    ['user', 'bob'],
    ['person', 'bob'],
    ['apps', 'portal'],
    ['from', '10.0.0.0/8'],
    ['id', 'A'.repeat(16)],
    ['name', 'twice'],
  ]) {
    const posted = new URLSearchParams([...Object.entries(form), more as [string, string]])
    t.match(await post(alice, posted), { status: 303, headers: { location: '/.auth/keys' } }, String(more[0]))
  }
  for (const what of ['', 'delete', 'MAKE', '__proto__'])
    t.equal((await post(alice, { ...form, do: what })).status, 303, what)
  const origins = await post(alice, { ...form, origins: 'https://shop.example' })
  t.match(noticeOf(origins), /write each site/, 'no origins are asked for here')
  t.same(await stored(), [])
})

t.test('no key lives longer than `lifetime`, and one has an end or is chosen to have none', async (t) => {
  const { signIn, show, post, stored } = open(t, 'lifetime: 36h')
  const alice = await signIn()
  const page = await show(alice)
  t.same(
    [...page.body.matchAll(/<option value="(\w*)"( selected)?>([^<]*)</g)].map(([, value, , label]) => [
      value,
      label,
    ]),
    [['36h', '36 hours']],
  )
  for (const expires of ['', 'never', '37h', '365d', '2199-01-01T00:00:00Z', '0s', '-1d', 'soon'])
    t.match(
      noticeOf(await post(alice, newForm(page, { expires }))),
      /how long the key is to be valid/,
      expires,
    )
  t.same(await stored(), [])
  t.equal((await post(alice, newForm(page, { expires: '36h' }))).status, 200)
})

t.test('without `lifetime` a key may be without end', async (t) => {
  const { signIn, show, post, stored } = open(t, '')
  const alice = await signIn()
  const page = await show(alice)
  t.match(page.body, '<option value="never" selected>Without end</option>')
  t.equal((await post(alice, newForm(page, { expires: 'never' }))).status, 200)
  t.equal((await stored())[0]?.expiresAt, null)
})

t.test('`max_keys` holds, on the page and for forms of before', async (t) => {
  const { signIn, show, post, stored } = open(t)
  const alice = await signIn()
  const forms = [newForm(await show(alice)), newForm(await show(alice)), newForm(await show(alice))]
  const statuses = []
  for (const form of forms) statuses.push(noticeOf(await post(alice, form)))
  t.match(statuses, [null, null, /as many keys as you may have/])
  t.equal((await stored()).length, 2)
  const page = await show(alice)
  t.match(page.body, /as many keys as you may have/)
  t.notMatch(page.body, 'value="make"')
})

t.test('who makes and revokes without end does not fill the store', async (t) => {
  const { signIn, show, post, put, clock, stored } = open(t)
  const alice = await signIn()
  const form = newForm(await show(alice))
  for (let i = 0; i < limits.ownEndedKeys + 2; i++) await put({ revokedAt: clock.time - 60 })
  const before = await show(await signIn())
  t.match(before.body, /made and revoked many keys of late/)
  t.match(noticeOf(await post(alice, form)), /made and revoked many keys/)
  t.equal((await stored()).length, limits.ownEndedKeys + 2)
})

t.test('who does not meet the rule is told so kindly, and may revoke what there is', async (t) => {
  const { signIn, show, post, put, keys, stored, clock } = open(t)
  const { id, record } = await put()
  const alice = await signIn({ plan: 'free' })
  const page = await show(alice)
  t.equal(page.status, 200)
  t.match(page.body, /no permission to make keys here[\s\S]*may still revoke/)
  t.match(page.body, /help@portal\.example/)
  t.notMatch(page.body, /value="make"|value="rename"|value="rotate"/)
  t.notMatch(page.body, /plan|paid|trial/, 'nothing of the rule')
  for (const form of [
    newForm(page),
    formOf(page, 'rename', id, { name: 'x' }),
    formOf(page, 'rotate', id, { overlap: '0s' }),
  ])
    t.equal((await post(alice, form)).status, 200)
  t.match(await stored(), [{ id: record.id, name: record.name, secrets: record.secrets }])
  await post(alice, formOf(page, 'revoke', id))
  t.equal((await keys.store.load(record.id))?.revokedAt, clock.time)
})

t.test('an address that nobody verified is no claim of a key', async (t) => {
  const { signIn, show, post, stored, context } = open(t)
  const alice = await signIn({ email: 'ceo@acme.example', email_verified: false })
  const made = await post(alice, newForm(await show(alice)))
  const key = parseKey(secretOf(made, 'whole'), ['cg'])
  if (key === null || key === 'malformed') throw new Error('no key on the page')
  const { runtime } = context
  const use = {
    ...{ app: { name: 'api', providers: ['op'] }, method: 'GET', client: null, now: runtime.clock.now() },
    network: { key: '192.0.2.1', hidden: false },
  }
  const found = await runtime.keys?.verify(key, use as never)
  t.match(found, { kind: 'identified', principal: { user: 'alice', claims: { plan: 'paid' } } })
  t.notMatch(JSON.stringify(found), 'ceo@acme.example')
  t.equal((await stored()).length, 1)
})

t.test('S-199: what is in a name is text, wherever it is shown', async (t) => {
  const { signIn, show, post } = open(t)
  const alice = await signIn()
  const name = `"><script>alert(1)</script><img src=x onerror='alert(1)'>`
  const made = await post(alice, newForm(await show(alice), { name }))
  const bad = await post(alice, newForm(await show(alice), { name, expires: 'x' }))
  for (const { body } of [made, bad, await show(alice)]) {
    t.notMatch(body, /<script>alert|<img|onerror='/)
    t.match(body, '&#60;script&#62;alert(1)')
  }
})

t.test('is at one origin alone, and for whoever is signed in', async (t) => {
  const { signIn, show } = open(t)
  t.equal((await show(await signIn(), {}, 'https://api.example/.auth/keys')).status, 404)
  const nobody = await show(null)
  t.equal(nobody.status, 401)
  t.notMatch(nobody.body, 'value="make"')
})

t.test('a provider that tells no time counts by our own sign-in, if that was forced', async (t) => {
  const { signIn, show, post, clock } = open(t)
  const quiet: Claims = { auth_time: null }
  const status = async (who: SignedIn) => (await post(who, newForm(await show(who)))).status
  t.equal(await status(await signIn(quiet)), 401, 'a plain one may have come about by itself')
  const alice = await signIn(quiet, { wish: forced })
  clock.time += 299
  t.equal(await status(alice), 200)
  clock.time += 1
  t.equal(await status(alice), 401)
  t.equal(await status(await signIn({ auth_time: clock.time - 3600 }, { wish: forced })), 401)
  t.equal(await status(await signIn({ auth_time: String(clock.time) }, { wish: forced })), 401)
  t.equal(await status(await signIn({ auth_time: clock.time * 1000 }, { wish: forced })), 401)
})

t.test('sessions that rest in cookies have all that the page goes by', async (t) => {
  const { signIn, show, post, stored, clock } = open(t, 'lifetime: 365d', 'cookie')
  const alice = await signIn({ more: 'x' })
  t.equal((await post(alice, newForm(await show(alice)))).status, 200)
  t.same((await stored())[0]?.claims, { sub: 'alice', plan: 'paid' })
  const quiet = await signIn({ auth_time: null }, { wish: forced })
  t.equal((await post(quiet, newForm(await show(quiet)))).status, 200)
  const plain = await signIn({ auth_time: null, plan: 'trial' }, { user: 'bob' })
  t.equal((await post(plain, newForm(await show(plain)))).status, 401)
  clock.time += 361
  t.equal((await stored()).length, 2)
})

t.test('a store that fails is a fault, and shows nothing', async (t) => {
  const { signIn, show, keys } = open(t)
  const alice = await signIn()
  await keys.store.close()
  const thrown = await orRejected(async () => show(alice))
  t.ok(isFault(thrown))
})

t.test('names keys as programs do', async (t) => {
  const { put, signIn, show } = open(t)
  const { record, id } = await put()
  t.equal(formatKeyId(record), id)
  t.match((await show(await signIn())).body, `<code>${id}</code>`)
})

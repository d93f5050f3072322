import t from 'tap'
import { isFault } from '../../../src/core/fault.ts'
import { formatKeyId, parseKey } from '../../../src/core/keys/key-form.ts'
import { recentSignIn } from '../../../src/core/keys/recent-sign-in.ts'
import type { Claims } from '../../../src/core/rules/claims.ts'
import { type AuthorizationWish, plainWish } from '../../../src/core/session/authorization-wish.ts'
import { inventKey } from '../../support/api-keys.ts'
import { orRejected } from '../../support/thrown.ts'
import { formOf, newForm, open, read, type SignedIn, secretOf } from './rig.ts'

const forced: AuthorizationWish = { ...plainWish, stepUp: recentSignIn('login'), keyForm: '' }

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

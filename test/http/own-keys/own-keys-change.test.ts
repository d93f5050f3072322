import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { formatKeyId, parseKey } from '../../../src/core/keys/key-form.ts'
import { hashKeySecret } from '../../../src/core/keys/key-secret.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import { inventKey } from '../../support/api-keys.ts'
import { formOf, newForm, open, own, read, secretOf, site } from './rig.ts'

const noticeOf = ({ body }: Answer): string | null =>
  /<p class="notice" role="alert">([^<]*)<\/p>/.exec(body)?.[1] ?? null

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

t.test('names keys as programs do', async (t) => {
  const { put, signIn, show } = open(t)
  const { record, id } = await put()
  t.equal(formatKeyId(record), id)
  t.match((await show(await signIn())).body, `<code>${id}</code>`)
})

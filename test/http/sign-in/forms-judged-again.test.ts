// A form that waits while the configuration changes: it goes by the rules of when it is sent, and to no app that refuses it.
import t from 'tap'
import { newSessionId } from '../../../src/core/session/session.ts'
import { sealSessionCookie } from '../../../src/runtime/session-cookie.ts'
import { openHeldApp } from '../../support/held-app.ts'
import { settled } from '../../support/held-connection.ts'
import {
  ask,
  bodyOf,
  comeBack,
  formOn,
  headerOf,
  idleSeconds,
  jarOf,
  pressSend,
  sendForm,
} from '../../support/kept-forms.ts'
import { poll } from '../../support/waiting.ts'

const yaml = `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9
    require: signed_in
    locations:
      - { path: /orders, require: signed_in }
  shop:
    url: https://wiki.example/shop
    upstream: http://10.9.9.8
    require: signed_in
`
const place = '{ path: /orders, require: signed_in }'
const changes: readonly (readonly [string, string, number])[] = [
  ['a `max_body` that is smaller', '{ path: /orders, require: signed_in, max_body: 1KiB }', 413],
  ['a rule', '{ path: /orders, require: { groups: of-nobody } }', 403],
  ['nobody', '{ path: /orders, require: nobody }', 403],
  [
    '`methods`',
    '{ path: /orders, require: nobody, methods: [POST] }\n      - { path: /orders, require: anyone }',
    403,
  ],
  ['a step-up', '{ path: /orders, require: signed_in, step_up: { acr_values: [phr] } }', 303],
  ['a program alone', '{ path: /orders, require: { groups: of-nobody }, unauthenticated: deny }', 403],
]

t.test(
  'a browser that signs in again and again for a form is told so, by itself it goes no further',
  async (t) => {
    const app = await openHeldApp(t, yaml)
    let jar = await app.signIn('wiki.example')
    for (const _ of [1, 2, 3, 4]) {
      await app.runtime.store.revoke({ by: 'all' })
      app.runtime.sessions.renew({ gateway: app.runtime.gateway, ring: app.runtime.ring })
      app.clock.time += 1
      const asked = await sendForm(app, jar)
      t.equal(asked.status, 303)
      const back = await comeBack(app, jarOf(jar, asked), asked)
      jar = jarOf(jarOf(jar, asked), back)
    }
    await app.runtime.store.revoke({ by: 'all' })
    app.runtime.sessions.renew({ gateway: app.runtime.gateway, ring: app.runtime.ring })
    const fifth = await sendForm(app, jar)
    t.equal(fifth.status, 401)
    t.match(fifth.text, /was not saved/)
  },
)

// Longer than what the browser posts for it.
const body = `note=${'x'.repeat(2000)}`

for (const [what, changed, status] of changes) {
  t.test(`${what} that came meanwhile refuses the form, which stays`, async (t) => {
    const app = await openHeldApp(t, yaml)
    const cookie = await app.signIn('wiki.example')
    app.clock.time += idleSeconds + 1
    const asked = await sendForm(app, cookie, { body })
    const back = await comeBack(app, jarOf(cookie, asked), asked)
    const jar = jarOf(jarOf(cookie, asked), back)
    const form = formOn(await ask(app, back.location, { cookie: jar }))
    const { store, sessions } = app.runtime
    const next = await openHeldApp(t, yaml.replace(place, changed), { store, sessions })
    next.clock.time = app.clock.time
    // Wherever it is posted to: what is judged is the form's own address.
    for (const to of [form.to, '/shop/cart', '/open']) {
      const refused = await pressSend(next, jar, { ...form, to })
      t.equal(refused.status, status, to)
    }
    t.equal(next.sent.length, 0)
    void pressSend(app, jar, form)
    await settled()
    t.equal(app.sent.length, 1, 'it goes where it may')
    const [sent] = app.sent
    t.equal(sent && (await bodyOf(sent)), body)
  })
}

t.test('a link that no page of ours would send so stands for itself, and its form stays', async (t) => {
  const app = await openHeldApp(t, yaml)
  const cookie = await app.signIn('wiki.example')
  app.clock.time += idleSeconds + 1
  const asked = await sendForm(app, cookie, { headers: { referer: 'https://elsewhere.example/secret?a=1' } })
  const back = await comeBack(app, jarOf(cookie, asked), asked)
  const jar = jarOf(jarOf(cookie, asked), back)
  const form = formOn(await ask(app, back.location, { cookie: jar }))
  const others: readonly Readonly<Record<string, string>>[] = [
    { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    { expect: '100-continue' },
    { 'content-encoding': 'gzip' },
  ]
  const sentAt = (at: number) =>
    poll(
      `request ${at} at the app`,
      () => app.sent[at],
      (one) => one !== undefined,
    )
  for (const [at, headers] of others.entries()) {
    void pressSend(app, jar, form, headers)
    const sent = await sentAt(at)
    t.same(sent && headerOf(sent, 'content-type'), ['text/plain'], JSON.stringify(headers))
  }
  void pressSend(app, jar, form)
  const sent = await sentAt(others.length)
  t.same(sent && headerOf(sent, 'content-type'), ['application/x-www-form-urlencoded'])
  t.same(sent && headerOf(sent, 'referer'), [], 'nor is a page of elsewhere told')
})

t.test('a cookie of a version before does not say whose it was, so its form is asked about', async (t) => {
  const app = await openHeldApp(t, yaml)
  const cookie = await app.signIn('wiki.example')
  const { ring, random, gateway } = app.runtime
  const origin = gateway.hosts.get('wiki.example')
  if (origin === undefined) throw new Error('no origin')
  const old = sealSessionCookie(ring, newSessionId(random), origin, random)
  const [name = ''] = cookie.split('=')
  const asked = await sendForm(app, `${name}=${old}`)
  const back = await comeBack(app, jarOf(`${name}=${old}`, asked), asked)
  const page = await ask(app, back.location, { cookie: jarOf('', back) })
  t.equal(page.status, 200)
  t.notOk(formOn(page).alone)
  t.match(page.text, /somebody else/)
})

const guarded = yaml.replace(
  'upstream: http://10.9.9.9',
  'upstream: { url: "https://abc.execute-api.eu-west-1.amazonaws.com/prod", aws: { sign: execute-api } }',
)

t.test('a form for which there is no room stays, and goes when there is', async (t) => {
  const app = await openHeldApp(t, guarded)
  const { heldBytes, gateway } = app.runtime
  const cookie = await app.signIn('wiki.example')
  app.clock.time += idleSeconds + 1
  const asked = await sendForm(app, cookie, { body })
  const back = await comeBack(app, jarOf(cookie, asked), asked)
  const jar = jarOf(jarOf(cookie, asked), back)
  const form = formOn(await ask(app, back.location, { cookie: jar }))
  const network = { key: '198.51.100.7', hidden: false }
  const bounds = heldBytes.bounds(gateway.heldBodyBytes, 10 * 1024 * 1024)
  const others = heldBytes.free(network, bounds) - body.length + 1
  t.ok(heldBytes.take(network, others, bounds))
  const refused = await pressSend(app, jar, form)
  t.equal(refused.status, 503)
  t.equal(app.sent.length, 0)
  t.equal(heldBytes.bytesOf(network), others)
  t.match(
    app.lines.find(({ code }) => code === 'HELD_BODIES_FULL'),
    { error: /for its client network/ },
  )
  const line = app.lines.findLast(({ event }) => event === 'request')
  t.match(line, { status: 503, reason: 'undecided', subject: /./ })
  t.match(refused.text, /still kept/)
  const { store, sessions } = app.runtime
  const forNobody = guarded.replace(place, '{ path: /orders, require: nobody }')
  const next = await openHeldApp(t, forNobody, { store, sessions, heldBytes })
  next.clock.time = app.clock.time
  t.equal((await pressSend(next, jar, form)).status, 403, 'a rule says no, be there room or not')
  t.same(heldBytes.refusals(), { network: 1, all: 0 }, 'and nothing was asked for it')
  heldBytes.release(network, 1)
  void pressSend(app, jar, form)
  await settled()
  t.equal(app.sent.length, 1)
  t.equal(app.sent[0]?.request.path, '/prod/orders?a=1')
  t.equal(String(app.sent[0]?.request.body), body)
  t.equal(heldBytes.bytesOf(network), others - 1)
})

import t, { type Test } from 'tap'
import type { Claims } from '../../../src/core/rules/claims.ts'
import type { AtUpstream, HeldApp } from '../../support/held-app.ts'
import { openHeldApp } from '../../support/held-app.ts'
import { settled } from '../../support/held-connection.ts'
import {
  ask,
  bodyOf,
  bytesOf,
  comeBack,
  formOn,
  headerOf,
  idleSeconds,
  jarOf,
  ofForm,
  pressSend,
  type Reply,
  readReply,
  type Sent,
  sendForm,
} from '../../support/kept-forms.ts'

const yaml = `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9
    require: signed_in
    locations:
      - { path: /small, require: signed_in, max_resumed_body: 16B }
      - { path: /none, require: signed_in, resume: none }
      - { path: /deny, require: signed_in, unauthenticated: deny }
      - { path: /staff, require: { groups: staff } }
`

/** Somebody who has a form before them, and whose session has ended by then. */
async function ended(t: Test, file = yaml): Promise<{ readonly app: HeldApp; readonly cookie: string }> {
  const app = await openHeldApp(t, file)
  const cookie = await app.signIn('wiki.example', { name: 'Alice' })
  app.clock.time += idleSeconds + 1
  return { app, cookie }
}

/** The way to the page of the form. */
async function toPage(app: HeldApp, cookie: string, sent?: Reply): Promise<{ page: Reply; jar: string }> {
  const asked = sent ?? (await sendForm(app, cookie))
  const back = await comeBack(app, jarOf(cookie, asked), asked)
  const jar = jarOf(jarOf(cookie, asked), back)
  return { page: await ask(app, back.location, { cookie: jar }), jar }
}

const only = (sent: readonly AtUpstream[]): AtUpstream => {
  const [one, ...others] = sent
  if (one === undefined || others.length > 0) throw new Error(`${sent.length} requests went to the app`)
  return one
}

t.test('a POST does not become a GET after the sign-in: the app gets it as it was sent, once', async (t) => {
  const { app, cookie } = await ended(t)
  const asked = await sendForm(app, cookie)
  t.equal(asked.status, 303, 'as a navigation is, and so that no provider is sent the form')
  t.match(asked.location, /^https:\/\/op\.example\/authorize\?/)
  t.equal(app.sent.length, 0, 'nothing went to the app')
  const { page, jar } = await toPage(app, cookie, asked)
  t.equal(page.status, 200)
  const form = formOn(page)
  t.equal(form.to, '/orders?a=1', 'the page posts to the form’s own address, where the browser is afterwards')
  t.ok(form.alone, 'by itself')
  t.notMatch(page.text, /item=tea/, 'what was sent is not in the page')
  void pressSend(app, jar, form, { referer: 'https://wiki.example/.auth/resume' })
  await settled()
  const sent = only(app.sent)
  t.match(sent.request, { method: 'POST', path: '/orders?a=1' })
  t.equal(await bodyOf(sent), 'item=tea&count=2')
  t.same(headerOf(sent, 'content-type'), ['application/x-www-form-urlencoded'])
  t.same(headerOf(sent, 'content-length'), ['16'])
  t.same(headerOf(sent, 'referer'), ['https://wiki.example/orders/new'])
  t.same(headerOf(sent, 'origin'), ['https://wiki.example'])
  t.same(headerOf(sent, 'x-forwarded-user'), ['alice'])
  const again = await pressSend(app, jar, form)
  t.equal(again.status, 404)
  t.match(again.text, /nothing left to send/)
  t.equal(app.sent.length, 1, 'once')
})

t.test('what is kept is told in the log and counted, without what it says', async (t) => {
  const { app, cookie } = await ended(t)
  const { page, jar } = await toPage(app, cookie)
  void pressSend(app, jar, formOn(page))
  await settled()
  const kept = app.lines.find(({ event }) => event === 'form.kept')
  t.match(kept, { level: 30, app: 'wiki', bytes: 16, session: String, request_id: String })
  t.match(
    app.lines.find(({ event }) => event === 'form.resumed'),
    { app: 'wiki', bytes: 16 },
  )
  t.notMatch(JSON.stringify(app.lines), /item=|=tea|claimgate-resume/)
})

t.test('method, type and bytes are kept, whatever they are', async (t) => {
  const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte))
  const multipart = 'multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW'
  const ways: readonly Sent[] = [
    { body: bytes, headers: { 'content-type': multipart } },
    { body: 'x=1\r\n', headers: { 'content-type': 'text/plain' } },
    { method: 'PUT', body: '{"a":1}', headers: { 'content-type': 'application/json' } },
    { method: 'PATCH', body: '', headers: {} },
  ]
  for (const way of ways) {
    const { app, cookie } = await ended(t)
    const { page, jar } = await toPage(app, cookie, await sendForm(app, cookie, way))
    void pressSend(app, jar, formOn(page))
    await settled()
    const sent = only(app.sent)
    t.equal(sent.request.method, way.method ?? 'POST')
    t.equal(await bodyOf(sent), way.body)
    t.same(headerOf(sent, 'content-type'), [way.headers?.['content-type'] ?? ofForm['content-type']])
  }
})

t.test('a body that comes in chunks is kept too', async (t) => {
  const { app, cookie } = await ended(t)
  const text = bytesOf('/orders', {
    method: 'POST',
    cookie,
    headers: { ...ofForm, 'transfer-encoding': 'chunked' },
  })
  const asked = readReply(await app.ask(`${text}4\r\nitem\r\n4\r\n=tea\r\n0\r\n\r\n`))
  const { page, jar } = await toPage(app, cookie, asked)
  void pressSend(app, jar, formOn(page))
  await settled()
  t.equal(await bodyOf(only(app.sent)), 'item=tea')
  t.same(headerOf(only(app.sent), 'transfer-encoding'), [])
})

t.test(
  'nobody who was not signed in has anything kept, nor a program, nor another site (S-120)',
  async (t) => {
    const { app, cookie } = await ended(t)
    const none = { ...ofForm, origin: '' }
    const refused: readonly (readonly [string, Parameters<typeof ask>[2], string?])[] = [
      ['no cookie', { headers: ofForm }],
      ['a cookie that does not open', { cookie: `${cookie}x`, headers: ofForm }],
      ['two cookies', { cookie: `${cookie}; ${cookie}`, headers: ofForm }],
      ['another site', { cookie, headers: { ...ofForm, origin: 'https://evil.example' } }],
      ['no origin', { cookie, headers: none }],
      ['an opaque origin', { cookie, headers: { ...ofForm, origin: 'null' } }],
      ['a sibling', { cookie, headers: { ...ofForm, 'sec-fetch-site': 'same-site' } }],
      ['a script', { cookie, headers: { ...ofForm, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' } }],
      ['a frame', { cookie, headers: { ...ofForm, 'sec-fetch-dest': 'iframe' } }],
      ['a credential', { cookie, headers: { ...ofForm, authorization: 'Basic YTpi' } }],
      ['an encoded body', { cookie, headers: { ...ofForm, 'content-encoding': 'gzip' } }],
      ['who asks whether it may come', { cookie, headers: { ...ofForm, expect: '100-continue' } }],
      ['another method', { cookie, headers: ofForm, method: 'DELETE' }],
      ['resume: none', { cookie, headers: ofForm }, '/none'],
      ['unauthenticated: deny', { cookie, headers: ofForm }, '/deny'],
    ]
    for (const [why, sent, target = '/orders'] of refused) {
      const reply = await ask(app, target, { method: 'POST', body: 'secret=1', ...sent })
      t.equal(reply.status, 401, why)
      t.equal(reply.cookies.size, 0, why)
    }
    t.equal(app.lines.filter(({ event }) => String(event).startsWith('form.')).length, 0)
    t.equal(app.sent.length, 0)
  },
)

t.test('an older browser, which does not say what it does, is known by what it accepts', async (t) => {
  const { app, cookie } = await ended(t)
  const headers = { accept: 'text/html', origin: ofForm.origin, 'content-type': ofForm['content-type'] }
  const send = (more: Record<string, string>) =>
    ask(app, '/orders', { method: 'POST', cookie, body: 'a=1', headers: { ...headers, ...more } })
  t.equal((await send({})).status, 303)
  t.equal((await send({ 'x-requested-with': 'XMLHttpRequest' })).status, 401)
  t.equal((await send({ accept: '*/*' })).status, 401)
})

t.test('a form that is too long, or one too many, is answered by the page that says so', async (t) => {
  const { app, cookie } = await ended(t)
  const long = await sendForm(app, cookie, { body: 'x'.repeat(17) }, '/small')
  t.equal(long.status, 401)
  t.match(long.text, /was not saved/)
  const head = bytesOf('/small', { method: 'POST', cookie, headers: { ...ofForm, 'content-length': '17' } })
  t.match(await app.ask(head), /^HTTP\/1\.1 401 /, 'an announced one before it comes')
  const chunked = bytesOf('/small', {
    method: 'POST',
    cookie,
    headers: { ...ofForm, 'transfer-encoding': 'chunked' },
  })
  t.match(await app.ask(`${chunked}11\r\n${'x'.repeat(17)}\r\n`), /^HTTP\/1\.1 401 [\s\S]*was not saved/)
  t.equal((await sendForm(app, cookie, { body: 'x'.repeat(16) }, '/small')).status, 303)
  for (const _ of [2, 3]) t.equal((await sendForm(app, cookie)).status, 303)
  const fourth = await sendForm(app, cookie)
  t.equal(fourth.status, 401)
  t.match(fourth.text, /was not saved/)
  t.same(
    app.lines.filter(({ event }) => event === 'form.not-kept').map(({ why }) => why),
    ['too-large', 'too-large', 'too-large', 'no-room'],
  )
})

t.test('while three forms of a session are being read, a fourth is answered by that page', async (t) => {
  const { app, cookie } = await ended(t)
  const head = bytesOf('/orders', { method: 'POST', cookie, headers: { ...ofForm, 'content-length': '9' } })
  const slow = [1, 2, 3].map(() => app.connect())
  for (const connection of slow) connection.write(`${head}item`)
  await settled()
  const fourth = await sendForm(app, cookie)
  t.equal(fourth.status, 401)
  t.match(
    app.lines.filter(({ event }) => event === 'form.not-kept'),
    [{ why: 'no-room' }],
  )
  const [gone, ...others] = slow
  gone?.destroy()
  await settled()
  for (const connection of others) connection.write('=teas')
  await settled()
  t.match(
    others.map((connection) => connection.text().slice(0, 12)),
    ['HTTP/1.1 303', 'HTTP/1.1 303'],
  )
  t.equal((await sendForm(app, cookie)).status, 303, 'each gives back its place')
})

t.test('another person sees whose form it is before anything is sent', async (t) => {
  const { app, cookie } = await ended(t)
  const op = app.provider('op')
  op.identity = {
    ...Object(op.identity),
    user: 'bob',
    claims: { sub: 'bob', name: 'Bob <b>' },
    subject: 'bob',
  }
  const { page, jar } = await toPage(app, cookie)
  const form = formOn(page)
  t.notOk(form.alone)
  t.match(
    page.text,
    /<bdi>Alice<\/bdi>[\s\S]*<bdi>Bob &#60;b&#62;<\/bdi>|<bdi>Alice<\/bdi>[\s\S]*<bdi>Bob &lt;b&gt;<\/bdi>/,
  )
  t.match(page.text, /account&#61;other/, 'or somebody else signs in')
  t.equal(app.sent.length, 0)
  void pressSend(app, jar, form)
  await settled()
  t.same(headerOf(only(app.sent), 'x-forwarded-user'), ['bob'])
})

t.test('the same user id of another client is another person', async (t) => {
  const { app, cookie } = await ended(t)
  const other = yaml.replace('client_id: c', 'client_id: d')
  const renamed = await openHeldApp(t, other, { store: app.runtime.store })
  renamed.clock.time = app.clock.time
  const { page } = await toPage(renamed, cookie)
  t.equal(page.status, 200)
  t.notOk(formOn(page).alone)
})

t.test('a form that one process kept is sent by another one that shares its store', async (t) => {
  const { app, cookie } = await ended(t)
  const asked = await sendForm(app, cookie)
  const next = await openHeldApp(t, yaml, { store: app.runtime.store, sessions: app.runtime.sessions })
  next.clock.time = app.clock.time
  const { page, jar } = await toPage(next, cookie, asked)
  void pressSend(next, jar, formOn(page))
  await settled()
  t.equal(await bodyOf(only(next.sent)), 'item=tea&count=2')
  t.equal((await pressSend(app, jar, formOn(page))).status, 404, 'and it is gone for the first')
})

t.test('a form that waits begins no sign-in where none is begun any more', async (t) => {
  const { app, cookie } = await ended(t)
  const { page, jar } = await toPage(app, cookie)
  const changed = yaml.replace('path: /deny', 'path: /orders')
  const next = await openHeldApp(t, changed, { store: app.runtime.store, sessions: app.runtime.sessions })
  next.clock.time = app.clock.time
  await app.runtime.store.revoke({ by: 'all' })
  app.runtime.sessions.renew({ gateway: app.runtime.gateway, ring: app.runtime.ring })
  t.equal((await pressSend(next, jar, formOn(page))).status, 401)
  t.equal(next.sent.length, 0)
})

t.test('a form waits for ten minutes', async (t) => {
  const { app, cookie } = await ended(t)
  const asked = await sendForm(app, cookie)
  app.clock.time += 600
  const { page } = await toPage(app, cookie, asked)
  t.equal(page.status, 404)
  t.match(page.text, /longer than ten minutes/)
})

t.test('a link to a form is of no use to anybody else', async (t) => {
  const { app, cookie } = await ended(t)
  const asked = await sendForm(app, cookie)
  const back = await comeBack(app, jarOf(cookie, asked), asked)
  const alice = jarOf(cookie, back)
  const link = new URL(back.location, 'https://wiki.example').searchParams.get('form') ?? ''
  const hers = await signInAs(app, 'mallory')
  t.equal((await ask(app, back.location, { cookie: hers })).status, 404, 'the page')
  const posted = await pressSend(app, hers, { to: '/orders?a=1', link })
  t.equal(posted.status, 404, 'the form')
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    void pressSend(app, alice, { to: '/orders?a=1', link }, headers as Record<string, string>)
    await settled()
  }
  t.equal(app.lines.filter(({ event }) => event === 'form.resumed').length, 0, 'nor to another site')
})

/** The cookie of a live session. */
async function signInAs(app: HeldApp, user: string, claims: Claims = {}): Promise<string> {
  const op = app.provider('op')
  op.identity = { ...Object(op.identity), user, claims: { sub: user, ...claims } }
  const begun = await ask(app, '/page', {})
  const back = await comeBack(app, jarOf('', begun), begun)
  return jarOf(jarOf('', begun), back)
}

t.test('whoever signed in meanwhile is asked, and not sent for', async (t) => {
  const { app, cookie } = await ended(t)
  const { page } = await toPage(app, cookie)
  const carol = await signInAs(app, 'carol')
  const reply = await pressSend(app, carol, formOn(page))
  t.equal(reply.status, 404)
  t.equal(app.sent.length, 0)
})

t.test('the repeat is judged by the rule as anything is, and a no leaves the form', async (t) => {
  const { app, cookie } = await ended(t)
  const op = app.provider('op')
  op.identity = { ...Object(op.identity), claims: { sub: 'alice', groups: ['others'] } }
  const { page, jar } = await toPage(app, cookie, await sendForm(app, cookie, {}, '/staff'))
  const refused = await pressSend(app, jar, formOn(page))
  t.equal(refused.status, 403)
  t.equal(app.sent.length, 0)
  const anew = await signInAs(app, 'alice', { groups: ['staff'] })
  void pressSend(app, anew, formOn(page))
  await settled()
  t.equal(app.sent.length, 1, 'it waits for a session that may')
})

t.test('a session that ends before the form is sent signs in again for the same form', async (t) => {
  const { app, cookie } = await ended(t)
  const { page, jar } = await toPage(app, cookie)
  await app.runtime.store.revoke({ by: 'all' })
  app.runtime.sessions.renew({ gateway: app.runtime.gateway, ring: app.runtime.ring })
  const asked = await pressSend(app, jar, formOn(page))
  t.equal(asked.status, 303)
  const later = await toPage(app, jar, asked)
  void pressSend(app, later.jar, formOn(later.page))
  await settled()
  t.equal(await bodyOf(only(app.sent)), 'item=tea&count=2')
})

t.test('small texts of the app’s own reach it as they came', async (t) => {
  const app = await openHeldApp(t, yaml)
  const cookie = await app.signIn('wiki.example')
  const headers = { ...ofForm, 'content-type': 'text/plain' }
  const bodies = ['hello=1\r\n', 'claimgate-resume', 'claimgate-resume=x y\r\n', 'x']
  for (const body of bodies) app.connect().write(bytesOf('/note', { method: 'POST', cookie, headers, body }))
  await settled()
  t.same(await Promise.all(app.sent.map(bodyOf)), bodies)
  const slow = app.connect()
  slow.write(bytesOf('/slow', { method: 'POST', cookie, headers: { ...headers, 'content-length': '5' } }))
  for (const piece of ['a', 'b', 'cde']) {
    slow.write(piece)
    await settled()
  }
  const last = app.sent.at(-1)
  t.equal(last && (await bodyOf(last)), 'abcde')
  const gone = app.connect()
  gone.write(bytesOf('/gone', { method: 'POST', cookie, headers: { ...headers, 'content-length': '5' } }))
  await settled()
  gone.destroy()
  await settled()
})

t.test('a link that is none shows the page, and reaches no app', async (t) => {
  const app = await openHeldApp(t, yaml)
  const cookie = await app.signIn('wiki.example')
  const reply = await pressSend(app, cookie, { to: '/orders', link: 'a.b.c' })
  t.equal(reply.status, 404)
  t.equal(app.sent.length, 0)
  for (const address of ['/.auth/resume', '/.auth/resume?form=x', '/.auth/resume?form=x&form=x'])
    t.equal((await ask(app, address, { cookie })).status, 404)
})

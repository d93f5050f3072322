// The sign-ins that forms wait for: with a step-up, with several providers, and those that fail.
import t from 'tap'
import { LoginFault, StoreFault } from '../../../src/core/fault.ts'
import type { Claims } from '../../../src/core/rules/claims.ts'
import { type HeldApp, openHeldApp } from '../../support/held-app.ts'
import { settled } from '../../support/held-connection.ts'
import { issuedToAlice } from '../../support/issued.ts'
import {
  ask,
  bodyOf,
  comeBack,
  formOn,
  headerOf,
  idleSeconds,
  jarOf,
  pressSend,
  type Reply,
  sendForm,
} from '../../support/kept-forms.ts'

const yaml = `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s }
  other: { issuer: "https://other.example", client_id: c, client_secret: s, user_id_prefix: "o-" }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
defaults: { provider: op }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9
    require: signed_in
    locations:
      - { path: /pay, require: signed_in, step_up: { acr_values: [phr] } }
`
const both = yaml.replace('{ provider: op }', '{ provider: [op, other] }')

function becomes(app: HeldApp, user: string, claims: Claims = {}, provider = 'op'): void {
  const op = app.provider(provider)
  op.identity = { ...issuedToAlice, idToken: 'id', user, subject: user, claims: { sub: user, ...claims } }
}

/** Where a link of a page leads, which its address or its words tell. */
function linkOf({ text }: Reply, which: RegExp): string {
  const page = text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
  const links = [...page.replaceAll('&amp;', '&').matchAll(/<a [^>]*href="([^"]*)"[^>]*>[^<]*</g)]
  return links.find(([link]) => which.test(link))?.[1] ?? ''
}

t.test('a form that lacks a step-up waits for it, and goes with the session that has it', async (t) => {
  const app = await openHeldApp(t, yaml)
  const cookie = await app.signIn('wiki.example')
  becomes(app, 'alice', { acr: 'phr' })
  const asked = await sendForm(app, cookie, {}, '/pay')
  t.equal(asked.status, 303)
  const back = await comeBack(app, jarOf(cookie, asked), asked)
  const jar = jarOf(jarOf(cookie, asked), back)
  const form = formOn(await ask(app, back.location, { cookie: jar }))
  t.ok(form.alone)
  void pressSend(app, jar, form)
  await settled()
  t.equal(app.sent.length, 1)
  t.match(app.sent[0]?.request, { method: 'POST', path: '/pay' })
})

t.test('a step-up by somebody else leaves the session and the form as they are', async (t) => {
  const app = await openHeldApp(t, yaml)
  const cookie = await app.signIn('wiki.example')
  becomes(app, 'bob', { acr: 'phr' })
  const asked = await sendForm(app, cookie, {}, '/pay')
  const jar = jarOf(cookie, asked)
  const refused = await comeBack(app, jar, asked)
  t.notMatch(refused.location, /resume/)
  void ask(app, '/other', { cookie: jar })
  await settled()
  t.equal(app.sent.length, 1)
  becomes(app, 'alice', { acr: 'phr' })
  const again = await ask(app, linkOf(refused, />Try again</), { cookie: jar })
  const back = await comeBack(app, jarOf(jar, again), again)
  const now = jarOf(jarOf(jar, again), back)
  void pressSend(app, now, formOn(await ask(app, back.location, { cookie: now })))
  await settled()
  t.match(app.sent[1]?.request, { method: 'POST', path: '/pay' })
})

t.test('with several providers the form waits while one is chosen', async (t) => {
  const app = await openHeldApp(t, both)
  const cookie = await app.signIn('wiki.example')
  app.clock.time += idleSeconds + 1
  const asked = await sendForm(app, cookie)
  t.equal(asked.status, 303)
  t.match(asked.location, /^\/\.auth\/login\?return_to=%2Forders%2Fnew&form=/)
  const chooser = await ask(app, asked.location, { cookie })
  const begun = await ask(app, linkOf(chooser, /provider=op&/), { cookie })
  const back = await comeBack(app, jarOf(cookie, begun), begun)
  const callback = back.location
  t.match(callback, /^\/\.auth\/resume\?form=/)
  for (const theirs of ['', await app.signIn('wiki.example')]) {
    const address = asked.location.replace('/login?', '/login?provider=op&')
    const other = await ask(app, address, theirs === '' ? {} : { cookie: theirs })
    const alone = await comeBack(app, jarOf(theirs, other), other)
    t.equal(alone.location, '/orders/new', 'in another browser the link is one for a sign-in alone')
  }
})

t.test('a sign-in that fails leaves the form for the next one', async (t) => {
  const app = await openHeldApp(t, yaml)
  const cookie = await app.signIn('wiki.example')
  app.clock.time += idleSeconds + 1
  const asked = await sendForm(app, cookie)
  const jar = jarOf(cookie, asked)
  app.provider('op').identity = new LoginFault('LOGIN_CODE_REFUSED', 'too old')
  const failed = await comeBack(app, jar, asked)
  becomes(app, 'alice')
  const again = await ask(app, linkOf(failed, />Start again</), { cookie: jar })
  const back = await comeBack(app, jarOf(jar, again), again)
  t.match(back.location, /^\/\.auth\/resume\?form=/)
  const now = jarOf(jarOf(jar, again), back)
  void pressSend(app, now, formOn(await ask(app, back.location, { cookie: now })))
  await settled()
  const [sent] = app.sent
  t.equal(sent && (await bodyOf(sent)), 'item=tea&count=2')
  t.same(sent && headerOf(sent, 'x-forwarded-user'), ['alice'])
})

t.test('a callback that comes twice leads to the form twice, and the form goes once', async (t) => {
  const app = await openHeldApp(t, yaml)
  const cookie = await app.signIn('wiki.example')
  app.clock.time += idleSeconds + 1
  const asked = await sendForm(app, cookie)
  const jar = jarOf(cookie, asked)
  const [one, next] = [await comeBack(app, jar, asked), await comeBack(app, jar, asked)]
  const now = jarOf(jar, one)
  for (const { location } of [one, next]) {
    const page = await ask(app, location, { cookie: now })
    if (page.status === 200) void pressSend(app, now, formOn(page))
    await settled()
  }
  t.equal(app.sent.length, 1)
})

t.test('a store that does not answer keeps nothing, and says so; nothing is lost that it had', async (t) => {
  const app = await openHeldApp(t, yaml)
  const cookie = await app.signIn('wiki.example')
  app.clock.time += idleSeconds + 1
  const { forms } = app.runtime.store
  const { keep, read } = forms
  const away = () => Promise.reject(new StoreFault('STORE_UNAVAILABLE', 'away'))
  Object.assign(forms, { keep: away })
  const lost = await sendForm(app, cookie)
  t.equal(lost.status, 401)
  t.match(lost.text, /was not saved/)
  t.match(
    app.lines.filter(({ event }) => event === 'form.not-kept'),
    [{ why: 'store-failed' }],
  )
  Object.assign(forms, { keep })
  const asked = await sendForm(app, cookie)
  const back = await comeBack(app, jarOf(cookie, asked), asked)
  const jar = jarOf(jarOf(cookie, asked), back)
  const form = formOn(await ask(app, back.location, { cookie: jar }))
  Object.assign(forms, { read: away })
  t.equal((await ask(app, back.location, { cookie: jar })).status, 503)
  t.equal((await pressSend(app, jar, form)).status, 503)
  t.equal(app.sent.length, 0)
  Object.assign(forms, { read })
  void pressSend(app, jar, form)
  await settled()
  t.equal(app.sent.length, 1)
})

// A form that waits, and whose person deleted the cookies, as the page of a 431 says: the link of that page begins a
// sign-in and leads back to the form, for the account that it is for and for no other.
import t from 'tap'
import { LoginFault } from '../../../src/core/fault.ts'
import { type HeldApp, openHeldApp } from '../../support/held-app.ts'
import { settled } from '../../support/held-connection.ts'
import { issuedToAlice } from '../../support/issued.ts'
import {
  ask,
  comeBack,
  formOn,
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
    upstream:
      url: "https://abc.execute-api.eu-west-1.amazonaws.com/prod"
      aws: { sign: execute-api }
    require: signed_in
`
const both = yaml.replace('{ provider: op }', '{ provider: [op, other] }')
const tooMuch = { 'x-note': 'n'.repeat(10_000) }

function becomes(app: HeldApp, user: string): void {
  app.provider('op').identity = {
    ...{ ...issuedToAlice, idToken: 'id', user, subject: user },
    claims: { sub: user },
  }
}

/** Where a link of a page leads, which its address or its words tell. */
function linkOf({ text }: Reply, which: RegExp): string {
  const page = text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
  const links = [...page.replaceAll('&amp;', '&').matchAll(/<a [^>]*href="([^"]*)"[^>]*>[^<]*</g)]
  return links.find(([link]) => which.test(link))?.[1] ?? ''
}

/** The page of the 431 on which the cookies are deleted, and what it sent. */
async function refused(app: HeldApp): Promise<{ readonly page: Reply; readonly jar: string }> {
  becomes(app, 'alice')
  const cookie = await app.signIn('wiki.example')
  app.clock.time += idleSeconds + 1
  const asked = await sendForm(app, cookie)
  const begun = asked.location.startsWith('/') ? await chosen(app, asked, cookie) : asked
  const back = await comeBack(app, jarOf(cookie, begun), begun)
  const jar = jarOf(jarOf(cookie, begun), back)
  const page = await pressSend(app, jar, formOn(await ask(app, back.location, { cookie: jar })), tooMuch)
  return { page, jar }
}

/** At the page on which a provider is chosen. */
async function chosen(app: HeldApp, { location }: Reply, cookie: string): Promise<Reply> {
  return ask(app, linkOf(await ask(app, location, { cookie }), /provider=op&/), { cookie })
}

for (const [what, file] of [
  ['one provider', yaml],
  ['several', both],
] as const) {
  t.test(`with ${what} the link of the page begins a sign-in and leads to the form`, async (t) => {
    const app = await openHeldApp(t, file)
    const { page } = await refused(app)
    t.equal(page.status, 431)
    t.match(page.text, /Deleting the cookies/)
    const first = await ask(app, linkOf(page, /Send it again/))
    t.equal(first.status, 303)
    const begun = file === both ? await chosen(app, first, '') : await ask(app, first.location)
    const back = await comeBack(app, jarOf('', begun), begun)
    t.match(back.location, /^\/\.auth\/resume\?form=/)
    const jar = jarOf(jarOf('', begun), back)
    const form = formOn(await ask(app, back.location, { cookie: jar }))
    t.ok(form.alone, 'it is the same person')
    void pressSend(app, jar, form)
    await settled()
    t.equal(app.sent.length, 1)
    t.equal(String(app.sent[0]?.request.body), 'item=tea&count=2')
  })
}

t.test('another account that comes by the link gets nothing of the form', async (t) => {
  const app = await openHeldApp(t, yaml)
  const { page, jar: hers } = await refused(app)
  const first = await ask(app, linkOf(page, /Send it again/))
  becomes(app, 'mallory')
  const begun = await ask(app, first.location)
  const back = await comeBack(app, jarOf('', begun), begun)
  const jar = jarOf(jarOf('', begun), back)
  const shown = await ask(app, back.location, { cookie: jar })
  t.equal(shown.status, 404)
  t.match(shown.text, /signed in with another account/)
  t.notMatch(shown.text, /claimgate-resume|orders/)
  t.equal(formOn(shown).link, '')
  const sealed = new URL(back.location, 'https://wiki.example').searchParams.get('form') ?? ''
  t.equal((await pressSend(app, jar, { to: '/orders?a=1', link: sealed })).status, 404)
  t.equal(app.sent.length, 0)
  const again = formOn(await ask(app, linkOf(page, /Send it again/), { cookie: hers }))
  void pressSend(app, hers, again)
  await settled()
  t.equal(app.sent.length, 1, 'and it is still there for her')
})

t.test('the link of the page begins a sign-in for the form in no browser that has a session', async (t) => {
  const app = await openHeldApp(t, yaml)
  const { page } = await refused(app)
  const first = await ask(app, linkOf(page, /Send it again/))
  becomes(app, 'mallory')
  const theirs = await app.signIn('wiki.example')
  const begun = await ask(app, first.location, { cookie: theirs })
  const back = await comeBack(app, jarOf(theirs, begun), begun)
  t.equal(back.location, '/')
})

t.test('a sign-in that fails without cookies leaves the form for the next one', async (t) => {
  const app = await openHeldApp(t, yaml)
  const { page } = await refused(app)
  const begun = await ask(app, (await ask(app, linkOf(page, /Send it again/))).location)
  app.provider('op').identity = new LoginFault('LOGIN_CODE_REFUSED', 'too old')
  const jar = jarOf('', begun)
  const failed = await comeBack(app, jar, begun)
  becomes(app, 'alice')
  const again = await ask(app, linkOf(failed, />Start again</), { cookie: jar })
  const back = await comeBack(app, jarOf(jar, again), again)
  t.match(back.location, /^\/\.auth\/resume\?form=/)
  const now = jarOf(jarOf(jar, again), back)
  t.ok(formOn(await ask(app, back.location, { cookie: now })).alone)
})

t.test('a button that is pressed without cookies leads to the sign-in too', async (t) => {
  const app = await openHeldApp(t, yaml)
  const { page, jar } = await refused(app)
  const form = formOn(await ask(app, linkOf(page, /Send it again/), { cookie: jar }))
  const pressed = await pressSend(app, '', form)
  t.equal(pressed.status, 303, 'a GET, so that no provider is sent anything')
  t.match(pressed.location, /^\/\.auth\/login\?return_to=%2F&form=/)
  t.equal(app.sent.length, 0)
})

t.test('what is no link begins no sign-in', async (t) => {
  const app = await openHeldApp(t, yaml)
  for (const form of ['', 'x', 'a.b.c', `${'x'.repeat(5000)}`]) {
    const shown = await ask(app, `/.auth/resume?form=${form}`)
    t.equal(shown.status, 404)
    const begun = await ask(app, `/.auth/login?return_to=%2Fx&form=${form}`)
    const back = await comeBack(app, jarOf('', begun), begun)
    t.equal(back.location, '/x')
  }
})

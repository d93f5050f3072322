// A form that waited, whose person is let in, and that cannot be sent as it is: it stays, and its page says so.
import t from 'tap'
import { openHeldApp } from '../../support/held-app.ts'
import { settled } from '../../support/held-connection.ts'
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
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: https://wiki.example
    upstream:
      url: "https://abc.execute-api.eu-west-1.amazonaws.com/prod"
      aws: { sign: execute-api }
      # more
    require: signed_in
    identity_headers: { X-Groups: groups }
    contact: help@example.com
`
/** Less than API Gateway takes, and too much beside these. */
const ofFile = `headers: { X-Tenant: "${'t'.repeat(2200)}", X-Region: "${'r'.repeat(2200)}" }`
const groups = Array.from({ length: 120 }, (_, at) => `group-${at + 100}`)
const many = Array.from({ length: 200 }, (_, at) => `x-${at}`).join(',')

interface Case {
  readonly what: string
  /** In the file, from after the sign-in on. */
  readonly changed?: string
  /** Of the browser, when it posts for the form. */
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  readonly reason: string
  readonly says: RegExp
}

const cases: readonly Case[] = [
  {
    what: 'has too many headers for API Gateway',
    headers: { 'x-note': 'n'.repeat(10_000) },
    status: 431,
    reason: 'headers-too-large',
    says: /Too much came with this request/,
  },
  {
    what: 'is of somebody of whom too much is told',
    changed: ofFile,
    status: 403,
    reason: 'identity-unsendable',
    says: /cannot be opened with your account/,
  },
  {
    what: 'names too many options of its connection',
    headers: { connection: many },
    status: 400,
    reason: 'connection-options',
    says: /cannot be read/,
  },
]

/** Where its page leads. */
function waitingOn({ text }: Reply): string {
  const page = text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
  return /href="(\/\.auth\/resume\?form=[^"]*)"/.exec(page)?.[1] ?? ''
}

const body = `note=${'x'.repeat(2000)}`

for (const { what, changed, headers = {}, status, reason, says } of cases) {
  t.test(`a form that ${what} stays, and its page leads back to it`, async (t) => {
    const app = await openHeldApp(t, yaml)
    const op = app.provider('op')
    if (!(op.identity instanceof Error)) op.identity = { ...op.identity, claims: { sub: 'alice', groups } }
    const cookie = await app.signIn('wiki.example')
    app.clock.time += idleSeconds + 1
    const asked = await sendForm(app, cookie, { body })
    const back = await comeBack(app, jarOf(cookie, asked), asked)
    const jar = jarOf(jarOf(cookie, asked), back)
    const form = formOn(await ask(app, back.location, { cookie: jar }))
    const { store, sessions } = app.runtime
    const next = await openHeldApp(t, yaml.replace('# more', changed ?? ''), { store, sessions })
    next.clock.time = app.clock.time
    const refused = await pressSend(next, jar, form, headers)
    t.equal(refused.status, status)
    t.match(refused.text, says)
    t.match(refused.text, /What you sent was not passed on\. It is still kept/)
    t.equal(next.sent.length, 0)
    t.match(
      next.lines.findLast(({ event }) => event === 'request'),
      { status, reason, subject: /./, method: 'POST' },
    )
    t.notOk(next.lines.some(({ event }) => event === 'form.resumed'))
    const again = formOn(await ask(app, waitingOn(refused), { cookie: jar }))
    t.equal(again.to, '/orders?a=1')
    void pressSend(app, jar, again)
    await settled()
    t.equal(app.sent.length, 1)
    t.equal(String(app.sent[0]?.request.body), body)
    const twice = await pressSend(app, jar, again)
    t.equal(twice.status, 404, 'once')
    t.equal(app.sent.length, 1)
  })
}

t.test('a program that posts for a form hears the refusal alone', async (t) => {
  const app = await openHeldApp(t, yaml)
  const cookie = await app.signIn('wiki.example')
  app.clock.time += idleSeconds + 1
  const asked = await sendForm(app, cookie, { body })
  const back = await comeBack(app, jarOf(cookie, asked), asked)
  const jar = jarOf(jarOf(cookie, asked), back)
  const form = formOn(await ask(app, back.location, { cookie: jar }))
  const headers = { 'x-note': 'n'.repeat(10_000), accept: 'application/json', 'sec-fetch-dest': 'empty' }
  const refused = await pressSend(app, jar, form, headers)
  t.equal(refused.status, 431)
  t.notMatch(refused.text, /kept/)
  void pressSend(app, jar, form)
  await settled()
  t.equal(app.sent.length, 1)
})

t.test('a request that waits for nothing is refused without such words', async (t) => {
  const app = await openHeldApp(t, yaml)
  const cookie = await app.signIn('wiki.example')
  const refused = await sendForm(app, cookie, { body, headers: { 'x-note': 'n'.repeat(10_000) } })
  t.equal(refused.status, 431)
  t.notMatch(refused.text, /still kept/)
})

// Pages speak the language that the browser asks for, say so, and look the same.
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { UpstreamFault } from '../../../src/core/fault.ts'
import { slotsOf } from '../../../src/core/pages/catalogue.ts'
import { builtInCatalogues } from '../../../src/core/pages/settings.ts'
import type { Sealed } from '../../../src/core/session/seal.ts'
import { type Answer, refusal } from '../../../src/http/pages/answer.ts'
import { faultAnswer } from '../../../src/http/pages/fault-answer.ts'
import { forbidden } from '../../../src/http/pages/forbidden.ts'
import { say } from '../../../src/http/pages/say.ts'
import { stepUpFrame, stepUpNeeded } from '../../../src/http/pages/step-up-answer.ts'
import { unauthorized, unauthorizedFrame } from '../../../src/http/pages/unauthorized.ts'
import { login } from '../../../src/http/sign-in/login.ts'
import { askToLogOut, loggedOut } from '../../../src/http/sign-in/logout.ts'
import { forbiddenPage, lookIn } from '../../support/pages.ts'
import { openTestContext } from '../../support/request-context.ts'

const { gateway, context, admission } = openTestContext(
  t,
  `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s, label: Acme }
  more: { issuer: "https://more.example", client_id: c, client_secret: s, user_id_prefix: "more:" }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps: { wiki: { url: https://wiki.example, upstream: http://10.9.9.9, provider: [op, more], require: signed_in, contact: ops } }
`,
)
const alice = { user: 'alice', provider: 'op', claims: { name: 'Alice' } }
const asked = { link: 'sealed' as Sealed, challenge: 'error="insufficient_user_authentication"' }
const away = new UpstreamFault('UPSTREAM_UNREACHABLE', 'nobody is there')

/** Every kind of page that an answer can be. */
async function pagesIn(language: string | undefined): Promise<Readonly<Record<string, Answer>>> {
  const headers = language === undefined ? {} : { 'accept-language': language }
  const at = (path: string) => admission(`https://wiki.example${path}`, { headers })
  const [page, chooser, logout, out] = [
    await at('/x'),
    await at('/.auth/login'),
    await at('/.auth/logout'),
    await at('/.auth/logged-out'),
  ]
  return {
    refusal: refusal(page, 404, 'address-unknown'),
    unauthorized: unauthorized(gateway, page, 'no-session'),
    frame: unauthorizedFrame(gateway, page, null),
    'step-up': stepUpNeeded(gateway, page, asked, null),
    'step-up in a frame': stepUpFrame(gateway, page, asked, null),
    forbidden: forbidden(gateway, { ...page, principal: alice }, 'rule-not-met'),
    fault: faultAnswer(page, away),
    chooser: await login(context, chooser, headers),
    logout: await askToLogOut(context, logout, headers),
    'logged out': loggedOut(context, out, headers),
  }
}

t.test('every page is in the language that the browser asks for, and says which', async (t) => {
  const rows: readonly (readonly [string | undefined, string])[] = [
    ['de-AT,de;q=0.9,en;q=0.5', 'de'],
    ['en,de;q=0.9', 'en'],
    ['fr', 'en'],
    [undefined, 'en'],
  ]
  for (const [asked, language] of rows) {
    for (const [name, { headers, body }] of Object.entries(await pagesIn(asked))) {
      const says = `${name}, ${asked}`
      t.equal(headers['content-language'], language, says)
      t.equal(headers.vary, 'Accept-Language', says)
      t.match(body, `<html lang="${language}">`, says)
    }
  }
})

t.test('no page of one language has a sentence of another', async (t) => {
  const english = builtInCatalogues.get('en')
  if (english === undefined) throw new Error('English is there')
  for (const [name, { body }] of Object.entries(await pagesIn('de'))) {
    for (const [sentence, text] of Object.entries<string>(english)) {
      if (text.length < 8 || slotsOf(text).length > 0) continue
      t.notOk(body.includes(`>${text}<`), `${name}: ${sentence}`)
    }
  }
  const { forbidden: page } = await pagesIn('de')
  t.match(page?.body, 'Sie sind als <b><bdi>Alice</bdi></b> angemeldet<small>über Acme</small>')
  t.match(page?.body, '<h1>Sie haben keinen Zugriff auf diese Seite</h1>')
  t.match(page?.body, 'wenden Sie sich bitte an: ops. Nennen Sie dabei bitte die Vorgangsnummer unten.')
})

t.test('pages hold no sentence of their own: all of them are in the catalogues', async (t) => {
  const folder = new URL('../../../src/http/pages/', import.meta.url)
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'))
  t.ok(files.length > 12)
  for (const file of files) {
    const code = readFileSync(new URL(file, folder), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    for (const [, text = ''] of code.matchAll(/html`([^`]*)`/g)) {
      const words = text.replaceAll(/\$\{[^}]*\}/g, '').replaceAll(/<[^>]*>/g, ' ')
      t.notMatch(words, /[A-Z][a-z]+ [a-z]+|\b(?:you|your|the)\b/, `${file}: ${words.trim().slice(0, 40)}`)
    }
  }
})

t.test('what is filled in is markup; what is said is text', async (t) => {
  const words = { ...lookIn().words, 'account.with': '<b>{provider}</b> & "x"', 'again.moment': '<i>' }
  t.equal(
    say(words, 'account.with', { provider: '<bdi>A</bdi>' }),
    '&#60;b&#62;<bdi>A</bdi>&#60;/b&#62; &#38; &#34;x&#34;',
  )
  t.equal(say(words, 'again.moment'), '&#60;i&#62;')
  const look = { ...lookIn(), words: { ...words, 'forbidden.title': '</h1><script>' } }
  const page = forbiddenPage({
    look,
    ...{ appTitle: null, requestId: null, contact: null, switchAccountHref: null },
    account: { name: '{provider}', providerLabel: '{name}' },
  })
  t.notMatch(page, '<script>')
  t.match(page, '<bdi>{provider}</bdi>', 'what people write is filled in nowhere')
})

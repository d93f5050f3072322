// The pages of an operator: colours, logo, sentences and languages of `pages`.
import { createHash } from 'node:crypto'
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { english } from '../../../src/core/pages/english.ts'
import type { PageSettings } from '../../../src/core/pages/settings.ts'
import { lookFor } from '../../../src/http/pages/look.ts'
import { forbiddenPage } from '../../../src/http/pages/pages.ts'
import { surroundings } from '../../config/surroundings.ts'
import { pageHeaders } from '../../support/pages.ts'

/** `pages` as written, and files beside the configuration. */
function load(pages: string, files: Readonly<Record<string, string>> = {}): PageSettings {
  const text = `
pages: ${pages}
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
apps: { wiki: { url: "https://wiki.example", upstream: "http://10.9.9.9", require: signed_in } }
`
  const loaded = loadGatewayFromText(text, {
    ...surroundings,
    readFile: (path) => {
      const file = files[path.slice(surroundings.folder.length + 1)]
      if (file === undefined) return surroundings.readFile(path)
      return { ok: true, bytes: Buffer.from(file), worldReadable: false }
    },
  })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return loaded.gateway.pages
}

function page(settings: PageSettings, language?: string) {
  return forbiddenPage({
    ...{ appTitle: 'Wiki', requestId: 'r-1', contact: 'ops', switchAccountHref: '/other' },
    look: lookFor(settings, language),
    account: { name: 'Ada', providerLabel: 'Acme' },
  })
}

const hashOf = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`

t.test('an accent stands in a style of its own, whose hash the policy names', async (t) => {
  const { html, headers } = page(load('{ accent: { light: "#A01020", dark: "#ff8090" } }'))
  const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, text = '']) => text)
  t.equal(styles.length, 2)
  t.match(
    styles[1],
    /^:root \{ --accent: #a01020; --accent-ink: #ffffff; --accent-soft: #[0-9a-f]{6}; --link: var\(--ink\); \}/,
  )
  t.match(styles[1], /prefers-color-scheme: dark\) \{ :root \{ --accent: #ff8090; --accent-ink: #000000;/)
  const named = styles.map((text) => `'${hashOf(text)}'`).join(' ')
  const plain = String(pageHeaders()['content-security-policy'])
  t.equal(headers['content-security-policy'], plain.replace(/style-src [^;]*/, `style-src ${named}`))
})

t.test('a logo stands in place of the gate, inside the page', async (t) => {
  const { html, headers } = page(load('{ logo: icon.svg }'))
  t.match(
    html,
    /<div class="banner"><img class="logo" src="data:image\/svg\+xml;base64,[A-Za-z0-9+/&#;]+" alt=""><p>Wiki<\/p>/,
  )
  t.same(headers, pageHeaders(), 'and changes no policy')
})

t.test('sentences of an operator replace ours, in their language, as text', async (t) => {
  const texts = 'de: { forbidden.title: "<b>Kein Zutritt</b> & mehr", account.with: "von {provider}" }'
  const settings = load('{ texts: own.yaml }', { 'own.yaml': texts })
  const german = page(settings, 'de').html
  t.match(german, '<h1>&#60;b&#62;Kein Zutritt&#60;/b&#62; &#38; mehr</h1>')
  t.match(german, '<small>von Acme</small>')
  t.match(german, 'Anderes Konto verwenden', 'the others stay')
  t.match(page(settings, 'en').html, `<h1>${english['forbidden.title']}</h1>`)
})

t.test('a language of the file is one that browsers can ask for', async (t) => {
  const sentences = Object.entries<string>(english).map(([name, text]) => [name, `ar ${text}`])
  const settings = load('{ texts: own.yaml }', {
    'own.yaml': JSON.stringify({ ar: Object.fromEntries(sentences) }),
  })
  const { html, headers } = page(settings, 'ar-EG, en;q=0.5')
  t.equal(headers['content-language'], 'ar')
  t.match(html, '<html lang="ar" dir="rtl">')
  t.match(html, `<h1>ar ${english['forbidden.title']}</h1>`)
  t.match(page(settings, 'fr').headers, { 'content-language': 'en' })
})

t.test('one language for all is not negotiated', async (t) => {
  const settings = load('{ language: de }')
  for (const asked of ['en', 'de', undefined]) {
    const { headers } = page(settings, asked)
    t.equal(headers['content-language'], 'de')
    t.notOk('vary' in headers)
  }
})

t.test('a look is made once for each language of an edition', async (t) => {
  const settings = load('{}')
  t.equal(lookFor(settings, 'de'), lookFor(settings, 'de-AT'))
  t.not(lookFor(settings, 'de'), lookFor(settings, 'en'))
  t.not(lookFor(settings, 'de'), lookFor(load('{}'), 'de'))
})

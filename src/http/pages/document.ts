import { html } from 'ghtml'
import { type GateState, gateMark, tabIcon } from './icons.ts'
import type { Look } from './look.ts'
import { stylesheet } from './stylesheet.ts'

/** What every page needs to know. Nothing of it comes from the request but `requestId`, which is ours. */
export interface PageFrame {
  /** The app's `title`, or its host when it has none; null when no app is known. */
  readonly appTitle: string | null
  /** The log has the same id, so that a person can be helped without telling what the page did not say. */
  readonly requestId: string | null
  readonly look: Look
  /** The page of a form that waits, and was refused: it stays, and the page says so. Absent or null: none does. */
  readonly waitingHref?: string | null
  /** What the page does with a script, where it has one: see `scripts`. The policy of the answer has to name it. */
  readonly script?: { readonly markup: string } | null
}

interface Document extends PageFrame {
  readonly title: string
  readonly gate: GateState
  /** Markup, made by the `html` tag. */
  readonly content: string
  /** Where the page moves on to by itself; checked by the caller. */
  readonly refreshTo?: string
}

/** A whole page, and the headers that it goes with: its policy names its style, its language is that of its words. */
export interface Page {
  readonly html: string
  readonly headers: Readonly<Record<string, string>>
}

/** Languages that are written from right to left, unless an operator's catalogue is of another script. */
const rightToLeft: ReadonlySet<string> = new Set([
  'ar',
  'ckb',
  'dv',
  'fa',
  'he',
  'ps',
  'sd',
  'ug',
  'ur',
  'yi',
])

/**
 * One whole page. In ghtml's templates a value is escaped unless `!` stands before it; a test lists the places
 * where it does, and holds canaries against every page.
 */
export function pageDocument(page: Document): Page {
  const { language, words, headers, logo, accentStyle } = page.look
  const accent = accentStyle === null ? '' : html`<style>!${accentStyle}</style>`
  const direction = rightToLeft.has(language.split('-', 1)[0] ?? '') ? ' dir="rtl"' : ''
  const mark = logo === null ? gateMark(page.gate) : html`<img class="logo" src="${logo}" alt="">`
  const refresh =
    page.refreshTo === undefined
      ? ''
      : html`<meta http-equiv="refresh" content="${`0; url=${page.refreshTo}`}">`
  const reference =
    page.requestId === null
      ? ''
      : html`<p class="reference">${words['frame.request-id']} <code>${page.requestId}</code></p>`
  const heading = page.appTitle === null ? page.title : `${page.title} · ${page.appTitle}`
  const text = html`<!doctype html>
<html lang="${language}"!${direction}>
<head>
<meta charset="utf-8">
<title>${heading}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
!${refresh}
<link rel="icon" href="${tabIcon}">
<style>!${stylesheet}</style>!${accent}
</head>
<body>
<main>
<div class="banner">!${mark}<p>${page.appTitle ?? words['frame.gateway']}</p></div>
<div class="content">
<h1>${page.title}</h1>
!${page.content}
!${waitingForm(page)}
</div>
!${reference}
</main>
!${page.script?.markup ?? ''}
</body>
</html>
`
  return { html: text, headers }
}

/** That nothing which was sent is lost, and the way back to it. */
function waitingForm({ look: { words }, waitingHref = null }: PageFrame): string {
  if (waitingHref === null) return ''
  return html`<p>${words['resume.waits']}</p>
<p class="actions"><a class="button second" href="${waitingHref}">${words['link.send-again']}</a></p>`
}

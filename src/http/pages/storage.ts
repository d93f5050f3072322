import { html } from 'ghtml'
import type { SentenceName } from '../../core/pages/catalogue.ts'
import type { ReturnTo } from '../../core/session/return-to.ts'
import type { StorageKey } from '../../core/session/storage-key.ts'
import { type Answer, pageAnswer } from './answer.ts'
import { type PageFrame, pageDocument } from './document.ts'
import { continueLine } from './parts.ts'
import {
  arriveScript,
  askAgainScript,
  hashOf,
  keepScript,
  keyPrefix,
  type PageScript,
  takeScript,
  withScript,
} from './scripts.ts'

/** The pages that do nothing but move on, with what waits in the browser's storage: see `scripts`. */

export interface KeepPage extends PageFrame {
  readonly key: StorageKey
  /** What is kept: this page, or, where something is there under another key, that. */
  readonly page: ReturnTo
  readonly from: StorageKey | null
  /** Whether what follows the `#` of the address where this page stands belongs to the page that is kept. */
  readonly takesFragment: boolean
  /** The provider's address, or one of ours. */
  readonly to: URL | string
}

/** Keeps the page that is wanted, and moves on; without a script it moves on alone. */
export function keepInStorage(page: KeepPage): Answer {
  const to = typeof page.to === 'string' ? page.to : webAddress(page.to)
  const from = page.from === null ? '' : html` data-from="${keyPrefix + page.from}"`
  const takes = page.takesFragment ? ' data-fragment' : ''
  const markup = html`<script data-key="${keyPrefix + page.key}"!${from} data-page="${page.page}"!${takes} data-to="${to}">!${keepScript}</script>`
  return movingPage(page, {
    script: { markup, hash: hashOf(keepScript) },
    title: 'moving.one-moment',
    text: 'moving.to-provider',
    to,
  })
}

export interface TakePage extends PageFrame {
  readonly key: StorageKey
  /** Where what was kept is posted to, to be checked. */
  readonly action: string
  /** Where to go when nothing was kept, or no script runs: the page, as far as it is known here, or where the origin begins. */
  readonly start: ReturnTo
}

/** Takes up the page that was wanted, and posts it to be checked, unless it is `start`; without a script it goes there. */
export function takeFromStorage(page: TakePage): Answer {
  const { start } = page
  const markup = html`!${returnForm(page.action)}
<script data-key="${keyPrefix + page.key}" data-start="${start}">!${takeScript}</script>`
  return movingPage(page, {
    script: { markup, hash: hashOf(takeScript) },
    title: 'moving.signed-in',
    text: 'moving.to-page',
    to: start,
  })
}

export interface ArrivePage extends PageFrame {
  /** A page that was checked. */
  readonly to: ReturnTo
}

/** Goes to a page that was handed over, with the fragment that the browser kept meanwhile. */
export function arriveWithFragment(page: ArrivePage): Answer {
  const { to } = page
  const markup = html`<script data-to="${to}">!${arriveScript}</script>`
  const script = { markup, hash: hashOf(arriveScript) }
  return movingPage(page, { script, title: 'moving.one-moment', text: 'moving.to-page', to })
}

export interface AskAgainPage extends ArrivePage {
  /** Where the address is posted to, to be checked. */
  readonly action: string
}

/** Asks for the address where it stands once more, so that the browser sends the Strict cookies which a link of another site keeps back. */
export function askAgainWithFragment(page: AskAgainPage): Answer {
  const { to } = page
  const markup = html`!${returnForm(page.action)}
<script data-to="${to}">!${askAgainScript}</script>`
  const script = { markup, hash: hashOf(askAgainScript) }
  return movingPage(page, { script, title: 'moving.one-moment', text: 'moving.to-page', to })
}

function returnForm(action: string): string {
  return html`<form method="post" action="${action}"><input type="hidden" name="return_to"></form>`
}

interface Moving {
  readonly script: PageScript
  readonly title: SentenceName
  readonly text: SentenceName
  readonly to: string
}

function movingPage(frame: PageFrame, { script, title, text, to }: Moving): Answer {
  const { words } = frame.look
  const content = html`<p>${words[text]}</p>
!${continueLine(words, to)}
<noscript><meta http-equiv="refresh" content="${`0; url=${to}`}"></noscript>`
  const page = pageDocument({ ...frame, title: words[title], gate: 'open', content, script })
  return withScript(pageAnswer(200, page), script)
}

function webAddress({ protocol, href }: URL): string {
  if (protocol !== 'https:' && protocol !== 'http:') throw new TypeError('not a web address')
  return href
}

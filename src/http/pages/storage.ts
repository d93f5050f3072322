import { html } from 'ghtml'
import type { SentenceName } from '../../core/pages/catalogue.ts'
import type { ReturnTo } from '../../core/session/return-to.ts'
import type { StorageKey } from '../../core/session/storage-key.ts'
import { type Answer, pageAnswer } from './answer.ts'
import { type PageFrame, pageDocument } from './document.ts'
import { continueLine } from './parts.ts'
import { hashOf, keepScript, keyPrefix, type PageScript, takeScript, withScript } from './scripts.ts'

/** The two pages that do nothing but move on, with what waits in the browser's storage: see `scripts`. */

export interface KeepPage extends PageFrame {
  readonly key: StorageKey
  /** What is kept: this page, or, where something is there under another key, that. */
  readonly page: ReturnTo
  readonly from: StorageKey | null
  /** The provider's address, or one of ours. */
  readonly to: URL | string
}

/** Keeps the page that is wanted, and moves on; without a script it moves on alone. */
export function keepInStorage(page: KeepPage): Answer {
  const to = typeof page.to === 'string' ? page.to : webAddress(page.to)
  const from = page.from === null ? '' : html` data-from="${keyPrefix + page.from}"`
  const markup = html`<script data-key="${keyPrefix + page.key}"!${from} data-page="${page.page}" data-to="${to}">!${keepScript}</script>`
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
  /** Where to go when nothing was kept, or no script runs. */
  readonly start: ReturnTo
}

/** Takes up the page that was wanted, and posts it to be checked; without a script it goes where the origin begins. */
export function takeFromStorage(page: TakePage): Answer {
  const { start } = page
  const markup = html`<form method="post" action="${page.action}"><input type="hidden" name="return_to"></form>
<script data-key="${keyPrefix + page.key}" data-start="${start}">!${takeScript}</script>`
  return movingPage(page, {
    script: { markup, hash: hashOf(takeScript) },
    title: 'moving.signed-in',
    text: 'moving.to-page',
    to: start,
  })
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

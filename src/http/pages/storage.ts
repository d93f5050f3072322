import { html } from 'ghtml'
import type { ReturnTo } from '../../core/session/return-to.ts'
import type { Answer } from './answer.ts'
import { type PageFrame, pageDocument } from './document.ts'
import { pageHeaders } from './pages.ts'

/**
 * The two pages with a script: a return address that no cookie could hold waits in `sessionStorage`, which is the
 * tab's own, under the hash of the state. The app's scripts can write there too: so what comes back is posted to us and
 * checked as any `return_to` is. Values stand in attributes, escaped; the scripts themselves are fixed.
 */
const keyPrefix = 'claimgate:'

const keepScript = `(() => {
  const { key, page, from, to } = document.currentScript.dataset
  try {
    const kept = page ?? sessionStorage.getItem(from)
    for (const name of Object.keys(sessionStorage)) if (name.startsWith('${keyPrefix}')) sessionStorage.removeItem(name)
    if (kept !== null) sessionStorage.setItem(key, kept)
  } catch {}
  location.replace(to)
})()`

const takeScript = `(() => {
  const { key, start } = document.currentScript.dataset
  let page = null
  try {
    page = sessionStorage.getItem(key)
    sessionStorage.removeItem(key)
  } catch {}
  if (page === null) return location.replace(start)
  document.forms[0].elements.return_to.value = page
  document.forms[0].submit()
})()`

export interface KeepPage extends PageFrame {
  readonly stateHash: string
  /** What is kept: an address, or what is kept under the hash of the attempt before. */
  readonly what: { readonly page: ReturnTo } | { readonly fromStateHash: string }
  /** The provider's address. */
  readonly to: URL
  readonly nonce: string
}

/** Keeps the page that is wanted, and moves on to the provider; without a script it moves on alone. */
export function keepInStorage(page: KeepPage): Answer {
  const { to, what, nonce } = page
  if (to.protocol !== 'https:' && to.protocol !== 'http:') throw new TypeError('not a web address')
  const key = keyPrefix + page.stateHash
  const script =
    'page' in what
      ? html`<script nonce="${nonce}" data-key="${key}" data-page="${what.page}" data-to="${to.href}">!${keepScript}</script>`
      : html`<script nonce="${nonce}" data-key="${key}" data-from="${keyPrefix + what.fromStateHash}" data-to="${to.href}">!${keepScript}</script>`
  return scriptedPage(page, {
    script,
    nonce,
    title: 'One moment',
    text: 'Taking you to your sign-in service.',
    to: to.href,
  })
}

export interface TakePage extends PageFrame {
  readonly stateHash: string
  /** Where what was kept is posted to, to be checked. */
  readonly action: string
  /** Where to go when nothing was kept, or no script runs. */
  readonly start: ReturnTo
  readonly nonce: string
}

/** Takes up the page that was wanted, and posts it to be checked; without a script it goes where the origin begins. */
export function takeFromStorage(page: TakePage): Answer {
  const { nonce, start } = page
  const key = keyPrefix + page.stateHash
  const script = html`<form method="post" action="${page.action}"><input type="hidden" name="return_to"></form>
<script nonce="${nonce}" data-key="${key}" data-start="${start}">!${takeScript}</script>`
  return scriptedPage(page, {
    script,
    nonce,
    title: 'Signed in',
    text: 'Taking you to your page.',
    to: start,
  })
}

interface Scripted {
  readonly script: string
  readonly nonce: string
  readonly title: string
  readonly text: string
  readonly to: string
}

function scriptedPage(frame: PageFrame, { script, nonce, title, text, to }: Scripted): Answer {
  const content = html`<p>${text}</p>
<p class="quiet"><a href="${to}">Continue</a> if nothing happens.</p>
<noscript><meta http-equiv="refresh" content="${`0; url=${to}`}"></noscript>
!${script}`
  const headers = pageHeaders()
  const policy = `script-src 'nonce-${nonce}'; ${headers['content-security-policy']}`
  return {
    status: 200,
    headers: { ...headers, 'content-security-policy': policy },
    body: pageDocument({ ...frame, title, gate: 'open', content }),
  }
}

import { createHash } from 'node:crypto'
import { html } from 'ghtml'
import { limits } from '../../core/limits/table.ts'
import type { StorageKey } from '../../core/session/storage-key.ts'
import type { KeptPage } from './login-link.ts'

/**
 * What pages of ours do with a script: a return address that no cookie or link could hold waits in `sessionStorage`,
 * which is the tab's own. The app's scripts can write there too: so what comes back is posted to us and checked as any
 * `return_to` is. Values stand in attributes, escaped; the scripts are fixed, and the policy of a page names the hash of
 * the one that it has.
 */
export const keyPrefix = 'claimgate:'

/** What follows the `#` of a page that was checked by itself: no `StorageKey`, and there from one page to the next. */
const fragmentKey = `${keyPrefix}fragment`

/**
 * In a script: what follows the `#` of its own address, with it, and nothing where it is longer than anybody writes. It
 * is whatever somebody put into a link. So it stays in the browser, and is only ever put behind an address of ours:
 * whatever follows the first `#` of an address is no more than its fragment.
 */
const ownFragment = `(location.hash.length > ${limits.fragmentCharacters} ? '' : location.hash)`

/**
 * Keeps a page as that of an attempt, and moves on; where another key is named, what is kept under that, and the page
 * alone where nothing is: a new tab has a storage of its own. One attempt of a tab has one.
 * What a link named stays beside it: whoever goes back and chooses another provider follows such a link again.
 */
export const keepScript = `(() => {
  const { key, page, fragment, from, to } = document.currentScript.dataset
  try {
    const own = fragment === undefined ? page : page + ${ownFragment}
    const kept = from === undefined ? own : (sessionStorage.getItem(from) ?? own)
    for (const name of Object.keys(sessionStorage)) {
      const isLinked = name === from && name.startsWith('${keyPrefix}page-')
      if (name.startsWith('${keyPrefix}') && !isLinked) sessionStorage.removeItem(name)
    }
    sessionStorage.setItem(key, kept)
  } catch {}
  location.replace(to)
})()`

/**
 * Hands over the page of an attempt, and leaves nothing of any but its fragment, for `arriveScript`. Goes to the page
 * that the server knows where that is the one that was kept, or none was.
 */
export const takeScript = `(() => {
  const { key, start } = document.currentScript.dataset
  let kept = null
  try {
    kept = sessionStorage.getItem(key)
    for (const name of Object.keys(sessionStorage)) if (name.startsWith('${keyPrefix}')) sessionStorage.removeItem(name)
  } catch {}
  if (kept === null) return location.replace(start)
  const [page] = kept.split('#', 1)
  const fragment = kept.slice(page.length)
  if (page === start) return location.replace(start + fragment)
  try {
    if (fragment !== '') sessionStorage.setItem('${fragmentKey}', fragment)
  } catch {}
  document.forms[0].elements.return_to.value = page
  document.forms[0].submit()
})()`

/** Goes to a page that was checked, with the fragment that it had. */
export const arriveScript = `(() => {
  const { to } = document.currentScript.dataset
  let fragment = ''
  try {
    fragment = sessionStorage.getItem('${fragmentKey}') ?? ''
    sessionStorage.removeItem('${fragmentKey}')
  } catch {}
  location.replace(fragment.startsWith('#') ? to + fragment : to)
})()`

/**
 * Asks for its own address once more. Where that has a fragment it goes by another address of ours, as nobody is asked
 * for one that differs by its fragment alone.
 */
export const askAgainScript = `(() => {
  const { to } = document.currentScript.dataset
  const fragment = ${ownFragment}
  if (fragment === '') return location.replace(to)
  try {
    sessionStorage.setItem('${fragmentKey}', fragment)
  } catch {
    return location.replace(to)
  }
  document.forms[0].elements.return_to.value = to
  document.forms[0].submit()
})()`

/** Keeps the page that a link of this one names by its key. */
const linkScript = `(() => {
  const { key, page, fragment } = document.currentScript.dataset
  try {
    for (const name of Object.keys(sessionStorage)) if (name.startsWith('${keyPrefix}page-')) sessionStorage.removeItem(name)
    sessionStorage.setItem(key, fragment === undefined ? page : page + ${ownFragment})
  } catch {}
})()`

/** Moves on only where this tab began the attempt. */
const lookScript = `(() => {
  const { key, to } = document.currentScript.dataset
  let kept = null
  try {
    kept = sessionStorage.getItem(key)
  } catch {}
  if (kept !== null) location.replace(to)
})()`

/** Sends the one form of a page, once: whoever comes back to the page by the history has sent it. */
const sendScript = `document.forms[0].submit()`

/**
 * Copies what a button names, where the browser lets pages copy. A browser that keeps whole pages for its back button is not
 * to show a secret once more: what is secret goes as the page does.
 */
const copyScript = `(() => {
  const { keys } = document.currentScript.dataset
  const status = document.querySelector('[role=status]')
  for (const button of document.querySelectorAll('[data-copies]')) {
    if (navigator.clipboard === undefined) break
    button.hidden = false
    button.addEventListener('click', async () => {
      const shown = document.getElementById(button.dataset.copies)
      try {
        await navigator.clipboard.writeText(shown.textContent)
        status.textContent = button.dataset.copied
      } catch {
        getSelection().selectAllChildren(shown)
      }
    })
  }
  addEventListener('pagehide', () => {
    for (const shown of document.querySelectorAll('[data-secret]')) shown.textContent = ''
  })
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.replace(keys)
  })
})()`

/**
 * A form is sent once, however often its button is pressed: the second answer would take the place of the first, which has
 * the secret. Whoever stopped it may send it again after a while.
 */
const sendOnceScript = `(() => {
  let sent = false
  const forget = () => { sent = false }
  addEventListener('submit', (event) => {
    if (sent) return event.preventDefault()
    sent = true
    setTimeout(forget, 10000)
  })
  addEventListener('pageshow', forget)
})()`

/** A script of ours on a page that is whole without it: markup, and what the policy has to name. */
export interface PageScript {
  readonly markup: string
  readonly hash: string
}

/** Keeps what a link needs; null: it needs nothing. */
export function keepForLink(keep: KeptPage | null): PageScript | null {
  if (keep === null) return null
  const takes = keep.takesFragment ? ' data-fragment' : ''
  const markup = html`<script data-key="${keyPrefix + keep.key}" data-page="${keep.page}"!${takes}>!${linkScript}</script>`
  return { markup, hash: hashOf(linkScript) }
}

/** Goes to `to`, an address of ours, when this tab's storage has something under the key. */
export function lookUp(key: StorageKey, to: string): PageScript {
  const markup = html`<script data-key="${keyPrefix + key}" data-to="${to}">!${lookScript}</script>`
  return { markup, hash: hashOf(lookScript) }
}

/** Sends the form of the page as soon as it is there. */
export function sendForm(): PageScript {
  return { markup: html`<script>!${sendScript}</script>`, hash: hashOf(sendScript) }
}

/** Keeps a form of the page from being sent twice by two presses of its button. */
export function sendOnce(): PageScript {
  return { markup: html`<script>!${sendOnceScript}</script>`, hash: hashOf(sendOnceScript) }
}

/** Copies what the page shows, and takes it off as the page goes; who comes back by the history goes to `keys`. */
export function copyShown(keys: string): PageScript {
  const markup = html`<script data-keys="${keys}">!${copyScript}</script>`
  return { markup, hash: hashOf(copyScript) }
}

/** The same answer, of a page that was made with this script. */
export function withScript<A extends { readonly headers: Readonly<Record<string, string>> }>(
  answer: A,
  script: PageScript | null,
): A {
  if (script === null) return answer
  const { headers } = answer
  const policy = `script-src '${script.hash}'; ${headers['content-security-policy']}`
  return { ...answer, headers: { ...headers, 'content-security-policy': policy } }
}

/** For `script-src` (CSP Level 3, 2.3.1): of exactly what stands between the tags. */
export function hashOf(script: string): string {
  return `sha256-${createHash('sha256').update(script).digest('base64')}`
}

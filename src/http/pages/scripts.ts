import { createHash } from 'node:crypto'
import { html } from 'ghtml'
import type { StorageKey } from '../../core/session/storage-key.ts'
import type { KeptPage } from './login-link.ts'

/**
 * What pages of ours do with a script: a return address that no cookie or link could hold waits in `sessionStorage`,
 * which is the tab's own. The app's scripts can write there too: so what comes back is posted to us and checked as any
 * `return_to` is. Values stand in attributes, escaped; the scripts are fixed, and the policy of a page names the hash of
 * the one that it has.
 */
export const keyPrefix = 'claimgate:'

/**
 * Keeps a page as that of an attempt, and moves on; where another key is named, what is kept under that, and the page
 * alone where nothing is: a new tab has a storage of its own. One attempt of a tab has one.
 * What a link named stays beside it: whoever goes back and chooses another provider follows such a link again.
 */
export const keepScript = `(() => {
  const { key, page, from, to } = document.currentScript.dataset
  try {
    const kept = from === undefined ? page : (sessionStorage.getItem(from) ?? page)
    for (const name of Object.keys(sessionStorage)) {
      const isLinked = name === from && name.startsWith('${keyPrefix}page-')
      if (name.startsWith('${keyPrefix}') && !isLinked) sessionStorage.removeItem(name)
    }
    sessionStorage.setItem(key, kept)
  } catch {}
  location.replace(to)
})()`

/** Hands over the page of an attempt, and leaves nothing of any. */
export const takeScript = `(() => {
  const { key, start } = document.currentScript.dataset
  let page = null
  try {
    page = sessionStorage.getItem(key)
    for (const name of Object.keys(sessionStorage)) if (name.startsWith('${keyPrefix}')) sessionStorage.removeItem(name)
  } catch {}
  if (page === null) return location.replace(start)
  document.forms[0].elements.return_to.value = page
  document.forms[0].submit()
})()`

/** Keeps the page that a link of this one names by its key. */
const linkScript = `(() => {
  const { key, page } = document.currentScript.dataset
  try {
    for (const name of Object.keys(sessionStorage)) if (name.startsWith('${keyPrefix}page-')) sessionStorage.removeItem(name)
    sessionStorage.setItem(key, page)
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

/** A script of ours on a page that is whole without it: markup, and what the policy has to name. */
export interface PageScript {
  readonly markup: string
  readonly hash: string
}

/** Keeps what a link needs; null: it needs nothing. */
export function keepForLink(keep: KeptPage | null): PageScript | null {
  if (keep === null) return null
  const markup = html`<script data-key="${keyPrefix + keep.key}" data-page="${keep.page}">!${linkScript}</script>`
  return { markup, hash: hashOf(linkScript) }
}

/** Goes to `to`, an address of ours, when this tab's storage has something under the key. */
export function lookUp(key: StorageKey, to: string): PageScript {
  const markup = html`<script data-key="${keyPrefix + key}" data-to="${to}">!${lookScript}</script>`
  return { markup, hash: hashOf(lookScript) }
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

import { html } from 'ghtml'
import type { Catalogue, SentenceName } from '../../core/pages/catalogue.ts'
import type { Account } from './account.ts'
import type { PageFrame } from './document.ts'
import { initial } from './icons.ts'
import { say } from './say.ts'

/** As whom one is signed in. `bdi` keeps a name with right-to-left letters from turning the sentence around. */
export function accountLine(words: Catalogue, { name, providerLabel }: Account): string {
  const provider = html`${providerLabel ?? ''}`
  const by = providerLabel === null ? '' : html`<small>!${say(words, 'account.with', { provider })}</small>`
  const person = say(words, 'account.signed-in-as', { name: html`<b><bdi>${name}</bdi></b>` })
  return html`<div class="account"><span class="initial" aria-hidden="true">${initial(name)}</span>
<p>!${person}!${by}</p></div>`
}

type HelpSentence = Exclude<Extract<SentenceName, `help.${string}`>, 'help.request-id'>

/** Whom to ask, and with which words; nothing when the app names no contact. */
export function helpLine(
  when: HelpSentence,
  { look: { words }, requestId }: Pick<PageFrame, 'look' | 'requestId'>,
  contact: string | null,
): string {
  if (contact === null) return ''
  const ask = say(words, when, { contact: contactLink(contact) })
  const mention = requestId === null ? '' : html` ${words['help.request-id']}`
  return html`<p class="quiet">!${ask}!${mention}</p>`
}

function contactLink(contact: string): string {
  if (/^[^\s@:/]+@[^\s@:/]+$/.test(contact)) return html`<a href="mailto:${contact}">${contact}</a>`
  if (/^https?:\/\/\S+$/.test(contact)) return html`<a href="${contact}">${contact}</a>`
  return html`${contact}`
}

/** Below what moves on by itself. */
export function continueLine(words: Catalogue, to: string): string {
  const link = html`<a href="${to}">${words['link.continue']}</a>`
  return html`<p class="quiet">!${say(words, 'moving.if-nothing-happens', { continue: link })}</p>`
}

/** To the page of one's sessions; null: there is none. */
export function sessionsLink(words: Catalogue, href: string | null): string {
  return href === null ? '' : html`<p class="quiet more"><a href="${href}">${words['sessions.title']}</a></p>`
}

/** To the page of one's keys; null: there is none. */
export function keysLink(words: Catalogue, href: string | null): string {
  return href === null ? '' : html`<p class="quiet more"><a href="${href}">${words['keys.title']}</a></p>`
}

interface Action {
  readonly href: string
  readonly label: string
}

export function action(href: string | null, label: string): Action | null {
  return href === null ? null : { href, label }
}

/** Buttons in a row, the first one filled. */
export function actions(candidates: readonly (Action | null)[]): string {
  const links = candidates
    .filter((candidate) => candidate !== null)
    .map(
      ({ href, label }, index) =>
        html`<a class="button${index === 0 ? '' : ' second'}" href="${href}">${label}</a>`,
    )
  return links.length === 0 ? '' : html`<p class="actions">!${links}</p>`
}

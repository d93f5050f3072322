import { html } from 'ghtml'
import type { Account } from './account.ts'
import { initial } from './icons.ts'

/** As whom one is signed in. `bdi` keeps a name with right-to-left marks from turning the sentence around. */
export function accountLine(account: Account): string {
  const by = account.providerLabel === null ? '' : html`<small>with ${account.providerLabel}</small>`
  return html`<div class="account"><span class="initial" aria-hidden="true">${initial(account.name)}</span>
<p>You are signed in as <b><bdi>${account.name}</bdi></b>!${by}</p></div>`
}

/** Whom to ask; nothing when the app names no contact. */
export function helpLine(when: string, contact: string | null, requestId: string | null): string {
  if (contact === null) return ''
  const mention = requestId === null ? '' : ' and give the request id below'
  return html`<p class="quiet">${when}, ask !${contactLink(contact)}${mention}.</p>`
}

function contactLink(contact: string): string {
  if (/^[^\s@:/]+@[^\s@:/]+$/.test(contact)) return html`<a href="mailto:${contact}">${contact}</a>`
  if (/^https?:\/\/\S+$/.test(contact)) return html`<a href="${contact}">${contact}</a>`
  return html`${contact}`
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

import { html } from 'ghtml'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { Account } from './account.ts'
import { type Page, type PageFrame, pageDocument } from './document.ts'
import { accountLine, action, actions, keysLink, sessionsLink } from './parts.ts'
import { timeRow } from './times.ts'

export interface AccountPage extends PageFrame {
  readonly account: Account
  /** The user id, as apps are told it. */
  readonly user: string
  readonly now: EpochSeconds
  readonly signedInAt: EpochSeconds
  readonly expiresAt: EpochSeconds
  readonly idleExpiresAt: EpochSeconds
  /** What this person may open, and nothing else. */
  readonly apps: readonly { readonly title: string; readonly href: string }[]
  /** The address that a sign-out is posted to. */
  readonly signOutAction: string
  readonly switchAccountHref: string
  /** The page of one's sessions; null: there is none. */
  readonly sessionsHref: string | null
  /** The page of one's keys; null: there is none here. */
  readonly keysHref: string | null
}

/** Who one is, until when, what one may open of this origin; and a way out. */
export function accountPage(page: AccountPage): Page {
  const { look, now } = page
  const { words } = look
  const times = [
    timeRow(look, 'account.since', page.signedInAt, now),
    timeRow(look, 'account.until', page.expiresAt, now),
    timeRow(look, 'account.unused', page.idleExpiresAt, now),
  ]
  const links = page.apps.map(({ title, href }) => html`<li><a href="${href}"><span>${title}</span></a></li>`)
  const apps =
    links.length === 0
      ? ''
      : html`<nav aria-label="${words['account.apps']}"><h2>${words['account.apps']}</h2><ul class="choices">!${links}</ul></nav>`
  return pageDocument({
    ...page,
    title: words['account.title'],
    gate: 'open',
    content: html`!${accountLine(words, page.account)}
<dl><dt>${words['account.user']}</dt><dd><bdi>${page.user}</bdi></dd>!${times}</dl>
!${apps}
!${sessionsLink(words, page.sessionsHref)}
!${keysLink(words, page.keysHref)}
<form method="post" action="${page.signOutAction}">
<p class="actions"><button class="button" type="submit">${words['link.sign-out']}</button><a class="button second" href="${page.switchAccountHref}">${words['link.other-account']}</a></p>
</form>`,
  })
}

export interface NobodyPage extends PageFrame {
  readonly signInHref: string
}

/** The same address for whoever is not signed in. */
export function nobodyPage(page: NobodyPage): Page {
  const { words } = page.look
  return pageDocument({
    ...page,
    title: words['401.title'],
    gate: 'closed',
    content: html`<p>${words['account.nobody']}</p>
!${actions([action(page.signInHref, words['link.sign-in'])])}`,
  })
}

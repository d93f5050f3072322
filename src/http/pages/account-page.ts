import { html } from 'ghtml'
import type { SentenceName } from '../../core/pages/catalogue.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { Account } from './account.ts'
import { type Page, type PageFrame, pageDocument } from './document.ts'
import type { Look } from './look.ts'
import { accountLine, action, actions } from './parts.ts'
import { say } from './say.ts'

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

/** A moment, seen from now, and by the clock: of UTC, as nobody knows where the person is. */
function timeRow(
  { words, language }: Look,
  name: Extract<SentenceName, `account.${string}`>,
  at: EpochSeconds,
  now: EpochSeconds,
): string {
  const date = new Date(at * 1000)
  const clock = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  })
  const time = say(words, 'account.time', {
    relative: html`${relativeTime(language, at - now)}`,
    time: html`${clock.format(date)}`,
  })
  return html`<dt>${words[name]}</dt><dd><time datetime="${date.toISOString()}">!${time}</time></dd>`
}

/** In the largest unit of which there is a whole one, never more than is left. */
function relativeTime(language: string, seconds: number): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'always' })
  const [unit, length] = units.find(([, one]) => Math.abs(seconds) >= one) ?? (['second', 1] as const)
  return format.format(Math.trunc(seconds / length), unit)
}

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

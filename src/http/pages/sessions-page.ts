import { html } from 'ghtml'
import type { Catalogue } from '../../core/pages/catalogue.ts'
import type { EpochSeconds, SignInClient } from '../../core/session/session.ts'
import type { Account } from './account.ts'
import { type Page, type PageFrame, pageDocument } from './document.ts'
import { accountLine } from './parts.ts'
import { say } from './say.ts'
import { timeRow } from './times.ts'

export interface ShownSession {
  /** Words of ours for the browser that signed in; null: nothing is known of it. */
  readonly client: SignInClient | null
  readonly signedInAt: EpochSeconds
  readonly lastSeenAt: EpochSeconds
}

export interface OtherSession extends ShownSession {
  /** What ends it when it is posted: tells nothing, and means something to its own person alone. */
  readonly endValue: string
}

export interface SessionsPage extends PageFrame {
  readonly account: Account
  readonly now: EpochSeconds
  readonly own: ShownSession
  /** Of the same person at this origin, newest first. */
  readonly others: readonly OtherSession[]
  /** Where what ends one is posted, as `end`. */
  readonly action: string
  readonly endOthersValue: string
  readonly signOutHref: string
}

/** Where one is signed in at this origin: the browsers in words, since when, and a way to end each. */
export function sessionsPage(page: SessionsPage): Page {
  const { words } = page.look
  const signOut = html`<p class="actions"><a class="button second" href="${page.signOutHref}">${words['link.sign-out']}</a></p>`
  const own = sessionItem(page, page.own, {
    index: 0,
    mark: html` <small>${words['sessions.this']}</small>`,
    way: signOut,
  })
  const others = page.others.map((session, at) => {
    const index = at + 1
    const way = html`<form method="post" action="${page.action}"><p class="actions"><button class="button second" type="submit" name="end" value="${session.endValue}" id="end-${index}" aria-labelledby="end-${index} session-${index}">${words['sessions.end']}</button></p></form>`
    return sessionItem(page, session, { index, mark: '', way })
  })
  const below = others.length === 0 ? html`<p>${words['sessions.only']}</p>` : endOthers(page)
  return pageDocument({
    ...page,
    title: words['sessions.title'],
    gate: 'open',
    content: html`!${accountLine(words, page.account)}
<p>${words['sessions.text']}</p>
<ul class="sessions">!${own}!${others}</ul>
!${below}`,
  })
}

function endOthers({ action, endOthersValue, look: { words } }: SessionsPage): string {
  return html`<p class="quiet">${words['sessions.again']}</p>
<form method="post" action="${action}"><p class="actions"><button class="button" type="submit" name="end" value="${endOthersValue}">${words['sessions.end-others']}</button></p></form>`
}

interface Item {
  readonly index: number
  /** Markup behind its name. */
  readonly mark: string
  /** Markup: how it is ended. */
  readonly way: string
}

function sessionItem(
  { look, now }: SessionsPage,
  { client, signedInAt, lastSeenAt }: ShownSession,
  { index, mark, way }: Item,
): string {
  const { words } = look
  const network = client?.network ?? null
  const times = [
    timeRow(look, 'account.since', signedInAt, now),
    timeRow(look, 'sessions.last-used', lastSeenAt, now),
  ]
  const place = network === null ? '' : html`<dt>${words['sessions.network']}</dt><dd>${network}</dd>`
  return html`<li><h2 id="session-${index}"><span>!${clientName(words, client)}</span>!${mark}</h2>
<dl>!${times}!${place}</dl>
!${way}</li>
`
}

/** `Firefox on Linux`, with less where less is known. */
function clientName(words: Catalogue, client: SignInClient | null): string {
  const browser = client?.browser ?? null
  const system = client?.system ?? null
  if (system === null) return html`${browser ?? words['sessions.browser']}`
  return browser === null
    ? say(words, 'sessions.browser-on', { system: html`${system}` })
    : say(words, 'sessions.named-on', { browser: html`${browser}`, system: html`${system}` })
}

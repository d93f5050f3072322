import { html } from 'ghtml'
import type { SentenceName } from '../../core/pages/catalogue.ts'
import type { ReturnTo } from '../../core/session/return-to.ts'
import type { Account } from './account.ts'
import { type Page, type PageFrame, pageDocument } from './document.ts'
import { providerIcon } from './icons.ts'
import { accountLine, action, actions, continueLine, helpLine, sessionsLink } from './parts.ts'
import { say } from './say.ts'

/**
 * The pages that people see. Each function returns one whole HTML document: fixed sentences of its language, and what
 * it was given escaped. None shows a rule, a claim, an upstream or the address that was asked for; none needs a script.
 * Every `…Href` is an address on our own origin, made by us.
 */

export interface Choice {
  readonly label: string
  /** As in ProviderSettings: a built-in name, a data: URL, or null. */
  readonly icon: string | null
  readonly href: string
}

/** Several providers and none named: which one? */
export function chooserPage(page: PageFrame & { readonly choices: readonly Choice[] }): Page {
  const { words } = page.look
  const choices = page.choices.map(
    (
      choice,
    ) => html`<li><a href="${choice.href}">!${providerIcon(choice.icon, choice.label)}<span>${choice.label}</span>
<svg class="arrow" viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"><path d="M6 3.5 10.5 8 6 12.5"/></svg></a></li>`,
  )
  return pageDocument({
    ...page,
    title: words['chooser.title'],
    gate: 'open',
    content: html`<nav aria-label="${words['chooser.list']}"><ul class="choices">!${choices}</ul></nav>`,
  })
}

export interface ForbiddenPage extends PageFrame {
  /** Null where the answer would be no for everybody, signed in or not. */
  readonly account: Account | null
  /** No permission is missing: what the app is told of the account cannot be sent. */
  readonly unsendable?: boolean
  /** The app's `contact`: an e-mail address, a web address or words. */
  readonly contact: string | null
  /** Begins a sign-in with another account; null where that could change nothing. */
  readonly switchAccountHref: string | null
}

/** 403. Says as whom one is signed in and what to do; nothing of the rule. */
export function forbiddenPage(page: ForbiddenPage): Page {
  const { words } = page.look
  const reason =
    page.account === null
      ? html`<p>${words['closed.text']}</p>`
      : html`!${accountLine(words, page.account)}
<p>${words[page.unsendable ? 'unsendable.text' : 'forbidden.text']}</p>`
  const links = actions([
    page.account === null ? null : action(page.switchAccountHref, words['link.other-account']),
  ])
  return pageDocument({
    ...page,
    title: words[forbiddenTitle(page)],
    gate: 'closed',
    content: html`!${reason}
!${links}
!${helpLine(page.unsendable ? 'help.to-change' : 'help.no-access', page, page.contact)}`,
  })
}

function forbiddenTitle({ account, unsendable }: ForbiddenPage): SentenceName {
  if (account === null) return 'closed.title'
  return unsendable ? 'unsendable.title' : 'forbidden.title'
}

/** The statuses that have words of their own, where no fault has a sentence. Nobody is told more than these say. */
export type PageStatus = {
  [Name in SentenceName]: Name extends `${infer Status extends number}.title` ? Status : never
}[SentenceName]

/** What may help where a fault has a sentence of its own. */
function again({ status, retryAfterSeconds = null, look: { words } }: ErrorPage): string {
  if (retryAfterSeconds === null) return status >= 500 ? say(words, 'again.moment') : ''
  if (retryAfterSeconds === 1) return say(words, 'again.second')
  return say(words, 'again.seconds', { seconds: String(retryAfterSeconds) })
}

export interface ErrorPage extends PageFrame {
  readonly status: PageStatus
  /** A fault's public sentence becomes the heading; null: the fixed text of the status. */
  readonly sentence: string | null
  /** One of `limits` is reached: it may be until tomorrow. */
  readonly limited?: boolean
  /** A form was sent without a session: nothing of it went on, and the person should know. */
  readonly unsaved?: boolean
  /** When it is worth coming back, said where a fault has a sentence; null: nobody knows. */
  readonly retryAfterSeconds?: number | null
  readonly contact: string | null
  /** Where to go on from here: "Sign in", "Try again", "Back to the start"; null: nowhere. */
  readonly next: { readonly label: string; readonly href: string } | null
}

/** Every other refusal or failure. */
export function errorPage(page: ErrorPage): Page {
  const { words } = page.look
  const kind = page.limited ? 'limit' : page.status
  const text = page.sentence === null ? say(words, `${kind}.text`) : again(page)
  const explanation = page.unsaved ? say(words, 'unsaved.text') : text
  const help = page.status >= 500 ? helpLine('help.if-it-lasts', page, page.contact) : ''
  return pageDocument({
    ...page,
    title: page.sentence === null ? words[`${kind}.title`] : asHeading(page.sentence),
    gate: page.status >= 500 ? 'away' : 'closed',
    content: html`!${explanation === '' ? '' : html`<p>!${explanation}</p>`}
!${actions([page.next === null ? null : action(page.next.href, page.next.label)])}
!${help}`,
  })
}

/** Headings have no full stop. */
function asHeading(sentence: string): string {
  return sentence.replace(/\.$/, '')
}

export interface SignInFailedPage extends PageFrame {
  /** The fault's public sentence. */
  readonly sentence: string
  /** What may help, in our words: see `failureWords`. */
  readonly explanation: string
  /** As whom one is signed in, where it matters; absent: it does not, or nobody is. */
  readonly account?: Account | null
  /** Whether it is the sign-in service that is away. */
  readonly isAway?: boolean
  readonly contact: string | null
  /** Null: nothing that the person could do here would help. */
  readonly next: { readonly label: string; readonly href: string } | null
  /** What may help where that does not. */
  readonly instead?: { readonly label: string; readonly href: string } | null
}

/** A sign-in that did not come to an end. The code and state of its address are not repeated. */
export function signInFailedPage(page: SignInFailedPage): Page {
  const help = page.next === null ? 'help.only' : 'help.if-that-fails'
  const account = page.account ? accountLine(page.look.words, page.account) : ''
  return pageDocument({
    ...page,
    title: asHeading(page.sentence),
    gate: page.isAway ? 'away' : 'closed',
    content: html`!${account}<p>${page.explanation}</p>
!${actions([page.next, page.instead ?? null])}
!${helpLine(help, page, page.contact)}`,
  })
}

export interface ConfirmSignOutPage extends PageFrame {
  readonly account: Account | null
  /** The address that the confirmation is posted to. */
  readonly action: string
  /** Hidden fields of the form, such as `return_to`. */
  readonly fields: Readonly<Record<string, string>>
  readonly cancelHref: string
  /** The page of one's sessions; null: there is none. */
  readonly sessionsHref: string | null
}

/** Sign-out is asked for by GET and done by POST, so that no link or picture of another site can do it. */
export function confirmSignOutPage(page: ConfirmSignOutPage): Page {
  const { words } = page.look
  const fields = Object.entries(page.fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  const account = page.account === null ? '' : accountLine(words, page.account)
  return pageDocument({
    ...page,
    title: words['sign-out.title'],
    gate: 'open',
    content: html`!${account}
<p>${words['sign-out.text']}</p>
<form method="post" action="${page.action}">
!${fields}
<p class="actions"><button class="button" type="submit">${words['link.sign-out']}</button><a class="button second" href="${page.cancelHref}">${words['link.stay']}</a></p>
</form>
!${sessionsLink(words, page.sessionsHref)}`,
  })
}

const movingOnTexts = {
  'signing-out': ['moving.signing-out', 'moving.signed-out-here'],
  'signed-in': ['moving.signed-in', 'moving.to-page'],
  'from-a-link': ['moving.one-moment', 'moving.to-page'],
} as const

export interface MovingOnPage extends PageFrame {
  readonly why: keyof typeof movingOnTexts
  readonly to: URL | ReturnTo
}

/**
 * A 200 page that moves on by itself. After the sign-out's POST, since `form-action 'self'` forbids a redirect to
 * another host; and after a callback under `same_site: strict`, since a Strict cookie is not sent on a navigation
 * that another site began. Throws for an address that is neither http(s) nor local.
 */
export function movingOnPage(page: MovingOnPage): Page {
  const { words } = page.look
  const to = typeof page.to === 'string' ? page.to : webAddress(page.to)
  const [title, text] = movingOnTexts[page.why]
  return pageDocument({
    ...page,
    title: words[title],
    gate: 'open',
    refreshTo: to,
    content: html`<p>${words[text]}</p>
!${continueLine(words, to)}`,
  })
}

export interface SignedOutPage extends PageFrame {
  readonly signInHref: string | null
  /** Where to sign out at the provider too, when the page could not move on there by itself. */
  readonly providerUrl?: URL | null
  /** What the provider is called at which one is still signed in, as it has no sign-out. */
  readonly stillAt?: string | null
  /** Whether the session ended; false: in this browser alone, so far. */
  readonly everywhere: boolean
}

/** Where a sign-out ends. Throws for a provider's address that is not http(s). */
export function signedOutPage(page: SignedOutPage): Page {
  const { words } = page.look
  const provider = page.providerUrl ? webAddress(page.providerUrl) : null
  const notYet = page.everywhere ? '' : html`<p>${words['signed-out.not-yet']}</p>`
  const label = html`<bdi>${page.stillAt ?? ''}</bdi>`
  const still = page.stillAt ? html`<p>!${say(words, 'signed-out.still-at', { provider: label })}</p>` : ''
  return pageDocument({
    ...page,
    title: words[page.everywhere ? 'signed-out.title' : 'signed-out.here-title'],
    gate: 'closed',
    content: html`!${notYet}!${still}<p>${words['signed-out.shared']}</p>
!${actions([
      action(provider, words['link.sign-out-at-provider']),
      action(page.signInHref, words['link.sign-in-again']),
    ])}`,
  })
}

function webAddress(url: URL): string {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new TypeError('not a web address')
  return url.href
}

import { html } from 'ghtml'
import type { ReturnTo } from '../../core/session/return-to.ts'
import type { Account } from './account.ts'
import { type PageFrame, pageDocument } from './document.ts'
import { providerIcon } from './icons.ts'
import { accountLine, action, actions, helpLine } from './parts.ts'
import { stylesheetHash } from './stylesheet.ts'

/**
 * The pages that people see. Each function returns one whole HTML document: fixed sentences, and what it was given
 * escaped. None shows a rule, a claim, an upstream or the address that was asked for; none needs a script.
 * Every `…Href` is an address on our own origin, made by us.
 */

export interface Choice {
  readonly label: string
  /** As in ProviderSettings: a built-in name, a data: URL, or null. */
  readonly icon: string | null
  readonly href: string
}

/** Several providers and none named: which one? */
export function chooserPage(page: PageFrame & { readonly choices: readonly Choice[] }): string {
  const choices = page.choices.map(
    (
      choice,
    ) => html`<li><a href="${choice.href}">!${providerIcon(choice.icon, choice.label)}<span>${choice.label}</span>
<svg class="arrow" viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"><path d="M6 3.5 10.5 8 6 12.5"/></svg></a></li>`,
  )
  return pageDocument({
    ...page,
    title: 'Choose how to sign in',
    gate: 'open',
    content: html`<nav aria-label="Ways to sign in"><ul class="choices">!${choices}</ul></nav>`,
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
export function forbiddenPage(page: ForbiddenPage): string {
  const reason =
    page.account === null
      ? html`<p>It is not offered here, and signing in would not change that.</p>`
      : html`!${accountLine(page.account)}
<p>${page.unsendable ? unsendableText : permissionText}</p>`
  const links = actions([
    page.account === null ? null : action(page.switchAccountHref, 'Use another account'),
  ])
  return pageDocument({
    ...page,
    title: forbiddenTitle(page),
    gate: 'closed',
    content: html`!${reason}
!${links}
!${helpLine(page.unsendable ? 'To have that changed' : 'If you should have access', page.contact, page.requestId)}`,
  })
}

const permissionText =
  'This page needs a permission that your account does not have. If you have another account that does, use that one.'
const unsendableText =
  'This is not about your permissions. What the application is told of your account, such as its groups, cannot be sent to it as it is: it may be too much. Those who run it can change what is sent.'

function forbiddenTitle({ account, unsendable }: ForbiddenPage): string {
  if (account === null) return 'This page is not open'
  return unsendable ? 'This page cannot be opened with your account' : 'You have no access to this page'
}

/** What a page for a status says, where no fault has a sentence of its own. Nobody is told more than this. */
const statusTexts = {
  400: [
    'This request cannot be read',
    'Its address or form can be understood in more than one way, so it was not passed on.',
  ],
  401: ['You are not signed in', 'Sign in to open this page.'],
  403: ['This cannot be done', 'The request was refused.'],
  404: ['There is nothing here', 'The address may be mistyped, or the page has moved.'],
  405: ['This cannot be done here', 'The page exists, but not for this kind of request.'],
  408: ['The request took too long', 'It did not arrive in full. Please try again.'],
  413: ['That is too large', 'What was sent is larger than this application accepts.'],
  415: ['This form cannot be read', 'It was sent in a way that is not understood here.'],
  417: ['This request cannot be met', 'It expects something that is not offered here.'],
  421: ['No such site here', 'This address leads here, but no application answers to its name.'],
  426: ['This connection is not supported', 'Another kind of connection is needed.'],
  429: ['Too much at once', 'Please try again in a minute.'],
  431: ['Too much came with this request', 'Deleting the cookies of this site often helps.'],
  500: ['Something went wrong', 'It is not your fault. Please try again in a moment.'],
  502: ['The application is not available', 'It did not answer as it should. Please try again in a moment.'],
  503: ['Not available just now', 'Please try again in a moment.'],
  505: ['This cannot be read', 'It was sent in a version of HTTP that is not understood here.'],
  504: ['The application took too long', 'It did not answer in time. Please try again in a moment.'],
} as const

const unsavedText = 'What you sent was not saved. Sign in, go back to the form and send it once more.'

/** What may help where a fault has a sentence of its own. */
function again({ status, retryAfterSeconds = null }: ErrorPage): string {
  if (retryAfterSeconds !== null)
    return `Please open your page again in ${secondsInWords(retryAfterSeconds)}.`
  return status >= 500 ? 'Please try again in a moment.' : ''
}

function secondsInWords(seconds: number): string {
  return seconds === 1 ? 'a second' : `${seconds} seconds`
}

export type PageStatus = keyof typeof statusTexts

export interface ErrorPage extends PageFrame {
  readonly status: PageStatus
  /** A fault's public sentence becomes the heading; null: the fixed text of the status. */
  readonly sentence: string | null
  /** A form was sent without a session: nothing of it went on, and the person should know. */
  readonly unsaved?: boolean
  /** When it is worth coming back, said where a fault has a sentence; null: nobody knows. */
  readonly retryAfterSeconds?: number | null
  readonly contact: string | null
  /** Where to go on from here: "Sign in", "Try again", "Back to the start"; null: nowhere. */
  readonly next: { readonly label: string; readonly href: string } | null
}

/** Every other refusal or failure. */
export function errorPage(page: ErrorPage): string {
  const [title, text] = statusTexts[page.status]
  const explanation = page.unsaved ? unsavedText : page.sentence === null ? text : again(page)
  const help = page.status >= 500 ? helpLine('If it lasts', page.contact, page.requestId) : ''
  return pageDocument({
    ...page,
    title: page.sentence?.replace(/\.$/, '') ?? title,
    gate: page.status >= 500 ? 'away' : 'closed',
    content: html`!${explanation === '' ? '' : html`<p>${explanation}</p>`}
!${actions([page.next === null ? null : action(page.next.href, page.next.label)])}
!${help}`,
  })
}

export interface SignInFailedPage extends PageFrame {
  /** The fault's public sentence. */
  readonly sentence: string
  /** What may help, in our words: see `failureWords`. */
  readonly explanation: string
  /** Whether it is the sign-in service that is away. */
  readonly isAway?: boolean
  readonly contact: string | null
  /** Null: nothing that the person could do here would help. */
  readonly next: { readonly label: string; readonly href: string } | null
  /** What may help where that does not. */
  readonly instead?: { readonly label: string; readonly href: string } | null
}

/** A sign-in that did not come to an end. The code and state of its address are not repeated. */
export function signInFailedPage(page: SignInFailedPage): string {
  const help = page.next === null ? 'For help' : 'If that does not help'
  return pageDocument({
    ...page,
    title: page.sentence.replace(/\.$/, ''),
    gate: page.isAway ? 'away' : 'closed',
    content: html`<p>${page.explanation}</p>
!${actions([page.next, page.instead ?? null])}
!${helpLine(help, page.contact, page.requestId)}`,
  })
}

export interface ConfirmSignOutPage extends PageFrame {
  readonly account: Account | null
  /** The address that the confirmation is posted to. */
  readonly action: string
  /** Hidden fields of the form, such as `return_to`. */
  readonly fields: Readonly<Record<string, string>>
  readonly cancelHref: string
}

/** Sign-out is asked for by GET and done by POST, so that no link or picture of another site can do it. */
export function confirmSignOutPage(page: ConfirmSignOutPage): string {
  const fields = Object.entries(page.fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  const account = page.account === null ? '' : accountLine(page.account)
  return pageDocument({
    ...page,
    title: 'Sign out?',
    gate: 'open',
    content: html`!${account}
<p>You will be signed out here and, where it offers that, at your sign-in service.</p>
<form method="post" action="${page.action}">
!${fields}
<p class="actions"><button class="button" type="submit">Sign out</button><a class="button second" href="${page.cancelHref}">Stay signed in</a></p>
</form>`,
  })
}

const movingOnTexts = {
  'signing-out': ['Signing you out', 'You are signed out here. Moving on to your sign-in service.'],
  'signed-in': ['Signed in', 'Taking you to your page.'],
  'from-a-link': ['One moment', 'Taking you to your page.'],
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
export function movingOnPage(page: MovingOnPage): string {
  const to = typeof page.to === 'string' ? page.to : webAddress(page.to)
  const [title, text] = movingOnTexts[page.why]
  return pageDocument({
    ...page,
    title,
    gate: 'open',
    refreshTo: to,
    content: html`<p>${text}</p>
<p class="quiet"><a href="${to}">Continue</a> if nothing happens.</p>`,
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
export function signedOutPage(page: SignedOutPage): string {
  const provider = page.providerUrl ? webAddress(page.providerUrl) : null
  const notYet = page.everywhere
    ? ''
    : html`<p>The session could not be ended everywhere yet: that takes a few more moments.</p>`
  const still = page.stillAt
    ? html`<p>You are still signed in at <bdi>${page.stillAt}</bdi>: sign out there too where others use this browser.</p>`
    : ''
  return pageDocument({
    ...page,
    title: page.everywhere ? 'You are signed out' : 'You are signed out in this browser',
    gate: 'closed',
    content: html`!${notYet}!${still}<p>On a shared computer, close the browser too.</p>
!${actions([action(provider, 'Sign out at your sign-in service'), action(page.signInHref, 'Sign in again')])}`,
  })
}

function webAddress(url: URL): string {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new TypeError('not a web address')
  return url.href
}

/**
 * The headers of every page: nothing is loaded, run, framed, cached or told to where a link leads. Chromium holds
 * `form-action` against redirects after a post too, so no page posts to where an answer would leave the origin.
 */
export function pageHeaders(): Readonly<Record<string, string>> {
  return headers
}

const headers = Object.freeze({
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    `style-src '${stylesheetHash}'`,
    'img-src data:',
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
})

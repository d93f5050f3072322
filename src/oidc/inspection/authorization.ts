import type { ProviderSettings } from '../../core/gateway.ts'
import type { Transaction } from '../../core/session/transaction.ts'
import { authorizationUrl, canonicalRedirectUri } from '../login.ts'
import type { Metadata } from '../metadata.ts'
import { redirectStatuses } from '../metadata-redirect.ts'
import type { Transport } from '../transport.ts'

/** What an authorization endpoint says to `prompt=none` of nobody (OpenID Connect Core 3.1.2.6). */
export type AuthorizationAnswer =
  /** It sends back to the redirect URI that nobody is signed in: client and redirect URI are registered. */
  | { readonly kind: 'accepted'; readonly error: string }
  /** It sends back that something of the request is wrong; of that the redirect URI is not. */
  | { readonly kind: 'refused'; readonly error: string }
  /** It does not send back: so it is told when the client or the redirect URI is unknown (RFC 6749 4.1.2.1). */
  | { readonly kind: 'not-sent-back'; readonly status: number }
  /** A page of its own, or a redirect to one: it can be a sign-in or an error. */
  | { readonly kind: 'page'; readonly status: number }

export interface AskedAuthorization {
  readonly settings: ProviderSettings
  readonly metadata: Metadata
  readonly transport: Transport
  readonly transaction: Transaction
  readonly redirectUri: string
}

/** Nobody is signed in, as no cookie is sent; these say so, and that everything else was right. */
const nobodySignedIn: ReadonlySet<string> = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
])

/** Asks as a browser would that nobody is signed in with; follows nothing. Throws `ProviderFault`. */
export async function askAuthorization(asked: AskedAuthorization): Promise<AuthorizationAnswer> {
  const { settings, metadata, transport, transaction, redirectUri } = asked
  const url = await authorizationUrl(settings, metadata, transaction, redirectUri)
  url.searchParams.set('prompt', 'none')
  const headers = { accept: 'text/html' }
  const answer = await transport.request(url.href, { headers, showsRedirect: true })
  const back = redirectStatuses.has(answer.status)
    ? sentBack(answer.headers.get('location'), metadata.authorizationEndpoint, redirectUri)
    : formSent(await answer.text(), redirectUri)
  if (back !== null && back.state === transaction.state && back.error !== null)
    return { kind: nobodySignedIn.has(back.error) ? 'accepted' : 'refused', error: back.error }
  if (answer.status >= 400) return { kind: 'not-sent-back', status: answer.status }
  return { kind: 'page', status: answer.status }
}

interface SentBack {
  readonly error: string | null
  readonly state: string | null
}

function sentBack(location: string | null, asked: string, redirectUri: string): SentBack | null {
  const target = location === null ? null : URL.parse(location, asked)
  const own = new URL(canonicalRedirectUri(redirectUri))
  if (target === null || target.origin !== own.origin || target.pathname !== own.pathname) return null
  return { error: target.searchParams.get('error'), state: target.searchParams.get('state') }
}

/** `form_post` (OAuth 2.0 Form Post Response Mode): a page whose form is sent to the redirect URI by a script. */
function formSent(page: string, redirectUri: string): SentBack | null {
  if (!page.includes(redirectUri)) return null
  return { error: fieldOf(page, 'error'), state: fieldOf(page, 'state') }
}

function fieldOf(page: string, name: string): string | null {
  const fields = (page.match(/<input\b[^>]{0,2000}>/gi) ?? []).map((tag) => ({
    name: /\bname=["']([^"']*)["']/i.exec(tag)?.[1],
    value: /\bvalue=["']([^"']*)["']/i.exec(tag)?.[1],
  }))
  return fields.find((field) => field.name === name)?.value ?? null
}

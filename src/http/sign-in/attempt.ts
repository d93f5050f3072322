import type { App, Gateway, Origin } from '../../core/gateway.ts'
import { findProvider } from '../../core/provider-id.ts'
import { matchRoute } from '../../core/request/route-match.ts'
import { readTarget } from '../../core/request/target.ts'
import type { KnownAttempt } from '../../core/session/past-attempts.ts'
import { isInStorage } from '../../core/session/transaction.ts'
import type { Admission } from '../admission/admission.ts'

/** Whose attempt it is, for the log and the metrics; null where nobody can tell. Never guessed. */
export interface AttemptOf {
  readonly provider: string | null
  readonly app: string | null
}

/** Of a callback: by the attempt where this browser has one, else by the redirect URI that was called. */
export function attemptOf(
  { providers }: Pick<Gateway, 'providers'>,
  admission: Pick<Admission, 'origin' | 'target'>,
  attempt: KnownAttempt | null,
): AttemptOf {
  const { origin } = admission
  if (origin === null) return { provider: null, app: null }
  const asked = attempt === null ? null : findProvider(providers, origin.providers, attempt)
  const page = attempt === null || isInStorage(attempt.returnTo) ? null : attempt.returnTo
  return { provider: asked?.name ?? providerAt(admission, origin), app: appOfPage(origin, page) }
}

/** The one to whose redirect URI the browser came; null: none, or several that share it. */
function providerAt({ target }: Pick<Admission, 'target'>, { redirectUris }: Origin): string | null {
  const [provider, ...others] = redirectUris.find(({ path }) => path === target?.path)?.providers ?? []
  return provider === undefined || others.length > 0 ? null : provider
}

/** The app of the page that a sign-in is for; null: nobody knows the page, and the origin has several apps. */
export function appOfPage(origin: Origin, page: string | null): string | null {
  const [only, ...others] = origin.apps
  if (others.length === 0) return only?.name ?? null
  return page === null ? null : (appAt(origin, page)?.name ?? null)
}

/** The app to which a page belongs; null: none, or it is no page. */
export function appAt(origin: Origin, page: string): App | null {
  const reading = readTarget(page)
  return reading.ok ? matchRoute(origin, reading.target, 'GET').app : null
}

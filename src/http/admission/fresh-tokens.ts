import { isFault } from '../../core/fault.ts'
import type { Origin } from '../../core/gateway.ts'
import type { TokenHeader } from '../../core/headers/form.ts'
import { askForTokens } from '../../core/policy.ts'
import type { Awaitable } from '../../core/ports.ts'
import { toPrincipal } from '../../core/principal.ts'
import { findProvider } from '../../core/provider-id.ts'
import type { Session } from '../../core/session/session.ts'
import { lacksTokens, sendsAccessToken, tokensEndSoon } from '../../core/session/token-freshness.ts'
import { type Admission, judgesOf } from './admission.ts'
import type { CallerLookup } from './caller.ts'
import type { LiveSession } from './draft.ts'
import type { RoutedRequest } from './routed-request.ts'
import type { AdmissionContext, TokenOutcome, TokenRenewals } from './session-lookup.ts'

export type Judge = (lookup: CallerLookup) => Admission

/** A request that is let in to an app that gets a token with it. */
interface Wanting {
  readonly context: AdmissionContext
  readonly renewals: TokenRenewals
  readonly origin: Origin
  readonly routed: RoutedRequest
  readonly judge: Judge
  readonly headers: readonly TokenHeader[]
  readonly admission: Admission
  readonly live: LiveSession
}

/**
 * Judges, and where the app gets a token sees that it is fresh before the request goes on. Synchronous when nothing is
 * due. A session that the provider was asked for anew is judged anew, by what it says now. Where no token can be had,
 * the person signs in.
 */
export function withFreshTokens(
  context: AdmissionContext,
  origin: Origin,
  routed: RoutedRequest,
  judge: Judge,
): (lookup: CallerLookup) => Awaitable<Admission> {
  const { renewals } = context
  return (lookup) => {
    const admission = judge(lookup)
    const headers = headersOf(admission)
    if (headers.length === 0 || lookup.kind !== 'live' || renewals === undefined) return admission
    return ensureFresh({ context, renewals, origin, routed, judge, headers, admission, live: lookup })
  }
}

const none: readonly TokenHeader[] = []

/** Those that are sent with it: of somebody who is let in. */
function headersOf({ decision, location }: Admission): readonly TokenHeader[] {
  const isLetIn = decision.kind === 'allow' && decision.principal !== null
  return isLetIn && location !== null ? location.forwarding.tokenHeaders : none
}

function ensureFresh(wanting: Wanting): Awaitable<Admission> {
  const { context, renewals, headers, admission, live, judge } = wanting
  const { session } = live
  const now = context.clock.now()
  if (!tokensEndSoon(session, now))
    return lacksTokens(headers, session, now) ? askedToSignIn(wanting, 'none was kept') : admission
  // There is nothing to ask with. Before an app gets a token that ends on the way, a new sign-in brings one.
  if (session.tokens.refresh === null)
    return sendsAccessToken(headers)
      ? askedToSignIn(wanting, 'the provider gave no refresh token')
      : admission
  return renewals.freshTokens(session).then(
    (outcome) => afterAsking(wanting, outcome),
    (thrown: unknown) => {
      if (!isFault(thrown)) throw thrown
      return judge({ kind: 'unanswered', fault: thrown })
    },
  )
}

function afterAsking(wanting: Wanting, outcome: TokenOutcome): Admission {
  const { context, origin, headers, judge, admission, live } = wanting
  switch (outcome.kind) {
    case 'ended':
      return judge({ kind: 'none', why: outcome.why })
    // What was kept may still be good for a moment: it is not known to be over.
    case 'unanswered':
      return lacksTokens(headers, live.session, context.clock.now())
        ? askedToSignIn(wanting, 'the provider did not answer')
        : admission
    case 'live': {
      const { session } = outcome
      const again = judge(lookupOf(context, origin, live, session))
      // New ones are the freshest that there are, however short they live.
      const { access } = session.tokens
      const isNew = access !== null && access.value !== live.session.tokens.access?.value
      const isLacking = !isNew && lacksTokens(headers, session, context.clock.now())
      return isLacking && headersOf(again).length > 0
        ? askedToSignIn({ ...wanting, admission: again }, 'the provider gave no new one')
        : again
    }
  }
}

/** The same lookup with the session that the provider was asked for. */
function lookupOf(
  { gateway }: AdmissionContext,
  origin: Origin,
  live: LiveSession,
  session: Session,
): CallerLookup {
  const provider = findProvider(gateway.providers, origin.providers, session)
  const principal = provider === null ? null : toPrincipal(session, provider)
  return principal === null ? { kind: 'none', why: 'session-provider-gone' } : { ...live, session, principal }
}

/** The session stays: at other locations it is as good as before. `why` is for the log. */
function askedToSignIn({ admission, routed, live }: Wanting, why: string): Admission {
  if (routed.kind !== 'routed') throw new Error('a session was looked up for what was decided without one')
  const decision = askForTokens(judgesOf(admission), live.principal.provider, routed.facts)
  const detail = `no token for the app that is not over: ${why}`
  return { ...admission, decision, detail, principal: null, destination: null }
}

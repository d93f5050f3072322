import type { IncomingHttpHeaders } from 'node:http'
import type { AnyFault, FaultCode } from '../../core/fault.ts'
import type { Origin } from '../../core/gateway.ts'
import { findProvider } from '../../core/provider-id.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import { readLanding } from '../../core/session/landing.ts'
import type { KnownAttempt } from '../../core/session/past-attempts.ts'
import { keyOfAttempt, type WantedPage } from '../../core/session/storage-key.ts'
import { isInStorage, isKeptAttempt, isSecondAttempt } from '../../core/session/transaction.ts'
import { stateHash } from '../../core/session/transaction-cookie.ts'
import type { Admission } from '../admission/admission.ts'
import type { Answer } from '../pages/answer.ts'
import type { RequestContext } from '../server/context.ts'
import { attemptOf } from './attempt.ts'
import { tellOfFailure } from './failure.ts'
import { wasReplaced } from './past-attempts.ts'
import { startSignIn } from './start.ts'

export interface FruitlessAttempt {
  readonly origin: Origin
  readonly headers: IncomingHttpHeaders
  readonly transaction: KnownAttempt
}

/**
 * An attempt of this browser that came to nothing, through no fault of the person's, begins again by itself: with the
 * same provider, for the same page, asking for the same. Once, as the new one is marked, and as the browser knows of the
 * old one; null where it does not, and a page is the answer.
 */
export async function beginAgain(
  context: RequestContext,
  admission: Admission,
  { origin, headers, transaction }: FruitlessAttempt,
  fault: AnyFault,
): Promise<Answer | null> {
  if (!admission.wantsPage || isSecondAttempt(transaction)) return null
  // A provider that answers every request with the state of the first would be asked for ever.
  if (wasReplaced(context, origin, headers, transaction.state)) return null
  const { gateway } = context.runtime
  const provider = findProvider(gateway.providers, origin.providers, transaction)
  if (provider === null) return null
  tellOfFailure(context, admission, fault, attemptOf(gateway, admission, transaction))
  return await startSignIn(context, admission, headers, {
    provider: provider.name,
    page: pageOf(transaction, origin, gateway.authPrefix),
    wish: transaction.wish ?? plainWish,
    isSecond: true,
    insteadOf: transaction,
  })
}

/** The page that an attempt was for. */
export function pageOf(
  { returnTo, state }: Pick<KnownAttempt, 'returnTo' | 'state'>,
  origin: Origin,
  authPrefix: string,
): WantedPage {
  const keptAs = isKeptAttempt({ state }) ? keyOfAttempt(stateHash(state)) : null
  return { returnTo: readLanding(returnTo, origin, authPrefix), isWhole: !isInStorage(returnTo), keptAs }
}

/** Whether a sign-in that failed so may well succeed the next time, without anybody doing anything. */
export function mayHelp(code: FaultCode): boolean {
  return code === 'LOGIN_UNAVAILABLE' || code === 'LOGIN_UNFINISHED'
}

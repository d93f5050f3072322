import { limits } from '../limits/table.ts'
import type { Claims } from '../rules/claims.ts'
import { type AuthorizationWish, plainWish } from '../session/authorization-wish.ts'
import { clockToleranceSeconds, type EpochSeconds, type Session } from '../session/session.ts'
import { type Assurance, type SignInTimes, type StepUp, stepUpMet, stepUpReturned } from '../step-up.ts'

/**
 * What is asked of the provider: that it asks the person, however lately it did. A provider that tells `auth_time` is held
 * to it; `select_account` where it knows no `login`, which at least shows a page that somebody has to use.
 */
export function recentSignIn(prompt: 'login' | 'select_account'): StepUp {
  return {
    ...{ acrValues: [], authContext: null, maxAgeSeconds: limits.ownKeySignInSeconds, lastsSeconds: null },
    ...{ scopes: [], prompt, authorizationParameters: plainWish.passed },
  }
}

/**
 * Whether somebody signed in within the last minutes, rather than that a session or an app's script went on. By `auth_time`,
 * of the provider's clock. Where it tells none, the time of our own sign-in counts if the provider was told to ask the
 * person: any other may have come about without anybody doing anything.
 */
export function isRecentSignIn(
  { claims, scopes, signedInAt, signIn }: Pick<Session, 'claims' | 'scopes' | 'signedInAt' | 'signIn'>,
  now: EpochSeconds,
): boolean {
  if (tellsTime(claims)) return stepUpMet(recentSignIn('login'), { claims, scopes }, now)
  return (
    signIn.isForced === true &&
    signedInAt <= now + clockToleranceSeconds &&
    now < signedInAt + limits.ownKeySignInSeconds
  )
}

/**
 * Whether a sign-in that was begun for it brought it. `before`: the session that asked, as far as it is known. A provider
 * that told `auth_time` then and tells none now was asked something else than we wrote.
 */
export function recentSignInReturned(
  stepUp: StepUp,
  assurance: Assurance,
  { before, ...times }: SignInTimes & { readonly before: Pick<Session, 'claims'> | null },
): boolean {
  if (tellsTime(assurance.claims)) return stepUpReturned(stepUp, assurance, times)
  return before === null || !tellsTime(before.claims)
}

/** Whether the provider was told to ask the person, for the page of their own keys. */
export function isForced(wish: AuthorizationWish | null): boolean {
  return wish?.keyForm !== undefined && wish.stepUp !== null && wish.stepUp.prompt !== null
}

function tellsTime(claims: Claims): boolean {
  return Object.hasOwn(claims, 'auth_time') && claims.auth_time !== null
}

import { LoginFault } from '../core/fault.ts'
import type { EpochSeconds } from '../core/session/session.ts'

const toleranceSeconds = 60
const maxIssuedAheadSeconds = 5 * 60
/** In the code flow the token was made a moment ago; an old one is somebody else's. */
const maxIssuedAgoSeconds = 10 * 60

/** What would be right, for operators. */
export const clockCure =
  'The clock of this machine or that of the provider is wrong, or ID tokens live too short a time there'

/**
 * The times of an ID token, held against our clock (OpenID Connect Core 3.1.3.7, 9 and 10). Throws `LoginFault`
 * LOGIN_CLOCK_DIFFERS: a token of the right provider fails so when one of the two clocks is wrong.
 */
export function checkTimes(
  { exp, iat, nbf }: { readonly exp: number; readonly iat: number; readonly nbf: number | null },
  now: EpochSeconds,
): void {
  if (exp <= now - toleranceSeconds) throw differs('exp', exp, now, toleranceSeconds)
  if (iat > now + maxIssuedAheadSeconds) throw differs('iat', iat, now, maxIssuedAheadSeconds)
  if (iat < now - maxIssuedAgoSeconds) throw differs('iat', iat, now, maxIssuedAgoSeconds)
  if (nbf !== null && nbf > now + toleranceSeconds) throw differs('nbf', nbf, now, toleranceSeconds)
}

function differs(claim: string, time: number, now: EpochSeconds, mostSeconds: number): LoginFault {
  const apart = time > now ? `${time - now} seconds ahead of` : `${now - time} seconds ago by`
  return new LoginFault(
    'LOGIN_CLOCK_DIFFERS',
    `the ID token is refused: ${claim} is ${time}, ${apart} our clock, which says ${now}; at most ${mostSeconds} are accepted. ${clockCure}`,
  )
}

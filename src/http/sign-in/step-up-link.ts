import type { Challenge } from '../../core/decision.ts'
import type { Origin, ProviderSettings } from '../../core/gateway.ts'
import { findProvider, type ProviderId } from '../../core/provider-id.ts'
import { accountHash } from '../../core/session/account-hash.ts'
import { type AuthorizationWish, plainWish } from '../../core/session/authorization-wish.ts'
import type { Sealed } from '../../core/session/seal.ts'
import { openWish, sealWish } from '../../core/session/sealed-wish.ts'
import type { Session } from '../../core/session/session.ts'
import type { StepUp } from '../../core/step-up.ts'
import { stepUpChallenge } from '../../core/step-up-challenge.ts'
import type { Admission } from '../admission/admission.ts'
import type { AskedStepUp } from '../pages/step-up-answer.ts'
import type { RequestContext } from '../server/context.ts'

type Runtime = RequestContext['runtime']

/** A step-up of whoever has this session: another account that comes back changes nothing. */
export function stepUpWish(
  { ring }: Pick<Runtime, 'ring'>,
  session: Session,
  stepUp: StepUp,
): AuthorizationWish {
  return { ...plainWish, stepUp, account: accountHash(ring, session) }
}

/** What a link to `/.auth/login` carries of a wish that nobody may edit; null: of one that asks for no step-up. */
export function stepUpLink(
  { ring, random, clock }: Pick<Runtime, 'ring' | 'random' | 'clock'>,
  origin: Origin,
  provider: ProviderId,
  wish: AuthorizationWish | null,
): Sealed | null {
  if (wish === null || wish.stepUp === null) return null
  // What the link itself says stands beside it.
  const sealed = { ...wish, otherAccount: false, passed: plainWish.passed }
  return sealWish(ring, origin, { provider, wish: sealed }, { random, now: clock.now() })
}

/** The step-up that a challenge asks for, as an answer says it; null: none. */
export function askedStepUp(
  { runtime }: Pick<RequestContext, 'runtime'>,
  { origin, session }: Pick<Admission, 'origin' | 'session'>,
  { stepUp }: Pick<Challenge, 'stepUp'>,
): AskedStepUp | null {
  if (stepUp === null || origin === null || session === null) return null
  const link = stepUpLink(runtime, origin, session, stepUpWish(runtime, session, stepUp))
  return link && { link, challenge: stepUpChallenge(stepUp, session, runtime.clock.now()) }
}

/** What such a link asks for, and of whom. */
export interface LinkedStepUp {
  readonly provider: ProviderSettings
  readonly wish: AuthorizationWish
}

/**
 * Reads `step_up` of an address. Null for what is none of this origin, or old, or of a provider that is accepted no
 * more: then it is a plain sign-in, after which the page asks for its step-up again.
 */
export function readStepUpLink(
  { ring, clock, gateway }: Pick<Runtime, 'ring' | 'clock' | 'gateway'>,
  origin: Origin,
  raw: string | null,
): LinkedStepUp | null {
  if (raw === null) return null
  const time = { timeoutSeconds: gateway.session.signInTimeoutSeconds, now: clock.now() }
  const linked = openWish(ring, origin, raw, time)
  const provider = linked && findProvider(gateway.providers, origin.providers, linked.provider)
  return linked && provider && { provider, wish: linked.wish }
}

import type { AnyFault } from '../../core/fault.ts'
import type { App, Location } from '../../core/gateway.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import type { Awaitable } from '../../core/ports.ts'
import type { Principal } from '../../core/principal.ts'
import type { EpochSeconds } from '../../core/session/session.ts'

/** `limits` of locations: how many requests are let in. */
export interface RequestLimits {
  /** By `client_ip`: before anybody is looked up. At once, and no work, where the location has no such limit. */
  drawBefore(location: Location, app: App, network: ClientNetwork, now: EpochSeconds): Awaitable<LimitVerdict>
  /**
   * All others, when the decision is to let in, and by the location that judges alone. `principal`: null where nobody was
   * identified, as at `anyone`; a limit `per: app` counts all the same. A refused request draws from no limit but the one
   * that is over.
   */
  draw(location: Location, app: App, principal: Principal | null, now: EpochSeconds): Awaitable<LimitVerdict>
}

export type LimitVerdict =
  | { readonly kind: 'within' }
  | { readonly kind: 'over'; readonly limit: string; readonly retryAfterSeconds: number }
  /** What counts did not answer, and the location says `limits_fail: closed`. */
  | { readonly kind: 'unanswered'; readonly fault: AnyFault }

const within: LimitVerdict = { kind: 'within' }

export function createRequestLimits(): RequestLimits {
  return { drawBefore: () => within, draw: () => within }
}

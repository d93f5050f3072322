import type { Decision } from './decision.ts'
import type { Gateway, Location, Origin } from './gateway.ts'

/** What the rehearsed rules say of a request, for the log and the metrics alone: nothing else may depend on it. */
export interface ShadowVerdict {
  readonly decision: Decision
  /** Null: nowhere. */
  readonly location: Location | null
  /** For the log: which condition failed, with expected and actual value. */
  readonly detail: string | null
  /** What the rules in force said. The admission's own decision may change yet, when a request cannot be sent. */
  readonly enforced: Decision
}

/** Whether the rehearsed rules would have decided something else, or for another reason. A reason is of one kind alone. */
export function differs({ decision, enforced }: ShadowVerdict): boolean {
  return decision.reason !== enforced.reason
}

/** The same origin with the rehearsed rules; null when none are. */
export function shadowOrigin({ shadow }: Gateway, { origin }: Origin): Origin | null {
  return shadow === null ? null : (shadow.origins.get(origin) ?? null)
}

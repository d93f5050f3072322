import type { Location } from '../../core/gateway.ts'
import { type Counter, countersBefore, countersOf } from '../../core/limits/counter.ts'
import { windowText } from '../../core/limits/request-limit.ts'
import { isOwnPreflight } from '../../http/admission/cors.ts'
import type { ProbeResult } from '../../http/admission/probe.ts'

/** A limit that such a request draws from, with what it comes to for this person, key or network. */
export interface DrawnLimit {
  readonly name: string
  readonly kind: 'rate' | 'quota'
  readonly count: number
  /** `1m`. */
  readonly window: string
}

/** Nothing is drawn here, so how much is left nobody tells. Those of a network come first, as they are drawn first. */
export function limitsOn(
  [location]: readonly Location[],
  { admission, who }: ProbeResult,
): readonly DrawnLimit[] {
  const { app, network } = admission
  if (app === null || location === undefined || location.access.kind === 'nobody') return []
  const before = countersBefore(location, app, network)
  return (isOwnPreflight(admission) ? before : [...before, ...countersOf(location, app, who)]).map(toDrawn)
}

function toDrawn({ limit: name, amount: { kind, count, windowSeconds } }: Counter): DrawnLimit {
  return { name, kind, count, window: windowText(windowSeconds) }
}

/** `plan (rate 60/1h), user 100/1m`. */
export function limitsText(limits: readonly DrawnLimit[]): string {
  return limits
    .map(({ name, kind, count, window }) =>
      name.endsWith(` ${count}/${window}`) ? name : `${name} (${kind} ${count}/${window})`,
    )
    .join(', ')
}

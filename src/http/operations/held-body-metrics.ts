import { Counter, Gauge, type Registry } from 'prom-client'
import type { HeldBodies } from '../../runtime/held-share.ts'
import type { metricLabels } from './metric-names.ts'

type Name =
  | 'claimgate_held_body_bytes'
  | 'claimgate_held_body_limit_bytes'
  | 'claimgate_held_body_refusals_total'

/** Name, sentence, labels and place of a metric, as the library takes them. */
type ShapeOf = <N extends Name>(
  name: N,
) => {
  readonly name: N
  readonly help: string
  labelNames: (typeof metricLabels)[N][number][]
  registers: Registry[]
}

export interface HeldBodyMetrics {
  /** Whom to ask whenever somebody reads. */
  show(held: () => HeldBodies): void
  refresh(): void
}

/** What is said of request bodies that are held. Of a process that holds none it is nothing. */
export function createHeldBodyMetrics(shape: ShapeOf): HeldBodyMetrics {
  const bytes = new Gauge(shape('claimgate_held_body_bytes'))
  const most = new Gauge(shape('claimgate_held_body_limit_bytes'))
  const refusals = new Counter(shape('claimgate_held_body_refusals_total'))
  let ask: (() => HeldBodies) | null = null
  return {
    show: (held) => {
      ask = held
    },
    refresh: () => {
      if (ask === null) return
      const held = ask()
      bytes.set(held.bytes)
      most.set(held.mostBytes)
      refusals.reset()
      for (const bound of ['network', 'all'] as const) refusals.inc({ bound }, held.refusals[bound])
    },
  }
}

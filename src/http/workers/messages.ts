import type { CertificateEnd } from '../../core/certificate.ts'
import type { GivenConfiguration } from '../../runtime/agreement.ts'
import type { MetricSamples } from '../operations/metric-samples.ts'
import type { Readiness } from '../operations/readiness.ts'
import type { SharedEvent } from './shared-events.ts'

/** What a worker needs to serve as all others do. */
export interface WorkerStart extends GivenConfiguration {
  /** Of the process that started it: a worker of another one does not serve. */
  readonly version: string
  /** As it was named; for messages. */
  readonly file: string
  readonly cwd: string
  /** Of the whole gateway: what request ids begin with, and what `claimgate doctor` knows it by. */
  readonly instances: { readonly requests: string; readonly runtime: string }
  /** How many workers share what is bounded for all of them. */
  readonly workers: number
  /** Whether the output that its lines come to is a terminal. */
  readonly isTerminal: boolean
  /** Where the Unix sockets of `listen` are made at first, by its order; null: that place is no such socket. */
  readonly drafts: readonly (string | null)[]
  readonly connectionsOfNetwork: number | null
}

export type ToWorker =
  | { readonly kind: 'start'; readonly start: WorkerStart }
  | { readonly kind: 'prepare'; readonly id: number; readonly next: GivenConfiguration }
  | { readonly kind: 'commit'; readonly id: number }
  | { readonly kind: 'abort' }
  | { readonly kind: 'ask'; readonly id: number }
  | { readonly kind: 'stop'; readonly graceMs: number }

/** What a worker says of itself when it is asked. */
export interface WorkerAnswer {
  readonly readiness: Readiness
  readonly samples: readonly MetricSamples[]
}

/** Why a worker could not begin, with what the system said of the address. */
export interface StartFailure {
  readonly message: string
  /** A fault says itself what would be right. */
  readonly isFault: boolean
  readonly system: Readonly<Record<string, string | number>>
}

export type FromWorker =
  | { readonly kind: 'listening'; readonly ports: readonly number[] }
  | { readonly kind: 'failed'; readonly failure: StartFailure }
  | { readonly kind: 'prepared'; readonly id: number; readonly faults: readonly string[] }
  | { readonly kind: 'committed'; readonly id: number }
  /** Null: it could not say. */
  | { readonly kind: 'answer'; readonly id: number; readonly answer: WorkerAnswer | null }
  | { readonly kind: 'event'; readonly event: SharedEvent }
  | { readonly kind: 'certificate'; readonly certificate: CertificateEnd }

const toWorker: ReadonlySet<unknown> = new Set<ToWorker['kind']>([
  ...(['start', 'prepare', 'commit', 'abort', 'ask', 'stop'] as const),
])
const fromWorker: ReadonlySet<unknown> = new Set<FromWorker['kind']>([
  ...(['listening', 'failed', 'prepared', 'committed', 'answer', 'event', 'certificate'] as const),
])

/** Of the same program on both sides: `start` says its version first. Others send here too: Node's own cluster. */
export function isToWorker(message: unknown): message is ToWorker {
  return hasKindOf(message, toWorker)
}

export function isFromWorker(message: unknown): message is FromWorker {
  return hasKindOf(message, fromWorker)
}

function hasKindOf(message: unknown, kinds: ReadonlySet<unknown>): boolean {
  return typeof message === 'object' && message !== null && 'kind' in message && kinds.has(message.kind)
}

import type { AwsCredentialEvent } from '../../core/aws-credential-event.ts'
import { UpstreamFault } from '../../core/fault.ts'
import { limits } from '../../core/limits/table.ts'
import type { Timing } from '../timing.ts'
import type { CredentialSource } from './credential-source.ts'
import { isOver, pauseMs, renewalAtMs } from './credential-times.ts'
import type { AwsCredentials } from './signature.ts'
import { CredentialFailure, failureWords } from './words.ts'

interface Renewing {
  /** Asks once. What it rejects with is told by its words alone: see `failureWords`. */
  readonly fetch: () => Promise<AwsCredentials>
  readonly whose: string
  readonly timing: Timing
  /** From 0 to below 1: spreads the renewals of many processes. */
  readonly random: () => number
  readonly note: (event: AwsCredentialEvent) => void
}

/** A source that renews what it has by itself, until it is closed. */
export interface RenewedSource extends CredentialSource {
  /** Fetches nothing more, and forgets what it has. */
  close(): void
}

interface Held {
  readonly credentials: AwsCredentials
  /** By the wall clock, as their end is. */
  readonly renewAtMs: number
  /** AWS said that they are over, which may be no more than what one app says: they wait for what the next fetch brings. */
  readonly doubted: boolean
}

/**
 * Credentials that are renewed ahead of their end for as long as the source is open, whether somebody asks or not: the first
 * request of a morning does not wait, and a role that was taken away is in the log before the last credentials of it end.
 * Those that are there serve until their end, also when AWS calls them over and no next ones can be had: the word of one app
 * must not take them from all. After a failure the pauses grow; whoever asks within one is refused at once.
 * Ends go by the wall clock, pauses by the steady one.
 */
export function createRenewedSource({ fetch, whose, timing, random, note }: Renewing): RenewedSource {
  let held: Held | null = null
  let flight: Promise<AwsCredentials> | null = null
  let failures = 0
  let fault: UpstreamFault | null = null
  let pausedUntilMs = 0
  let refusedUntilMs = Number.NEGATIVE_INFINITY
  let stopTimer = (): void => {}
  let closed = false

  const wallMs = (): number => timing.now() * 1000

  function living(): Held | null {
    if (held !== null && isOver(held.credentials.endsAtMs, wallMs())) held = null
    return held
  }

  /** Those that sign now. */
  function serving(): Held | null {
    const now = living()
    return now?.doubted === true && flight !== null ? null : now
  }

  function begin(): Promise<AwsCredentials> {
    stopTimer()
    flight = withinTime(fetch, timing).then(took, failed)
    return flight
  }

  function took(credentials: AwsCredentials): AwsCredentials {
    const { endsAtMs } = credentials
    if (endsAtMs !== null && isOver(endsAtMs, wallMs()))
      return failed(
        new CredentialFailure(`those that came ended at ${new Date(endsAtMs).toISOString()} already`),
      )
    flight = null
    if (closed) return credentials
    held = { credentials, renewAtMs: renewalAtMs(endsAtMs, wallMs(), random), doubted: false }
    const { accessKeyId, sessionToken } = credentials
    note({ kind: 'fetched', whose, accessKeyId, isTemporary: sessionToken !== null, endsAtMs, failures })
    failures = 0
    fault = null
    schedule()
    return credentials
  }

  function schedule(): void {
    if (held === null || held.renewAtMs === Number.POSITIVE_INFINITY) return
    wakeIn(held.renewAtMs - wallMs(), renewIfDue)
  }

  /** A clock that was set meanwhile, or a machine that slept, makes the time another one. */
  function renewIfDue(): void {
    if (held !== null && wallMs() < held.renewAtMs) schedule()
    else renew()
  }

  function wakeIn(ms: number, call: () => void): void {
    stopTimer()
    if (!closed) stopTimer = timing.after(Math.min(ms, dayMs), call)
  }

  function failed(thrown: unknown): never {
    flight = null
    failures++
    const pause = pauseMs(failures)
    pausedUntilMs = timing.nowMs() + pause
    const words = failureWords(thrown)
    const { endsAtMs = null } = living()?.credentials ?? {}
    if (held !== null) held = { ...held, doubted: false }
    fault = new UpstreamFault('AWS_CREDENTIALS_UNAVAILABLE', `credentials of ${whose}: ${words}`)
    if (!closed) {
      note({ kind: 'failed', whose, words, pauseMs: pause, living: held !== null, endsAtMs })
      wakeIn(pause, () => {
        pausedUntilMs = 0
        renew()
      })
    }
    throw fault
  }

  /** In the background: what comes of it is noted, and seen by whoever asks next. */
  function renew(): void {
    if (closed || flight !== null || timing.nowMs() < pausedUntilMs) return
    begin().catch(() => {})
  }

  return {
    whose,
    current() {
      const now = serving()
      if (now === null) return null
      if (wallMs() >= now.renewAtMs) renew()
      return now.credentials
    },
    load() {
      const now = serving()
      if (now !== null) return Promise.resolve(now.credentials)
      if (flight !== null) return flight
      if (closed) return Promise.reject(new UpstreamFault('AWS_CREDENTIALS_UNAVAILABLE', 'the gateway stops'))
      if (fault !== null && timing.nowMs() < pausedUntilMs) return Promise.reject(fault)
      return begin()
    },
    refused(credentials) {
      if (held?.credentials !== credentials || timing.nowMs() < refusedUntilMs) return
      refusedUntilMs = timing.nowMs() + limits.awsRefusedPauseMs
      held = { ...held, doubted: true }
      renew()
    },
    close() {
      closed = true
      held = null
      stopTimer()
    },
  }
}

/**
 * What comes too late is not taken any more: the next ones may be there by then. What hangs for ever, as AWS's package does
 * where an answer breaks off, costs one attempt a pause.
 */
function withinTime(
  fetch: () => Promise<AwsCredentials>,
  timing: Pick<Timing, 'after'>,
): Promise<AwsCredentials> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new CredentialFailure(`nothing came within ${limits.awsFetchMs} ms`))
    const stop = timing.after(limits.awsFetchMs, late)
    fetch().finally(stop).then(resolve, reject)
  })
}

/** A timer of Node holds no more than 31 bits; in between it is looked at the clock again. */
const dayMs = 86_400_000

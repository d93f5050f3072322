import type { AwsCredentialEvent } from '../../core/aws-credential-event.ts'
import type { Clock } from '../../core/ports.ts'
import type { Log } from './log.ts'

export interface CredentialsLeft {
  readonly whose: string
  /** 0: there are none. */
  readonly seconds: number
}

interface AwsCredentialNotes {
  note(event: AwsCredentialEvent): void
  /** Of all that end or could not be had. */
  left(): readonly CredentialsLeft[]
}

/**
 * Says of each time that credentials for AWS came, by which key AWS's own logs know who signs; of each time that they could
 * not be had, which grow rarer as the pauses between them grow, and once when they came again; keeps when they end.
 */
export function createAwsCredentialNotes(
  log: Pick<Log, 'event'>,
  clock: Pick<Clock, 'now'>,
): AwsCredentialNotes {
  const ends = new Map<string, number>()

  function keep(whose: string, endsAtMs: number | null): { readonly ends_at?: number } {
    if (endsAtMs === null) {
      ends.delete(whose)
      return {}
    }
    const endsAt = Math.floor(endsAtMs / 1000)
    ends.set(whose, endsAt)
    return { ends_at: endsAt }
  }

  return {
    note(event) {
      const { whose } = event
      switch (event.kind) {
        case 'fetched': {
          const { failures: count, accessKeyId } = event
          const facts = { whose, access_key: accessKeyId, ...keep(whose, event.endsAtMs) }
          if (count === 0) log.event('info', 'aws.credentials-fetched', facts)
          else log.event('info', 'aws.credentials-renewed', { ...facts, count })
          break
        }
        case 'failed': {
          const { words: error, living, pauseMs, endsAtMs } = event
          const kept = living ? keep(whose, endsAtMs) : {}
          if (!living) ends.set(whose, 0)
          const retryAt = clock.now() + Math.ceil(pauseMs / 1000)
          const facts = { whose, error, retry_at: retryAt, ...kept }
          log.event(living ? 'warn' : 'error', 'aws.credentials-failed', facts)
          break
        }
        case 'dropped':
          ends.delete(whose)
          break
      }
    },
    left: () => [...ends].map(([whose, endsAt]) => ({ whose, seconds: Math.max(0, endsAt - clock.now()) })),
  }
}

import { keyFacts } from '../../../core/keys/key-facts.ts'
import type { KeyPage } from '../../../core/keys/key-store.ts'
import { limits } from '../../../core/limits/table.ts'
import type { EpochSeconds } from '../../../core/session/session.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { Log } from '../log.ts'

export interface SleepingKeyWatch {
  /** Looks now, if nobody did today. A timer does this; tests do it themselves. Never rejects. */
  look(): Promise<void>
  stop(): void
}

const daySeconds = 86_400
/** What is said once is not read in time. */
const lastDays = 7
const lookEveryMs = 3_600_000

/**
 * Says daily which keys of people fall asleep within a week, unless these sign in again. A key that ends before is not told,
 * nor one that sleeps. Each gateway on a shared store says it; of one with workers the process that watches over them.
 */
export function watchSleepingKeys(
  runtime: () => Pick<Runtime, 'gateway' | 'keys' | 'clock'>,
  log: Pick<Log, 'event' | 'fault'>,
): SleepingKeyWatch {
  let told: number | null = null
  const look = async (): Promise<void> => {
    const now = runtime().clock.now()
    const day = Math.floor(now / daySeconds)
    if (day === told) return
    told = day
    try {
      await tellAll(runtime(), log, now)
    } catch (thrown) {
      // Tried again at the next look, in an hour.
      told = null
      log.fault('store.failed', thrown, {})
    }
  }
  const timer = setInterval(() => void look(), lookEveryMs).unref()
  return { look, stop: () => clearInterval(timer) }
}

async function tellAll(
  { gateway, keys }: Pick<Runtime, 'gateway' | 'keys'>,
  log: Pick<Log, 'event'>,
  now: EpochSeconds,
): Promise<void> {
  const { apiKeys, providers } = gateway
  // Without it people have no keys.
  if (keys === null || apiKeys === null || apiKeys.selfService === null) return
  let after: string | null = null
  let count = 0
  do {
    const page: KeyPage = await keys.store.list({ after, most: limits.keysOfPage })
    for (const key of page.keys) {
      const { state, name, user, provider, sleeps_at, expires_at } = keyFacts(
        key,
        { apiKeys, providers },
        now,
      )
      const isDue = state === 'active' && sleeps_at !== null && sleeps_at <= now + lastDays * daySeconds
      if (!isDue || (expires_at !== null && expires_at <= sleeps_at)) continue
      count += 1
      if (count > limits.sleepingKeysTold) return
      log.event('warn', 'key.sleeps-soon', {
        key: key.id,
        name,
        subject: user,
        provider: provider ?? undefined,
        sleeps_at,
      })
    }
    after = page.next
  } while (after !== null)
}

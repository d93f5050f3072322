import { StoreFault } from '../../core/fault.ts'
import { type Counter, windowEnd } from '../../core/limits/counter.ts'
import type { LimitStore } from '../../core/limits/limit-store.ts'
import type { Awaitable } from '../../core/ports.ts'
import type { RecordSeal } from '../../core/session/record-seal.ts'
import { fingerprint } from '../../core/session/seal.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { RedisSettings } from '../../core/session-store-settings.ts'
import { toStoreFault as toRedisFault } from '../redis/fault.ts'
import { openServers } from '../redis/open-servers.ts'
import { createMemoryRates, createRedisRates } from './rates.ts'
import { createRedisQuotas } from './redis-quotas.ts'
import { createSqliteCounters } from './sqlite-counters.ts'
import { openLimitFile } from './sqlite-limit-file.ts'
import type { Counters, StoredCounter } from './stored.ts'

/** Where requests are counted. */
export type LimitPlace =
  /** `shared`: other processes of this machine take requests too, so that rates cannot be in memory. */
  | { readonly kind: 'local'; readonly dataFolder: string; readonly shared: boolean }
  /** Names there are keyed hashes: others may read them. */
  | { readonly kind: 'redis'; readonly settings: RedisSettings; readonly seal: Pick<RecordSeal, 'index'> }

interface Parts {
  readonly rates: Counters
  readonly quotas: Counters
  readonly nameOf: (subject: string) => string
  readonly toFault: (thrown: unknown) => StoreFault
  readonly close: () => void
}

/** Throws a StoreFault when the file cannot be used. Of Redis nothing is told here: whoever counts is told. */
export function openLimitStore(place: LimitPlace, answerMs?: number): LimitStore {
  const { rates, quotas, nameOf, toFault, close } = partsOf(place, answerMs)

  function countersOf({ amount }: Counter): Counters {
    switch (amount.kind) {
      case 'rate':
        return rates
      case 'quota':
        return quotas
    }
  }

  function stored({ amount, subject, ofNetworks }: Counter, now: EpochSeconds): StoredCounter {
    const { kind, count, windowSeconds } = amount
    const name = `${kind}:${windowSeconds}:${nameOf(subject)}`
    return { name, count, windowSeconds, until: windowEnd(amount, now), ofNetworks }
  }

  return {
    take: (counter, now) => translated(() => countersOf(counter).take(stored(counter, now), now), toFault),
    giveBack: (counter, now) =>
      translated(() => countersOf(counter).giveBack(stored(counter, now), now), toFault),
    close,
  }
}

function partsOf(place: LimitPlace, answerMs: number | undefined): Parts {
  switch (place.kind) {
    case 'local': {
      const file = openLimitFile(place.dataFolder)
      const counters = createSqliteCounters(file)
      return {
        rates: place.shared ? counters : createMemoryRates(),
        quotas: counters,
        nameOf: (subject) => fingerprint(subject, 'base64url'),
        toFault: (thrown) =>
          thrown instanceof StoreFault
            ? thrown
            : new StoreFault(
                'STORE_UNAVAILABLE',
                `the store of the limits ${file.path} does not answer`,
                thrown,
              ),
        close: () => file.database.close(),
      }
    }
    case 'redis': {
      const { settings, seal } = place
      const servers = openServers(settings, answerMs)
      return {
        rates: createRedisRates(servers, settings.keyPrefix),
        quotas: createRedisQuotas(servers, settings.keyPrefix),
        nameOf: (subject) => seal.index('limit', [subject]),
        toFault: toRedisFault,
        close: () => servers.close(),
      }
    }
  }
}

function translated<T>(work: () => Awaitable<T>, toFault: (thrown: unknown) => StoreFault): Awaitable<T> {
  const fail = (thrown: unknown): never => {
    throw toFault(thrown)
  }
  try {
    const result = work()
    return result instanceof Promise ? result.catch(fail) : result
  } catch (thrown) {
    return fail(thrown)
  }
}

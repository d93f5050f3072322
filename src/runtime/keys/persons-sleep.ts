import type { Gateway } from '../../core/gateway.ts'
import { keyEndsAt } from '../../core/keys/ended-key.ts'
import type { KeyPage, KeyStore, SleepingPerson } from '../../core/keys/key-store.ts'
import { limits } from '../../core/limits/table.ts'
import type { ProviderId } from '../../core/provider-id.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { hasKeyFile } from '../../store/keys/sqlite-key-file.ts'
import { openKeysOfCommand } from './open.ts'

/** What a command says and does of the keys that a person made, or that were made for them. */
export interface KeysOfPerson {
  /** How many are awake. Rejects with a StoreFault. */
  awake(person: SleepingPerson, now: EpochSeconds): Promise<number>
  /** Puts them to sleep, and says how many were awake. Rejects with a StoreFault. */
  sleep(person: SleepingPerson, now: EpochSeconds): Promise<number>
}

type Means = Parameters<typeof openKeysOfCommand>[1]

/** Null: the configuration has no keys, or none were made. The store is open while it is asked. */
export function keysOfPerson(gateway: Gateway, means: Means): KeysOfPerson | null {
  const { apiKeys, dataFolder } = gateway
  if (apiKeys === null || (apiKeys.store.kind === 'sqlite' && !hasKeyFile(dataFolder))) return null
  const open = async <T>(ask: (keys: KeyStore) => Promise<T>): Promise<T> => {
    const keys = openKeysOfCommand(gateway, means)
    try {
      return await ask(keys)
    } finally {
      await keys.close()
    }
  }
  return {
    awake: (person, now) => open(async (keys) => (await awakeIds(keys, person, now)).length),
    sleep: (person, now) =>
      open(async (keys) => {
        // All of them; those that open nothing anyway are not counted.
        const awake = await awakeIds(keys, person, now)
        await keys.sleepOwner(person)
        return awake.length
      }),
  }
}

async function awakeIds(
  keys: Pick<KeyStore, 'list'>,
  { user, provider }: SleepingPerson,
  now: EpochSeconds,
): Promise<readonly string[]> {
  const awake: string[] = []
  let after: string | null = null
  do {
    const page: KeyPage = await keys.list({ user, ...ofProvider(provider), after, most: limits.keysOfPage })
    for (const key of page.keys) {
      const endsAt = keyEndsAt(key)
      if (key.owner.kind === 'person' && !key.asleep && (endsAt === null || endsAt > now)) awake.push(key.id)
    }
    after = page.next
  } while (after !== null)
  return awake
}

function ofProvider(provider: ProviderId | undefined): { readonly provider?: ProviderId } {
  return provider === undefined ? {} : { provider }
}

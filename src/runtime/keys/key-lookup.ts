import type { Gateway } from '../../core/gateway.ts'
import type { KnownKey } from '../../core/keys/judgement.ts'
import { keyPrincipal } from '../../core/keys/key-principal.ts'
import type { Awaitable } from '../../core/ports.ts'
import { settle } from '../settle.ts'
import type { KeyFinder } from './key-finder.ts'

/** What of a configuration keys depend on. */
export type KeyGateway = Pick<Gateway, 'apiKeys' | 'providers' | 'hosts'>

/** A key, and who whoever has it is. */
export type FoundKey = Pick<KnownKey, 'key' | 'who'>

/** Where keys are found by their id: in the file, else in the store. */
export interface KeyLookup {
  /**
   * `answer` makes of what was found what is returned, at once where no store is asked. `isOfKey`: nobody guesses the id.
   * Throws, or rejects with, a StoreFault when the store does not answer.
   */
  find<T>(
    id: string,
    isOfKey: boolean,
    answer: (found: FoundKey | 'none' | { readonly busyForMs: number }) => T,
  ): Awaitable<T>
  /** What is known of it without the store, however old. */
  lastKnown(id: string): Pick<FoundKey, 'key'> | undefined
  /** A new edition of the configuration. */
  renew(gateway: KeyGateway): void
}

export function createKeyLookup(
  start: KeyGateway,
  finder: Pick<KeyFinder, 'find' | 'lastKnown' | 'remembered'>,
): KeyLookup {
  let gateway = start
  let inFile = keysInFile(gateway)
  return {
    find(id, isOfKey, answer) {
      const written = inFile.get(id)
      if (written !== undefined) return answer(written)
      return settle(
        () => finder.find(id, isOfKey),
        (found) => {
          if (found === 'none' || 'busyForMs' in found) return answer(found)
          return answer({ key: found.key, who: finder.remembered.whoIs(found, gateway) })
        },
        (thrown) => {
          throw thrown
        },
      )
    },
    lastKnown: (id) => inFile.get(id) ?? finder.lastKnown(id),
    renew(edition) {
      gateway = edition
      inFile = keysInFile(gateway)
    },
  }
}

/** By id. One in the file takes the place of a stored one of the same id. */
function keysInFile(gateway: KeyGateway): ReadonlyMap<string, FoundKey> {
  const keys = gateway.apiKeys?.keys ?? []
  return new Map(keys.map((key) => [key.id, { key, who: keyPrincipal(key, gateway) }]))
}

import type { HeaderLookup } from '../../core/credential/lookup.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import type { PresentedKey } from '../../core/keys/key-form.ts'
import type { KeyStore, KeyStoreChange, SleepingPerson } from '../../core/keys/key-store.ts'
import type { ShortToken } from '../../core/keys/short-token.ts'
import type { FailureCount } from '../../core/limits/failures.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import type { Awaitable, Clock } from '../../core/ports.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { createKeyFinder } from './key-finder.ts'
import { createKeyUseCount } from './key-uses.ts'
import {
  type AskedAt,
  type AskedKey,
  createKeyVerification,
  type PresentedAt,
  type RejectedKey,
  type TokenPresentedAt,
} from './key-verification.ts'
import { createPersonsKeys, type PersonsKeys } from './persons-keys.ts'

/** The API keys of one running gateway: verified at each use, counted, and told of when they change. */
export interface Keys {
  /** Where they rest: what makes, lists and revokes them goes there, and is heard of here as by all others. */
  readonly store: KeyStore
  /**
   * Who a key is, and whether it opens this. One that is remembered is answered without a promise, and without the store.
   * Throws, or rejects with, a StoreFault when the store does not answer for a key that was not verified within
   * `session.during_outage`.
   */
  verify(key: PresentedKey, use: PresentedAt): Awaitable<HeaderLookup>
  /** The same for a token of ours that came of a key: see `judgeShortToken`. Nobody guesses one, so nothing counts as wrong. */
  verifyToken(token: ShortToken, use: TokenPresentedAt): Awaitable<HeaderLookup>
  /** Who asks for a token with a key's pair: see `judgeAtOrigin`. */
  verifyForToken(key: PresentedKey, asked: AskedAt): Awaitable<AskedKey>
  /** It was let in by this key. Counted here, written every few seconds. */
  used(id: string, now: EpochSeconds, network: ClientNetwork): void
  /**
   * Calls the listener within a second after keys were made, changed or revoked, whoever did it: whoever holds a connection
   * that one of them opened verifies it again. Returns how to take the listener back.
   */
  onChange(listener: (change: KeyStoreChange) => void): () => void
  /** What a provider said of a person, at a sign-in or asked again: that person's keys go by it from now on. */
  signedIn: PersonsKeys['signedIn']
  /** A person is gone, or was signed out everywhere: their keys open nothing until they sign in. Rejects with a StoreFault. */
  sleep(person: SleepingPerson): Promise<readonly ApiKey[]>
  /** The same in the background, for those of whom a provider says that they are gone. */
  sleepSoon(person: SleepingPerson): void
  /** A new edition of the configuration: who a key is, is read anew. */
  renew(edition: KeyEdition): void
  /** Writes what was counted, and closes the store. */
  close(): Promise<void>
}

/** What of a configuration keys depend on. */
export interface KeyEdition {
  readonly gateway: Pick<Gateway, 'apiKeys' | 'providers' | 'hosts'> & {
    readonly session: Pick<Gateway['session'], 'duringOutageSeconds'>
  }
}

export interface KeysSetup extends KeyEdition {
  readonly store: KeyStore
  readonly clock: Clock
  /** Wrong keys and tokens, by network. */
  readonly failures: FailureCount
  /** Hears of faults that stop no request. */
  readonly report: (thrown: unknown) => void
  /** Hears of a key that was refused though its secret is right. */
  readonly rejected?: ((key: RejectedKey) => void) | undefined
}

/** Owns the store. */
export function createKeys(setup: KeysSetup): Keys {
  const { store, clock, report } = setup
  let { gateway } = setup
  const uses = createKeyUseCount(store, report)
  const persons = createPersonsKeys({ store, report, edition: () => gateway })
  const finder = createKeyFinder({
    ...{ store, clock, report },
    duringOutageMs: () => gateway.session.duringOutageSeconds * 1000,
  })
  const listeners = new Set<(change: KeyStoreChange) => void>()
  const leave = store.onChange((change) => {
    // First what is remembered: whoever is told asks at once.
    finder.remembered.changed(change)
    for (const listener of listeners) listener(change)
  })

  const verification = createKeyVerification({ ...setup, finder, gateway })

  return {
    store,
    verify: verification.verify,
    verifyToken: verification.verifyToken,
    verifyForToken: verification.verifyForToken,
    used: uses.used,
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    signedIn: persons.signedIn,
    sleep: persons.sleep,
    sleepSoon: persons.sleepSoon,
    renew(edition) {
      gateway = edition.gateway
      verification.renew(gateway)
    },
    async close() {
      leave()
      listeners.clear()
      await persons.close()
      await uses.close()
      await store.close()
    },
  }
}

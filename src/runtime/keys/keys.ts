import type { CredentialRefusal, CredentialShortfall, HeaderLookup } from '../../core/credential/lookup.ts'
import type { App, Gateway } from '../../core/gateway.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import { invalidKey, judgeKey, type KnownKey } from '../../core/keys/judgement.ts'
import type { PresentedKey } from '../../core/keys/key-form.ts'
import { keyPrincipal } from '../../core/keys/key-principal.ts'
import { hashKeySecret, matchedSecret, wasReplaced } from '../../core/keys/key-secret.ts'
import type { KeyStore, KeyStoreChange, SleepingPerson } from '../../core/keys/key-store.ts'
import type { FailureCount } from '../../core/limits/failures.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import type { Awaitable, Clock } from '../../core/ports.ts'
import type { JudgedAddress } from '../../core/rules/requirement.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { settle } from '../settle.ts'
import { createKeyFinder } from './key-finder.ts'
import { createKeyUseCount } from './key-uses.ts'
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

/** What a key is presented for. */
export interface PresentedAt {
  readonly app: Pick<App, 'name' | 'providers'>
  readonly method: string
  readonly client: JudgedAddress
  readonly network: ClientNetwork
  readonly now: EpochSeconds
}

/** What of a configuration keys depend on. */
export interface KeyEdition {
  readonly gateway: Pick<Gateway, 'apiKeys' | 'providers'> & {
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

export interface RejectedKey {
  readonly id: string
  readonly name: string
  /** Its owner, as apps see it. */
  readonly user: string
  readonly why: CredentialRefusal | CredentialShortfall
}

type FoundKey = Pick<KnownKey, 'key' | 'who'>

/** Owns the store. */
export function createKeys(setup: KeysSetup): Keys {
  const { store, clock, failures, report } = setup
  let { gateway } = setup
  let inFile = keysInFile(gateway)
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

  function judge(
    { key, who }: FoundKey,
    { prefix }: PresentedKey,
    hash: string,
    { app, method, client, network, now }: PresentedAt,
  ): HeaderLookup {
    const isRight = key.prefix === prefix && isRightSecret(key, hash, now)
    if (!isRight) {
      failures.failed(network, clock.monotonicMs())
      return invalidKey('the secret is not that of the key')
    }
    const selfService = gateway.apiKeys?.selfService ?? null
    const lookup = judgeKey({ key, who, selfService }, hash, { app, method, client, now })
    tellIfRejected(lookup, { key, who })
    return lookup
  }

  function tellIfRejected(lookup: HeaderLookup, { key, who }: FoundKey): void {
    if (lookup.kind !== 'refused' && lookup.kind !== 'insufficient') return
    // Of what does not exist at the app nothing is told.
    if (lookup.why === 'key-invalid') return
    const user = 'principal' in who ? who.principal.user : key.owner.user
    setup.rejected?.({ id: key.id, name: key.name, user, why: lookup.why })
  }

  function throttled(ms: number): HeaderLookup {
    return { kind: 'throttled', retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)) }
  }

  function verify(presented: PresentedKey, use: PresentedAt): Awaitable<HeaderLookup> {
    const { id } = presented
    const hash = hashKeySecret(presented.secret)
    const written = inFile.get(id)
    const known = written ?? finder.known(id)
    const refusedForMs = failures.refusedForMs(use.network, clock.monotonicMs())
    // A network that guesses is served on for what is known to be good, and for nothing else.
    if (refusedForMs > 0 && !isGood(known, hash, use.now)) return throttled(refusedForMs)
    if (written !== undefined) return judge(written, presented, hash, use)
    return settle(
      () => finder.find(id),
      (found) => {
        if (found === 'none') {
          failures.failed(use.network, clock.monotonicMs())
          return invalidKey('there is no such key')
        }
        if ('busyForMs' in found) return throttled(found.busyForMs)
        return judge({ key: found.key, who: finder.remembered.whoIs(found, gateway) }, presented, hash, use)
      },
      (thrown) => {
        throw thrown
      },
    )
  }

  return {
    store,
    verify,
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
      inFile = keysInFile(gateway)
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

/** By id. One in the file takes the place of a stored one of the same id. */
function keysInFile(gateway: KeyEdition['gateway']): ReadonlyMap<string, FoundKey> {
  const keys = gateway.apiKeys?.keys ?? []
  return new Map(keys.map((key) => [key.id, { key, who: keyPrincipal(key, gateway) }]))
}

/** Right now or once: who has one that was replaced made no guess, and is told so. */
function isRightSecret(key: ApiKey, hash: string, now: EpochSeconds): boolean {
  return matchedSecret(key, hash, now) !== null || wasReplaced(key, hash, now)
}

function isGood(
  known: { readonly key: ApiKey } | 'none' | undefined,
  hash: string,
  now: EpochSeconds,
): boolean {
  return typeof known === 'object' && isRightSecret(known.key, hash, now)
}

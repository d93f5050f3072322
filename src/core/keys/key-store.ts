import type { Awaitable } from '../ports.ts'
import type { ProviderId } from '../provider-id.ts'
import type { Claims } from '../rules/claims.ts'
import type { EpochSeconds } from '../session/session.ts'
import type { ApiKey } from './api-key.ts'
import type { KeyChange } from './key-change.ts'

/** Where keys rest. Every method may throw a `StoreFault`, never anything else. */
export interface KeyStore {
  /** Null: there is none, or what is there is no record of this version. */
  load(id: string): Awaitable<ApiKey | null>
  /** Never in place of another one. */
  create(key: ApiKey, bounds: KeyBounds): Awaitable<KeyCreation>
  /** Reads, changes and writes in one step. What it is afterwards; null: there is no such key. */
  change(id: string, change: KeyChange): Awaitable<ApiKey | null>
  /** In the order in which they were made, the newest first, a page at a time. */
  list(query: KeyQuery): Awaitable<KeyPage>
  /** Puts claims that a provider said in place of former ones, in every key of that person, and wakes them. How many. */
  refreshOwner(person: KeyPerson, claims: Claims, at: EpochSeconds): Awaitable<number>
  /** Puts every key of that person to sleep; without a provider, of all who are called so. Those that were awake. */
  sleepOwner(person: SleepingPerson): Awaitable<readonly ApiKey[]>
  /** Adds up what was used: of keys that were found, here or in the file. */
  countUses(uses: readonly KeyUses[]): Awaitable<void>
  /** By day (UTC), the newest first, at most `limits.keyUsageDays`. Nothing of a key that was not used, or is not there. */
  usage(id: string): Awaitable<KeyUsage>
  /** The prefixes that stored keys have. */
  prefixes(): Awaitable<readonly string[]>
  /** Writes anew what was sealed by an older secret; how many records there were, and how many are written anew. */
  reseal(): Awaitable<{ readonly records: number; readonly resealed: number }>
  /** Hears of every key that was made or changed, by others and by this process. */
  onChange(listener: (change: KeyStoreChange) => void): () => void
  /** Until when, by the monotonic clock, what was loaded may be believed as long as `onChange` tells nothing else. */
  freshUntilMs(): number
  check(): Awaitable<void>
  close(): Awaitable<void>
}

/** `full`: there are as many as a store may have, or as this person may. */
export type KeyCreation = 'created' | 'exists' | 'full' | 'too-large'

export interface KeyBounds {
  /** Of one person, of those that are not revoked and not over; null: any number. */
  readonly ofPerson: number | null
  readonly now: EpochSeconds
}

export type KeyPerson = ProviderId & { readonly user: string }

export interface SleepingPerson {
  readonly user: string
  readonly provider?: ProviderId
}

export interface KeyQuery {
  /** Of one owner's user id alone: a person's as sessions have it, an operator's without prefix. */
  readonly user?: string
  readonly provider?: ProviderId
  /** `KeyPage.next` of the page before; null: from the beginning. */
  readonly after: string | null
  readonly most: number
}

export interface KeyPage {
  readonly keys: readonly ApiKey[]
  /** Null: there are no more. */
  readonly next: string | null
}

/** What one process counted of one key since it wrote last. */
export interface KeyUses {
  readonly id: string
  /** `2026-11-29`, in UTC. */
  readonly day: string
  readonly count: number
  readonly last: KeyLastUse
}

export interface KeyLastUse {
  readonly at: EpochSeconds
  /** See core/limits/network: no single IPv6 address. */
  readonly network: string
}

export interface KeyUsage {
  readonly days: readonly { readonly day: string; readonly count: number }[]
  readonly last: KeyLastUse | null
}

export type KeyStoreChange =
  | { readonly kind: 'keys'; readonly ids: readonly string[] }
  /** Which ones is not known. */
  | { readonly kind: 'any' }

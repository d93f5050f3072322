import { createSecretKey, type KeyObject } from 'node:crypto'
import type { Awaitable, Clock } from '../core/ports.ts'
import type { KeySet, VerificationKey } from './key-set.ts'
import { type Failure, keepLastGood, type LastGood } from './last-good.ts'
import { quote } from './quote.ts'

/** Of a token that claims to be signed with a key of the provider. */
export interface WantedKey {
  readonly algorithm: string
  readonly kid: string | null
}

export type FoundKey =
  | { readonly ok: true; readonly key: KeyObject }
  | {
      readonly ok: false
      readonly reason: string
      /** The provider may publish it by now: it was asked too lately to be asked again. */
      readonly unasked?: boolean
    }

/** The keys of one provider. */
export interface KeyCache {
  /** Throws `ProviderFault` when no keys can be had; a key that the provider does not publish is a reason. */
  find(wanted: WantedKey): Promise<FoundKey>
  /**
   * For a signature that does not hold: providers replace keys in place, under the same kid or with none. Fetches the
   * keys anew, at most once a minute; null when that was a moment ago, failed, or brought the same key.
   */
  findReplaced(wanted: WantedKey, held: KeyObject): Promise<KeyObject | null>
}

/** Keys of a provider as they are published. */
export interface PublishedKeys extends KeyCache {
  /**
   * A key that verified something, as it is published now; null: it is not any more. At once while keys are at hand, be
   * they due; throws a `ProviderFault` where none can be had.
   */
  current(key: KeyObject): Awaitable<KeyObject | null>
}

/** Keys that are looked for by others too, who ask the provider at their own rate. */
export interface SharedKeys extends PublishedKeys {
  /** The same keys; what is asked for there takes nothing from what may be asked for here. */
  apart(): PublishedKeys
  /** Fetches them where that is due. Throws a `ProviderFault`. */
  load(): Promise<unknown>
  state: LastGood<KeySet>['state']
}

const freshSeconds = 300
/** For so long a key that was withdrawn is good while the keys cannot be fetched; then nobody signs in by any. */
const keepSeconds = 60 * 60

/**
 * Keys are fetched every five minutes, when needed, and kept for an hour when that fails. A kid that is not among them
 * fetches them at once, for a provider may have changed its keys a moment ago; but at most twice in a minute, so that
 * invented kids cannot drive us against the provider. openid-client's own cache refuses that within a minute.
 */
export function createKeyCache(
  fetchKeys: () => Promise<KeySet>,
  clock: Clock,
  refreshWaitMs: number,
  report: { readonly fetched: (keys: KeySet) => void; readonly failed: (failure: Failure) => void },
): SharedKeys {
  const cached = keepLastGood(fetchKeys, { freshSeconds, keepSeconds, refreshWaitMs }, clock, report)

  function lookUps(): PublishedKeys {
    const forced = createTokenBucket(2, 60, clock)
    const replaced = createTokenBucket(1, 60, clock)
    return {
      find: async (wanted) => {
        const known = choose(await cached.get(), wanted)
        if (known.ok || known.published) return known
        if (!forced.take()) return { ...known, unasked: true }
        return choose(await cached.refetch(), wanted)
      },
      findReplaced: async (wanted, held) => {
        if (!replaced.take()) return null
        const fetched = await cached.refetch().catch(() => null)
        const found = fetched === null ? null : choose(fetched, wanted)
        return found?.ok && !found.key.equals(held) ? found.key : null
      },
      current: (key) => {
        const atHand = cached.atHand()
        return atHand === null ? cached.get().then((set) => among(set, key)) : among(atHand, key)
      },
    }
  }

  return { ...lookUps(), apart: lookUps, load: cached.get, state: cached.state }
}

/** For `HS256`: the one key is the client's secret (OpenID Connect Core 10.1), whatever `kid` a token bears. */
export function createSecretKeys(secret: string): KeyCache {
  const key = createSecretKey(secret, 'utf8')
  return {
    find: async ({ algorithm }) =>
      algorithm === 'HS256'
        ? { ok: true, key }
        : { ok: false, reason: `it is signed with ${algorithm}, and the one key is the client's secret` },
    findReplaced: async () => null,
  }
}

function among({ keys }: KeySet, key: KeyObject): KeyObject | null {
  // Nearly always the very same one: a set is read anew every five minutes.
  return keys.find((one) => one.key === key || one.key.equals(key))?.key ?? null
}

type Choice = FoundKey & { readonly published: boolean }

function choose(set: KeySet, wanted: WantedKey): Choice {
  const fitting = set.keys.filter((key) => fits(key, wanted))
  const [first, ...others] = fitting
  const name = wanted.kid === null ? 'without a kid' : `with kid ${quote(wanted.kid)}`
  if (first === undefined) {
    const reason = `it is signed by a ${wanted.algorithm} key ${name}, and the provider publishes no such key`
    return { ok: false, published: false, reason }
  }
  // The same key twice is one key. Several different ones would have to be tried in turn: then the kid means nothing.
  if (others.some((other) => !other.key.equals(first.key)))
    return {
      ok: false,
      published: true,
      reason: `it is signed ${name}, and several keys of the provider fit`,
    }
  return { ok: true, published: true, key: first.key }
}

function fits(key: VerificationKey, wanted: WantedKey): boolean {
  return key.algorithms.includes(wanted.algorithm) && (wanted.kid === null || wanted.kid === key.kid)
}

/** `capacity` at once, then one every `refillSeconds`. */
export function createTokenBucket(
  capacity: number,
  refillSeconds: number,
  clock: Clock,
): { take(): boolean } {
  let tokens = capacity
  let sinceMs = clock.monotonicMs()
  return {
    take: () => {
      const nowMs = clock.monotonicMs()
      const refilled = Math.floor((nowMs - sinceMs) / (refillSeconds * 1000))
      if (tokens + refilled >= capacity) {
        tokens = capacity
        sinceMs = nowMs
      } else if (refilled > 0) {
        tokens += refilled
        sinceMs += refilled * refillSeconds * 1000
      }
      if (tokens === 0) return false
      tokens -= 1
      return true
    },
  }
}

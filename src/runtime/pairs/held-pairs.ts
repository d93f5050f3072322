import { LRUCache } from 'lru-cache'
import { limits } from '../../core/limits/table.ts'
import type { AccessTokenReading, PairGrant } from '../../core/provider-port.ts'
import type { EpochSeconds } from '../../core/session/session.ts'

/** Why the token of a right pair is of no use. */
export type SpoiltReading = Extract<AccessTokenReading, { readonly kind: 'refused' }>

/** What is known of a pair that was right. */
export interface HeldPair {
  readonly grant: PairGrant
  /** Whether its token may be used now: it has not ended nearly, and was not refused. */
  readonly isUsable: boolean
  /** Not to be asked of yet. */
  readonly isFresh: boolean
  /** Its token was refused a moment ago. */
  readonly spoilt: SpoiltReading | null
}

/** Pairs that were right, by a keyed hash: what was given for them. */
export interface HeldPairs {
  find(hash: string, now: EpochSeconds, nowMs: number): HeldPair | null
  keep(hash: string, grant: PairGrant, now: EpochSeconds, nowMs: number): void
  /** Its token was refused, though it came from the provider. */
  spoil(hash: string, grant: PairGrant, reading: SpoiltReading): void
  /** The provider did not answer: what is there goes on for a moment before it is asked again. */
  pause(hash: string, nowMs: number): void
  /** It is wrong now. */
  forget(hash: string): void
  /** How much is kept: for tests that count. */
  size(): { readonly held: number; readonly bytes: number }
}

interface Entry {
  readonly grant: PairGrant
  readonly bytes: number
  readonly cameAtMs: number
  freshUntilMs: number
  spoilt: SpoiltReading | null
}

/** No token is used that could end on its way. */
const leftSeconds = 30
const sweepMs = 60_000

/** `freshSeconds`: how long a token is used before the provider is asked again. */
export function createHeldPairs(freshSeconds: number): HeldPairs {
  const held = new LRUCache<string, Entry>({
    max: limits.heldPairs,
    maxSize: limits.heldPairBytes,
    sizeCalculation: ({ bytes }) => Math.max(1, bytes),
  })
  let sweptAtMs = Number.NEGATIVE_INFINITY

  /** Tokens do not rest in memory once they have ended, though nobody asks for them. */
  function sweep(now: EpochSeconds, nowMs: number): void {
    if (nowMs - sweptAtMs < sweepMs) return
    sweptAtMs = nowMs
    for (const [hash, { grant }] of [...held.entries()]) if (!isWorthHolding(grant, now)) held.delete(hash)
  }

  return {
    find: (hash, now, nowMs) => {
      sweep(now, nowMs)
      const entry = held.get(hash)
      if (entry === undefined) return null
      const { grant, freshUntilMs, spoilt, cameAtMs } = entry
      return {
        grant,
        isUsable: spoilt === null && isLive(grant, now),
        isFresh: nowMs < freshUntilMs,
        spoilt: nowMs < cameAtMs + limits.spoiltPairMs ? spoilt : null,
      }
    },
    keep: (hash, grant, now, nowMs) => {
      held.delete(hash)
      if (!isWorthHolding(grant, now)) return
      held.set(hash, {
        grant,
        bytes: bytesOf(grant),
        cameAtMs: nowMs,
        freshUntilMs: nowMs + freshSeconds * 1000,
        spoilt: null,
      })
    },
    spoil: (hash, grant, reading) => {
      const entry = held.peek(hash)
      if (entry?.grant === grant) entry.spoilt = reading
    },
    pause: (hash, nowMs) => {
      const entry = held.peek(hash)
      if (entry !== undefined) entry.freshUntilMs = nowMs + limits.pairPauseMs
    },
    forget: (hash) => void held.delete(hash),
    size: () => ({ held: held.size, bytes: held.calculatedSize }),
  }
}

function isLive({ endsAt }: PairGrant, now: EpochSeconds): boolean {
  return endsAt === null || now < endsAt - leftSeconds
}

/** What asks again in the place of the secret outlives the token, and not the day. */
function isWorthHolding(grant: PairGrant, now: EpochSeconds): boolean {
  if (isLive(grant, now)) return true
  return grant.refresh !== null && now - grant.refresh.secretSentAt < 2 * limits.rightPairSeconds
}

/** By what it takes for the most part. */
function bytesOf({ accessToken, refresh, idTokenClaims }: PairGrant): number {
  const claims = idTokenClaims === null ? 0 : JSON.stringify(idTokenClaims).length
  return accessToken.length + (refresh?.token.length ?? 0) + claims
}

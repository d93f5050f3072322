import { LRUCache } from 'lru-cache'
import type { AccessToken } from '../../core/credential/access-token.ts'
import { limits } from '../../core/limits/table.ts'
import type { AccessTokenReading } from '../../core/provider-port.ts'
import type { EpochSeconds } from '../../core/session/session.ts'

/** What a provider said of a token; how many bytes its answer had. */
export interface Told {
  readonly reading: Exclude<AccessTokenReading, { readonly kind: 'throttled' }>
  readonly bytes: number
}

/** What is known of a token. `stale`: it was good at the last look, and that is too long ago. */
export type Known = Told['reading'] | 'stale' | null

/** Answers about tokens, by a hash of the token. */
export interface ToldTokens {
  find(hash: string, now: EpochSeconds, nowMs: number): Known
  keep(hash: string, told: Told, nowMs: number): void
  /** How much is kept: for tests that count. */
  size(): { readonly good: number; readonly bytes: number; readonly refused: number }
}

interface Good {
  readonly token: AccessToken
  readonly bytes: number
  readonly freshUntilMs: number
}

interface Refused {
  readonly reading: Extract<AccessTokenReading, { readonly kind: 'refused' }>
  readonly untilMs: number
}

/**
 * Good and refused ones have bounds of their own, so that whoever invents tokens pushes out nobody's good one. A good one
 * counts as fresh for `freshSeconds`, and never beyond its end; then it is kept as one that is known.
 */
export function createToldTokens(freshSeconds: number): ToldTokens {
  const good = new LRUCache<string, Good>({
    max: limits.toldTokens,
    maxSize: limits.toldTokenBytes,
    sizeCalculation: ({ bytes }) => Math.max(1, bytes),
  })
  /** In the order in which they came, which is that of their ends. */
  const refused = new Map<string, Refused>()

  function forget(hash: string): void {
    good.delete(hash)
    refused.delete(hash)
  }

  function keepRefused(hash: string, reading: Refused['reading'], nowMs: number): void {
    for (const [first, { untilMs }] of refused) {
      if (untilMs > nowMs && refused.size < limits.refusedTokens) break
      refused.delete(first)
    }
    refused.set(hash, { reading, untilMs: nowMs + limits.refusedTokenMs })
  }

  return {
    find: (hash, now, nowMs) => {
      const bad = refused.get(hash)
      if (bad !== undefined && bad.untilMs > nowMs) return bad.reading
      const known = good.get(hash)
      if (known === undefined) return null
      const isFresh = known.freshUntilMs > nowMs && (known.token.endsAt ?? Number.POSITIVE_INFINITY) > now
      return isFresh ? { kind: 'read', token: known.token } : 'stale'
    },
    keep: (hash, { reading, bytes }, nowMs) => {
      forget(hash)
      if (reading.kind === 'refused') keepRefused(hash, reading, nowMs)
      else good.set(hash, { token: reading.token, bytes, freshUntilMs: nowMs + freshSeconds * 1000 })
    },
    size: () => ({ good: good.size, bytes: good.calculatedSize, refused: refused.size }),
  }
}

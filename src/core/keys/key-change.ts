import type { Claims } from '../rules/claims.ts'
import { clockToleranceSeconds, type EpochSeconds } from '../session/session.ts'
import type { ApiKey } from './api-key.ts'
import { isTooLarge } from './api-key-record.ts'

/** What may become of a key. All but its secrets, name, origins, end, sleep and claims stays as it was made. */
export type KeyChange =
  /** A new secret. The one before opens until `overlapUntil`; null: it opens nothing any more. */
  | {
      readonly kind: 'rotate'
      readonly hash: string
      readonly overlapUntil: EpochSeconds | null
      readonly at: EpochSeconds
      /** Only where this is the hash of the current secret: a form that is sent twice rotates once. Absent: in any case. */
      readonly of?: string
    }
  | { readonly kind: 'revoke'; readonly at: EpochSeconds }
  | { readonly kind: 'rename'; readonly name: string }
  /** Pages of these origins alone may have widgets of it. */
  | { readonly kind: 'origins'; readonly origins: readonly string[] }
  | { readonly kind: 'sleep' }
  /** What the owner's provider said: it counts when it is not older than what is there. */
  | { readonly kind: 'refresh'; readonly claims: Claims; readonly at: EpochSeconds }

/** The key as it is afterwards; the very same object where nothing changes. A revoked key stays as it is for good. */
export function changedKey(key: ApiKey, change: KeyChange): ApiKey {
  if (key.revokedAt !== null) return key
  switch (change.kind) {
    case 'rotate':
      if (change.of !== undefined && change.of !== key.secrets[0]?.hash) return key
      return { ...key, secrets: rotated(key, change) }
    case 'revoke':
      return { ...key, revokedAt: change.at }
    case 'rename':
      return { ...key, name: change.name }
    case 'origins':
      return withOrigins(key, change.origins)
    case 'sleep':
      return key.owner.kind === 'operator' || key.asleep ? key : { ...key, asleep: true }
    case 'refresh':
      if (key.owner.kind === 'operator' || isOlder(change.at, key.claimsAt)) return key
      return refreshed(key, change)
  }
}

/** A key that would not fit into a store any more stays as it is. */
function withOrigins(key: ApiKey, origins: readonly string[]): ApiKey {
  const next = { ...key, origins }
  return isTooLarge(next) ? key : next
}

/** What a clock that was ahead wrote gives way: nobody would hear of a lost group until that time has come. */
function isOlder(at: EpochSeconds, known: EpochSeconds): boolean {
  return at < known && known - at <= clockToleranceSeconds
}

/** Claims that are too many to be kept are not cut: one that is missing could let somebody in. */
function refreshed(key: ApiKey, { claims, at }: Extract<KeyChange, { kind: 'refresh' }>): ApiKey {
  const next = { ...key, claims, claimsAt: at, asleep: false }
  return isTooLarge(next) ? { ...key, asleep: true } : next
}

/** Two at most: whoever rotates again before an overlap is over ends the oldest one. Never longer than it had before. */
function rotated(
  { secrets }: ApiKey,
  { hash, overlapUntil, at }: Extract<KeyChange, { kind: 'rotate' }>,
): ApiKey['secrets'] {
  const [current] = secrets
  if (current === undefined || overlapUntil === null || overlapUntil <= at) return [{ hash, until: null }]
  const until = current.until === null ? overlapUntil : Math.min(current.until, overlapUntil)
  return [
    { hash, until: null },
    { hash: current.hash, until },
  ]
}

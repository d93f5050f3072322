import type { EpochSeconds } from '../session/session.ts'
import type { ApiKey } from './api-key.ts'

/** When a key opens nothing any more for good; null: that is not known yet. */
export function keyEndsAt({
  revokedAt,
  expiresAt,
}: Pick<ApiKey, 'revokedAt' | 'expiresAt'>): EpochSeconds | null {
  if (revokedAt === null || expiresAt === null) return revokedAt ?? expiresAt
  return Math.min(revokedAt, expiresAt)
}

import type { Origin } from '../gateway.ts'
import { parseJson } from '../json.ts'
import type { ProviderId } from '../provider-id.ts'
import { type AuthorizationWish, decodeWish, encodeWish } from './authorization-wish.ts'
import { type KeyRing, open, type Random, type Sealed, type SealScope, seal } from './seal.ts'
import type { EpochSeconds } from './session.ts'
import { type AttemptTime, isWithin } from './transaction-cookie.ts'

type WishedAt = Pick<Origin, 'origin' | 'cookies'>

/** What a link to `/.auth/login` carries where the gateway itself says what is asked for, and of which provider. */
export interface LinkedWish {
  readonly provider: ProviderId
  readonly wish: AuthorizationWish
}

const format = 1

/**
 * Seals a wish for a link of this origin: whoever is handed it can leave it out, and then comes back to be asked again,
 * but not change it.
 */
export function sealWish(
  ring: KeyRing,
  origin: WishedAt,
  { provider: { issuer, clientId }, wish }: LinkedWish,
  { random, now }: { readonly random: Random; readonly now: EpochSeconds },
): Sealed {
  const text = JSON.stringify([format, now, issuer, clientId, encodeWish(wish)])
  return seal(ring, scope(origin), text, random)
}

/** Null for what is none of this origin, and for one that is older than a sign-in may become. Never throws. */
export function openWish(
  ring: KeyRing,
  origin: WishedAt,
  value: string,
  { timeoutSeconds, now }: AttemptTime,
): LinkedWish | null {
  const opened = open(ring, scope(origin), value)
  const parts = opened.ok ? parseJson(opened.text) : null
  if (!Array.isArray(parts) || parts.length !== 5) return null
  const [version, sealedAt, issuer, clientId, encoded]: unknown[] = parts
  if (version !== format || typeof sealedAt !== 'number' || !isWithin(timeoutSeconds, sealedAt, now))
    return null
  if (typeof issuer !== 'string' || typeof clientId !== 'string') return null
  const wish = decodeWish(encoded)
  return wish && { provider: { issuer, clientId }, wish }
}

function scope({ origin, cookies }: WishedAt): SealScope {
  return { purpose: 'wish', context: [origin, cookies.transactionPrefix] }
}

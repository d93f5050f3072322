import type { Origin } from '../gateway.ts'
import { type KeyRing, open, type Random, type Sealed, type SealScope, seal } from './seal.ts'
import type { EpochSeconds } from './session.ts'
import { signedOutName } from './session-pieces.ts'

type MarkedOrigin = Pick<Origin, 'origin' | 'cookies'>

/**
 * What a sign-out leaves in a browser whose sessions rest there: sessions of the origin that began up to this time count
 * no more, whenever they were sealed. For one that does not bear it nothing can be done: it is in that browser alone.
 */
export function sealSignedOut(
  ring: KeyRing,
  origin: MarkedOrigin,
  until: EpochSeconds,
  random: Random,
): Sealed {
  return seal(ring, scope(origin), String(until), random)
}

/** The time of a mark as a browser sent it; null for what is none. Never throws. */
export function openSignedOut(ring: KeyRing, origin: MarkedOrigin, value: string): EpochSeconds | null {
  const opened = open(ring, scope(origin), value)
  return opened.ok && /^\d{1,15}$/.test(opened.text) ? Number(opened.text) : null
}

function scope({ origin, cookies }: MarkedOrigin): SealScope {
  return { purpose: 'signed-out', context: [origin, signedOutName(cookies)] }
}

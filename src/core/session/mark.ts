import { type KeyRing, open, type Random, type Sealed, type SealScope, seal } from './seal.ts'
import type { EpochSeconds } from './session.ts'

/**
 * Shows that whoever asks from outside may use the gateway's local socket: `claimgate doctor` gets it there, and sends
 * it to the public address. Whichever process shares the secret opens it.
 */
export const markHeader = 'x-claimgate-mark'

/** Time for one question. What it opens is no secret worth more: an instance's name, an edition, an address. */
export const markSeconds = 10

const scope: SealScope = { purpose: 'mark', context: [] }

export function sealMark(ring: KeyRing, now: EpochSeconds, random: Random): Sealed {
  return seal(ring, scope, String(now + markSeconds), random)
}

/** Whether a header's value is a mark, and not yet over. Never throws. */
export function opensMark(ring: KeyRing, value: string, now: EpochSeconds): boolean {
  const opened = open(ring, scope, value)
  if (!opened.ok || !/^\d{1,15}$/.test(opened.text)) return false
  const left = Number(opened.text) - now
  return left > 0 && left <= markSeconds
}

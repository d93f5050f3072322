import { type FaultCode, faultCodes } from '../fault.ts'
import type { CookieNames } from '../gateway.ts'
import { parseJson } from '../json.ts'
import { limits } from '../limits/table.ts'
import { type KeyRing, open, type Random, type Sealed, type SealScope, sameText, seal } from './seal.ts'

/** What a sign-in came to: the session cookie's value, or why it failed. A credential, so it rests sealed. */
export type Outcome =
  | { readonly kind: 'signed-in'; readonly cookieValue: string }
  | { readonly kind: 'failed'; readonly code: FaultCode }

/** Whose outcome it is: one sign-in of one origin. */
export interface OutcomeOf {
  readonly stateHash: string
  readonly origin: string
  readonly names: CookieNames
}

const format = 1

/** The hash is sealed in, so that an outcome cannot stand in another's place in the store. */
export function sealOutcome(ring: KeyRing, of: OutcomeOf, outcome: Outcome, random: Random): Sealed {
  const what = outcome.kind === 'signed-in' ? [outcome.cookieValue, null] : [null, outcome.code]
  return seal(ring, scope(of), JSON.stringify([format, of.stateHash, ...what]), random, limits.outcomeBytes)
}

/** Null for whatever is not the outcome of this very sign-in. Never throws. */
export function openOutcome(ring: KeyRing, of: OutcomeOf, sealed: string): Outcome | null {
  const opened = open(ring, scope(of), sealed, limits.outcomeBytes)
  const parts = opened.ok ? parseJson(opened.text) : null
  if (!Array.isArray(parts) || parts.length !== 4) return null
  const [version, hash, cookieValue, code]: unknown[] = parts
  if (version !== format || typeof hash !== 'string' || !sameText(hash, of.stateHash)) return null
  if (typeof cookieValue === 'string') return { kind: 'signed-in', cookieValue }
  const known = faultCodes.find((one) => one === code)
  return known === undefined ? null : { kind: 'failed', code: known }
}

function scope({ origin, names }: OutcomeOf): SealScope {
  return { purpose: 'outcome', context: [origin, names.transactionPrefix] }
}

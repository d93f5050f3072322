import { parseJson } from '../json.ts'
import { limits } from '../limits/table.ts'
import { type KeyRing, open, type Random, type Sealed, type SealScope, seal } from '../session/seal.ts'
import { clockToleranceSeconds, type EpochSeconds, type SessionKey } from '../session/session.ts'
import { isKeyId } from './key-form.ts'

/** What somebody filled in on the page of their own keys. */
export type FilledKeyForm =
  | { readonly kind: 'make'; readonly name: string; readonly expires: string; readonly origins: string }
  | { readonly kind: 'rotate'; readonly id: string; readonly overlap: string }

/** As a sign-in takes it along; empty where that is too long: then the form comes back empty. */
export function encodeFilled(filled: FilledKeyForm): string {
  const parts =
    filled.kind === 'make' ? [filled.name, filled.expires, filled.origins] : [filled.id, filled.overlap]
  const text = JSON.stringify([filled.kind, ...parts])
  return Buffer.byteLength(text) > limits.filledKeyFormBytes ? '' : text
}

/** Null: nothing was taken along. Never throws. */
export function decodeFilled(text: string): FilledKeyForm | null {
  const parts = parseJson(text)
  if (!isTexts(parts)) return null
  const [kind, first = '', second = '', third = ''] = parts
  if (kind === 'make' && parts.length === 4) return { kind, name: first, expires: second, origins: third }
  return kind === 'rotate' && parts.length === 3 ? { kind, id: first, overlap: second } : null
}

/** Whose page a form stands on. */
export interface FormOf {
  readonly origin: string
  readonly session: SessionKey
}

/**
 * What stands in the forms of the page: that this very session was shown it, and the id of the key that it will make. So a
 * form that is sent again makes no second key, in whichever process; and who cannot read the page cannot make one up.
 */
export function sealKeyForm(
  ring: KeyRing,
  { origin, session }: FormOf,
  { keyId, now }: { readonly keyId: string; readonly now: EpochSeconds },
  random: Random,
): Sealed {
  return seal(ring, scopeOf('form', origin), JSON.stringify([session, String(now), keyId]), random)
}

/** The id of the key that the form makes; null: it is not of this session, too old, or none. Never throws. */
export function openKeyForm(
  ring: KeyRing,
  { origin, session }: FormOf,
  value: string,
  now: EpochSeconds,
): string | null {
  const parts = openTexts(ring, scopeOf('form', origin), value)
  const [of, at, keyId = ''] = parts ?? []
  if (of !== session || !isKeyId(keyId)) return null
  const age = now - Number(at)
  return age >= -clockToleranceSeconds && age < limits.ownKeyFormSeconds ? keyId : null
}

/** For the address of the page to which a sign-in comes back: what was filled in, for the session that it began. */
export function sealFilled(
  ring: KeyRing,
  { origin, session }: FormOf,
  filled: string,
  random: Random,
): Sealed {
  return seal(ring, scopeOf('filled', origin), JSON.stringify([session, filled]), random)
}

/** Null: another session’s, or none. Never throws. */
export function openFilled(ring: KeyRing, { origin, session }: FormOf, value: string): FilledKeyForm | null {
  const [of, filled = ''] = openTexts(ring, scopeOf('filled', origin), value) ?? []
  return of === session ? decodeFilled(filled) : null
}

function openTexts(ring: KeyRing, scope: SealScope, value: string): readonly string[] | null {
  const opened = open(ring, scope, value)
  const parts = opened.ok ? parseJson(opened.text) : null
  return isTexts(parts) ? parts : null
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function scopeOf(kind: 'form' | 'filled', origin: string): SealScope {
  return { purpose: 'own-key', context: [kind, origin] }
}

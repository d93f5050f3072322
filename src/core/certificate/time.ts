import type { EpochSeconds } from '../session/session.ts'
import { type DerElement, ofType } from './der.ts'
import { readAsciiText } from './text.ts'

/** A time of a certificate or of a revocation list (RFC 5280 4.1.2.5): in UTC, to the second. Null: none. */
export function readTime(element: DerElement | undefined): EpochSeconds | null {
  const short = ofType(element, 'utcTime')
  const long = ofType(element, 'generalizedTime')
  const text = readAsciiText((short ?? long)?.content ?? new Uint8Array())
  const digits = text === null ? null : /^(\d{12}|\d{14})Z$/.exec(text)?.[1]
  if (digits?.length !== (short === null ? 14 : 12)) return null
  const century = Number(digits.slice(0, 2)) < 50 ? '20' : '19'
  const whole = short === null ? digits : century + digits
  const iso = whole.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6Z')
  const ms = Date.parse(iso)
  return Number.isNaN(ms) ? null : ms / 1000
}

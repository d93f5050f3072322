import { caselessKeys } from './caseless.ts'
import type { Segments } from './readings.ts'
import { readTarget } from './target.ts'

// What Unicode’s compatible characters (NFKC) make a `/`, `\`, `;`, `?`, `#`, `%`, dots or the digits of an escape of, and
// what they leave out.
const structural =
  /[\u037E\u2024-\u2026\u2047-\u2049\u2100\u2101\u2105\u2106\uFE14\uFE16\uFE19\uFE30\uFE52\uFE54\uFE56\uFE5F\uFE68\uFE6A\uFF03\uFF05\uFF0E\uFF0F\uFF1B\uFF1F\uFF3C]|%.?[^\x00-\x7f]|\p{Default_Ignorable_Code_Point}/u
const unseen = /\p{Default_Ignorable_Code_Point}/gu

const none: readonly Segments[] = []

/**
 * What a server reads that makes characters compatible before it takes a path apart: a `／` splits it, a `？` ends it, a
 * `‥` leads upwards. Empty where no character does so; null where what it reads would be refused.
 */
export function compatibleReadings(segments: Segments): readonly Segments[] | null {
  if (!segments.some((segment) => structural.test(segment))) return none
  const reading = readTarget(`/${segments.map(compatiblePath).join('/')}`)
  return reading.ok ? [reading.target.segments, ...reading.target.otherReadings] : null
}

/** Whether such a server takes a configured path for the one that it is. */
export function isReadAlike(segments: Segments): boolean {
  const own = JSON.stringify(caselessKeys(segments))
  const readings = compatibleReadings(segments)
  return readings?.every((one) => JSON.stringify(caselessKeys(one)) === own) ?? false
}

function compatiblePath(segment: string): string {
  if (!structural.test(segment)) return encodeURIComponent(segment)
  // Decomposed: a mark behind the last digit of an escape would hide it.
  const text = segment.normalize('NFKD').replace(unseen, '').replaceAll('\\', '/')
  const path = text.split('/').map(encodeURIComponent).join('/')
  return path.replace(/%25(?=[0-9A-F]{2})/gi, '%')
}

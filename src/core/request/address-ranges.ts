import { type AddressRange, contains } from './address.ts'

/** Whether the one network lies within the other. */
export function covers(wide: AddressRange, narrow: AddressRange): boolean {
  return wide.bits <= narrow.bits && contains(wide, narrow)
}

/** What lies in both lists: of two networks either one is within the other or they are apart. */
export function commonRanges(
  a: readonly AddressRange[],
  b: readonly AddressRange[],
): readonly AddressRange[] {
  const smaller = a.flatMap((one) =>
    b.flatMap((other) => (covers(other, one) ? [one] : covers(one, other) ? [other] : [])),
  )
  return widest(smaller)
}

/** Without those that lie within another. */
export function widest(ranges: readonly AddressRange[]): readonly AddressRange[] {
  return ranges.filter((range, index) => {
    return !ranges.some(
      (other, at) => at !== index && covers(other, range) && !(covers(range, other) && at > index),
    )
  })
}

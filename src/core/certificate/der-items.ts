/** Where an element stands in a text in DER: all of it, and what stands behind tag and length. */
export interface DerItem {
  readonly tag: number
  readonly from: number
  readonly content: number
  readonly to: number
}

/**
 * The elements between two places, one after the other, without a look into them; null when the bytes are not just that.
 * For lists of a hundred thousand entries, which `readDer` bounds: an object for each would hold up what is served.
 */
export function derItems(bytes: Uint8Array, from: number, to: number): readonly DerItem[] | null {
  const items: DerItem[] = []
  for (let at = from; at < to; ) {
    const item = derItemAt(bytes, at, to)
    if (item === null) return null
    items.push(item)
    at = item.to
  }
  return items
}

/** The element that begins there and ends at `to` at the latest; null: none does, or its length is not written as in DER. */
export function derItemAt(bytes: Uint8Array, from: number, to: number): DerItem | null {
  const tag = bytes[from]
  const first = bytes[from + 1]
  // Tags beyond 30 have more bytes: nothing here has one.
  if (tag === undefined || first === undefined || from + 2 > to || (tag & 0x1f) === 0x1f) return null
  const count = first < 0x80 ? 0 : first & 0x7f
  if (first === 0x80 || count > 4) return null
  const content = from + 2 + count
  if (content > to) return null
  let length = first
  if (count > 0) {
    length = 0
    for (let at = from + 2; at < content; at++) length = length * 256 + (bytes[at] ?? 0)
    // The shortest form alone (X.690 10.1).
    if (length < 0x80 || bytes[from + 2] === 0) return null
  }
  const end = content + length
  return end > to ? null : { tag, from, content, to: end }
}

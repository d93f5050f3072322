/** An IP address as a number. IPv4 mapped into IPv6 is read as IPv4. */
export interface Address {
  readonly family: 4 | 6
  readonly value: bigint
}

/** An IP network: `bits` of `value` count. IPv4 has 32 bits, IPv6 128; IPv4 mapped into IPv6 is read as IPv4. */
export interface AddressRange extends Address {
  readonly bits: number
  /** As written in the file, for messages. */
  readonly text: string
}

export type AddressRangeReading =
  | { readonly ok: true; readonly range: AddressRange }
  | { readonly ok: false; readonly reason: 'address' | 'prefix-length' }
  /** Bits beyond the prefix length are set; `network` is what was probably meant. */
  | { readonly ok: false; readonly reason: 'host-bits'; readonly network: string }

/**
 * One address, strictly: four decimals without leading zeros, or RFC 4291 section 2.2. Null for anything else: other
 * notations of IPv4, ports, brackets and zone ids are read differently by different programs.
 */
export function readAddress(text: string): Address | null {
  if (!text.includes(':')) {
    const value = ipv4(text)
    return value === null ? null : { family: 4, value }
  }
  const value = ipv6(text)
  if (value === null) return null
  return value >> 32n === mappedPrefix ? { family: 4, value: value & 0xffff_ffffn } : { family: 6, value }
}

/** An address, or a network as address and prefix length without host bits. */
export function readAddressRange(text: string): AddressRangeReading {
  const slash = text.indexOf('/')
  const addressText = slash === -1 ? text : text.slice(0, slash)
  const address = readAddress(addressText)
  if (address === null) return { ok: false, reason: 'address' }
  const width = widthOf(address)
  if (slash === -1) return { ok: true, range: { ...address, bits: width, text } }

  const digits = text.slice(slash + 1)
  if (!/^(?:0|[1-9]\d{0,2})$/.test(digits)) return { ok: false, reason: 'prefix-length' }
  // Of a mapped address written as IPv6 the first 96 bits are its prefix.
  const mapped = address.family === 4 && addressText.includes(':')
  const bits = Number(digits) - (mapped ? 96 : 0)
  if (bits < 0 || bits > width) return { ok: false, reason: 'prefix-length' }
  const hostBits = BigInt(width - bits)
  const network = (address.value >> hostBits) << hostBits
  if (network === address.value) return { ok: true, range: { ...address, bits, text } }
  return {
    ok: false,
    reason: 'host-bits',
    network: `${formatAddress({ ...address, value: network })}/${bits}`,
  }
}

export function contains(range: AddressRange, address: Address): boolean {
  if (range.family !== address.family) return false
  return (range.value ^ address.value) >> BigInt(widthOf(range) - range.bits) === 0n
}

/** The one canonical text: dotted decimals, or RFC 5952. */
export function formatAddress(address: Address): string {
  if (address.family === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => (address.value >> shift) & 0xffn).join('.')
  }
  const groups = Array.from({ length: 8 }, (_, i) => (address.value >> BigInt(112 - 16 * i)) & 0xffffn)
  const text = groups.map((group) => group.toString(16)).join(':')
  // RFC 5952 4.2: the longest run of at least two zero groups, the first of equals, becomes `::`.
  const runs = [...text.matchAll(/(?<![^:])0(?::0)+/g)].sort((a, b) => b[0].length - a[0].length)
  const longest = runs[0]
  if (longest === undefined) return text
  const before = text.slice(0, longest.index).replace(/:$/, '')
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '')
  return `${before}::${after}`
}

const mappedPrefix = 0xffffn

function widthOf(address: Address): 32 | 128 {
  return address.family === 4 ? 32 : 128
}

function ipv4(text: string): bigint | null {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  let value = 0n
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null
    value = value * 256n + BigInt(part)
  }
  return value
}

function ipv6(text: string): bigint | null {
  const halves = text.split('::')
  const [left = '', right] = halves
  if (halves.length > 2) return null
  const head = left === '' && right !== undefined ? [] : groupsOf(left, right === undefined)
  const tail = right === undefined || right === '' ? [] : groupsOf(right, true)
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (right === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...head, ...Array<bigint>(missing).fill(0n), ...tail]
  return groups.reduce((value, group) => value * 0x1_0000n + group, 0n)
}

/** The 16-bit groups between colons; only the last part of an address may be dotted, which makes two of them. */
function groupsOf(text: string, last: boolean): bigint[] | null {
  const parts = text.split(':')
  const groups: bigint[] = []
  for (const [i, part] of parts.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(part)) {
      groups.push(BigInt(`0x${part}`))
      continue
    }
    const dotted = last && i === parts.length - 1 ? ipv4(part) : null
    if (dotted === null) return null
    groups.push(dotted >> 16n, dotted & 0xffffn)
  }
  return groups
}

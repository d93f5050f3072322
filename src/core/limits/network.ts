import { type Address, contains, formatAddress, readAddressRange } from '../request/address.ts'

/** Whose use is counted together where a limit's scope is a client network. */
export interface ClientNetwork {
  /** An IPv4 address, or the /64 of an IPv6 address, as text. */
  readonly key: string
  /** Many networks may stand behind this one and cannot be told apart: its limits count a hundredfold. */
  readonly hidden: boolean
}

/** Of clients whose address is not known: a trusted proxy did not say one that can be believed. */
export const unknownNetwork: ClientNetwork = { key: 'unknown', hidden: true }

/**
 * The network of an address: an IPv4 address alone; of IPv6 the first 64 bits, as whoever has one address there has
 * all of them (RFC 4291 section 2.5.4). IPv4 within IPv6 is read as IPv4: see `readAddress`.
 */
export function networkOf(address: Address): string {
  if (address.family === 4) return formatAddress(address)
  return `${formatAddress({ family: 6, value: (address.value >> 64n) << 64n })}/64`
}

/** Whether an address is of this machine or of a network that is not routed on the internet (RFC 6890). */
export function isPrivate(address: Address): boolean {
  return privateRanges.some((range) => contains(range, address))
}

/** How often a limit by network counts for this one. */
export function mostOf(most: number, { hidden }: ClientNetwork): number {
  return hidden ? 100 * most : most
}

const privateRanges = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'],
  ...['::1', 'fc00::/7', 'fe80::/10'],
].flatMap((text) => {
  const reading = readAddressRange(text)
  return reading.ok ? [reading.range] : []
})

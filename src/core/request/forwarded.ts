import type { Gateway } from '../gateway.ts'
import { type ClientNetwork, isPrivate, networkOf, unknownNetwork } from '../limits/network.ts'
import { remembered } from '../limits/remembered.ts'
import { limits } from '../limits/table.ts'
import { type Address, type AddressRange, contains, formatAddress, readAddress } from './address.ts'

/**
 * Which hop is believed. X-Forwarded-For and X-Forwarded-Proto count from peers in `trusted_proxies` alone;
 * `Forwarded` is never read.
 */

export type ClientAddress =
  | {
      readonly known: true
      readonly address: Address
      readonly text: string
      /** Where its use is counted. */
      readonly network: ClientNetwork
    }
  /** A trusted proxy did not say one that can be believed: rules about the address let nobody in. */
  | { readonly known: false; readonly network: ClientNetwork }

/** A program of this machine that came by a Unix socket, and is believed. */
export const trustedSocket: unique symbol = Symbol('trusted peer on a Unix socket')

/** Who connected: an address in text, as the kernel says it; undefined: it has none that anybody knows. */
export type Peer = string | typeof trustedSocket | undefined

/** A connection, as far as it tells whose it is. */
export interface PeerFacts {
  readonly remoteAddress?: string | undefined
  /** Whether it came by a Unix socket of `listen`; absent: not so. */
  readonly isUnix?: boolean | undefined
}

/**
 * The peer of a connection. That it has no address does not make it one of a Unix socket: a connection of the network may
 * have lost its address by now, and `listen` may have both.
 */
export function peerOf(
  { trustsSocket }: Pick<Gateway, 'trustsSocket'>,
  { remoteAddress, isUnix }: PeerFacts,
): Peer {
  return remoteAddress === undefined && isUnix === true && trustsSocket ? trustedSocket : remoteAddress
}

export const unknownClient: ClientAddress = { known: false, network: unknownNetwork }

const hiding = new WeakMap<ClientAddress, ClientAddress>()

/**
 * The client's address: the peer's, or, when that is a trusted proxy, the rightmost X-Forwarded-For entry that is
 * none. `lines` are the values of all X-Forwarded-For lines in order. An entry that is no address ends the search.
 */
export function clientAddress(
  peer: Peer,
  lines: readonly string[],
  trusted: readonly AddressRange[],
): ClientAddress {
  if (peer === trustedSocket) return hopOfClient(lines, trusted).client
  const own = peerAddress(peer)
  if (!isTrusted(own, trusted)) return lines.length > 0 ? passingOn(own) : own
  return hopOfClient(lines, trusted).client
}

/** The client among the hops of a trusted peer, and how many trusted ones stand behind it in the header. */
function hopOfClient(
  lines: readonly string[],
  trusted: readonly AddressRange[],
): { readonly client: ClientAddress; readonly behind: number } {
  const entries = lines.join(',')
  let behind = 0
  // From the right, and no further than to the first that is no trusted proxy.
  for (let end = entries.length; end >= 0; behind++) {
    const comma = end === 0 ? -1 : entries.lastIndexOf(',', end - 1)
    const hop = addressOf(withoutPort(withoutBlanks(entries, comma + 1, end)))
    if (!isTrusted(hop, trusted)) return { client: hop, behind }
    end = comma
  }
  return { client: unknownClient, behind: Math.max(0, behind - 1) }
}

/** Azure writes one behind the address, and an IPv6 address then in brackets. What is neither is left as it is. */
function withoutPort(entry: string): string {
  const bracket = entry.startsWith('[') ? entry.indexOf(']') : -1
  const colon = entry.lastIndexOf(':')
  if (bracket !== -1) {
    const address = entry.slice(1, bracket)
    const rest = entry.slice(bracket + 1)
    const isWhole = rest === '' || (rest.startsWith(':') && isPort(rest.slice(1)))
    return isWhole && address.includes(':') ? address : entry
  }
  // Two colons are an IPv6 address, of which a port could not be told apart.
  const isOne = colon !== -1 && entry.indexOf(':') === colon
  return isOne && isPort(entry.slice(colon + 1)) ? entry.slice(0, colon) : entry
}

function isPort(text: string): boolean {
  return /^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535
}

/** A part of a text without spaces and tabs at its ends (RFC 9110 section 5.6.3), each looked at once. */
function withoutBlanks(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (start < end && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/**
 * A peer that passes requests of others on, as it sends X-Forwarded-For, and is not trusted: where it is private, all
 * its clients have its address, and their networks cannot be told apart. One of the internet may write what it likes.
 */
function passingOn(peer: ClientAddress): ClientAddress {
  if (!peer.known) return peer
  const known = hiding.get(peer)
  if (known !== undefined) return known
  const network = { key: peer.network.key, hidden: isPrivate(peer.address) }
  const result: ClientAddress = { ...peer, network }
  hiding.set(peer, result)
  return result
}

/**
 * The network of a peer before it has said anything; null for a trusted proxy, which carries everybody, and for what
 * has no address. A private peer may turn out to pass others on: until then it counts as if it did.
 */
export function peerNetwork(
  peer: string | undefined,
  trusted: readonly AddressRange[],
): ClientNetwork | null {
  const own = peerAddress(peer)
  return !own.known || isTrusted(own, trusted) ? null : passingOn(own).network
}

/** What hops said of the browser: the values of all lines in order. */
export interface Forwarded {
  readonly clients: readonly string[]
  readonly schemes: readonly string[]
}

/**
 * The scheme that the browser used, as a trusted peer says: the entry at the client's own place, counted from the
 * right, which is what the proxy wrote that the client spoke to; where there are fewer, the leftmost. Null when the
 * peer is not trusted or that is no scheme of ours.
 */
export function forwardedProto(
  peer: Peer,
  { clients, schemes }: Forwarded,
  trusted: readonly AddressRange[],
): 'http' | 'https' | null {
  if (schemes.length === 0) return null
  if (peer !== trustedSocket && (trusted.length === 0 || !isTrusted(peerAddress(peer), trusted))) return null
  const entries = schemes.join(',').split(',')
  const place = entries.length > 1 ? entries.length - 1 - hopOfClient(clients, trusted).behind : 0
  const scheme = entries[Math.max(0, place)]?.trim().toLowerCase()
  return scheme === 'http' || scheme === 'https' ? scheme : null
}

function isTrusted(hop: ClientAddress, trusted: readonly AddressRange[]): boolean {
  return hop.known && trusted.some((range) => contains(range, hop.address))
}

/** The kernel's word: a zone id (`fe80::1%eth0`) is its own addition and says nothing about the address. */
function peerAddress(peer: string | undefined): ClientAddress {
  if (peer === undefined) return unknownClient
  const zone = peer.indexOf('%')
  return addressOf(zone === -1 ? peer : peer.slice(0, zone))
}

function addressOf(text: string): ClientAddress {
  return text.length > limits.addressBytes ? unknownClient : read(text)
}

// The same few peers, or the same few clients, come again and again: 1.5 µs less each time.
const read = remembered<ClientAddress>(
  (text) => {
    const address = readAddress(text)
    if (address === null) return unknownClient
    const written = formatAddress(address)
    const network = { key: networkOf(address), hidden: false }
    return { known: true, address, text: written, network }
  },
  { most: limits.rememberedAddresses, longest: limits.addressBytes },
)

import { readAddress } from './address.ts'

/**
 * Whether a Host is the one for which the handshake of its connection was made: its name is the one that the client gave
 * there (RFC 6066 section 3), whatever its port. A client gives none for an address, and then may ask for one alone.
 */
export function isOfHandshake(host: string, name: string | null): boolean {
  const bare = /^\[([^\]]*)\](?::[0-9]+)?$/.exec(host)?.[1] ?? host.replace(/:[0-9]+$/, '')
  return name === null ? readAddress(bare) !== null : name === bare
}

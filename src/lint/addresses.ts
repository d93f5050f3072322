import { type AddressRange, readAddress, readAddressRange } from '../core/request/address.ts'
import { covers } from '../core/request/address-ranges.ts'

/** Whether every address of IPv4, or of IPv6, lies in one of them. */
export function coversEverything(ranges: readonly AddressRange[]): boolean {
  return ([4, 6] as const).some((family) => {
    const own = ranges.filter((range) => range.family === family)
    return own.some(({ bits }) => bits === 0) || own.filter(({ bits }) => bits === 1).length === 2
  })
}

function ranges(texts: readonly string[]): readonly AddressRange[] {
  return texts.flatMap((text) => {
    const read = readAddressRange(text)
    return read.ok ? [read.range] : []
  })
}

/** RFC 1918, RFC 6598, RFC 4193. */
export const privateNetworks = ranges([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
])

/** What never leaves a network of one's own: those, this machine (RFC 1122, RFC 4291), and the link (RFC 3927). */
const unrouted = [...privateNetworks, ...ranges(['127.0.0.0/8', '169.254.0.0/16', '::1/128', 'fe80::/10'])]

/** RFC 6762 appendix G, RFC 8375, RFC 6761, and what clusters and clouds use. */
const privateName =
  /^[^.]+$|\.(?:internal|local|localhost|localdomain|lan|home|home\.arpa|corp|intranet|private|svc|consul|test|docker)$/

/** Whether a host's name or address leads nowhere beyond a network of one's own. */
export function isPrivateHost(hostname: string): boolean {
  const address = readAddress(hostname)
  if (address === null) return privateName.test(hostname)
  const range: AddressRange = { ...address, bits: address.family === 4 ? 32 : 128, text: hostname }
  return unrouted.some((network) => covers(network, range))
}

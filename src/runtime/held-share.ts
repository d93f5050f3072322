import { UpstreamFault } from '../core/fault.ts'
import type { HeldBounds, HeldBytes } from '../core/limits/held-bytes.ts'
import { type ClientNetwork, mostOf } from '../core/limits/network.ts'
import { takesWholeBodies, type UpstreamSettings } from '../core/upstream-settings.ts'
import type { Runtime } from './runtime.ts'

/** Where what is held is counted, and whose it is. */
export interface HeldShare {
  readonly held: HeldBytes
  readonly network: ClientNetwork
  readonly bounds: HeldBounds
}

interface Place {
  readonly upstream: UpstreamSettings
  readonly maxBodyBytes: number | null
}

/** Of a request for an upstream that takes whole bodies; null: the upstream takes a body as it comes. */
export function heldShare(
  { heldBytes, gateway }: Pick<Runtime, 'heldBytes' | 'gateway'>,
  network: ClientNetwork,
  { upstream, maxBodyBytes }: Place,
): HeldShare | null {
  if (!takesWholeBodies(upstream)) return null
  const bounds = heldBytes.bounds(gateway.heldBodyBytes, maxBodyBytes ?? 0)
  return { held: heldBytes, network, bounds }
}

/** Whether so many bytes more could be held now. */
export function hasRoomFor({ held, network, bounds }: HeldShare, bytes: number): boolean {
  return bytes <= held.free(network, bounds)
}

/** That there was no room: of the network, or at all. */
export function heldBodiesFull({ held, network, bounds }: HeldShare): UpstreamFault {
  const own = `${held.bytesOf(network)} bytes of ${mostOf(bounds.ofNetwork, network)} for its client network`
  const message = `no more bodies can be held (\`aws.held_bodies\`): held are ${own}, and ${held.bytes()} of ${bounds.inAll} in all`
  return new UpstreamFault('HELD_BODIES_FULL', message)
}

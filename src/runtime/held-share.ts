import { UpstreamFault } from '../core/fault.ts'
import type { HeldBound, HeldBounds, HeldBytes } from '../core/limits/held-bytes.ts'
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

/** Whether a body could be held now: of so many bytes, or (null) of at least one, where it does not say how many. */
export function hasRoomFor({ held, network, bounds }: HeldShare, bytes: number | null): boolean {
  return (bytes ?? 1) <= held.free(network, bounds)
}

/** That there was no room: of the network, or at all. It is counted as a refusal. */
export function refuseHeldBody({ held, network, bounds }: HeldShare): UpstreamFault {
  held.refuse(network, bounds)
  const own = `${held.bytesOf(network)} bytes of ${mostOf(bounds.ofNetwork, network)} for its client network`
  const message = `no more bodies can be held (\`aws.held_bodies\`): held are ${own}, and ${held.bytes()} of ${bounds.inAll} in all`
  return new UpstreamFault('HELD_BODIES_FULL', message)
}

/** What is held of request bodies, and what may be. */
export interface HeldBodies {
  readonly bytes: number
  /** The most that this process may hold; 0: no app takes bodies as a whole. */
  readonly mostBytes: number
  readonly refusals: Readonly<Record<HeldBound, number>>
}

export function heldBodies({ heldBytes, gateway }: Pick<Runtime, 'heldBytes' | 'gateway'>): HeldBodies {
  const whole = gateway.apps.filter(({ upstream }) => takesWholeBodies(upstream))
  const longest = whole.flatMap(({ fallback, allLocations }) =>
    [fallback, ...allLocations].map(({ forwarding }) => forwarding.maxBodyBytes ?? 0),
  )
  const most = heldBytes.bounds(gateway.heldBodyBytes, Math.max(0, ...longest)).inAll
  return {
    bytes: heldBytes.bytes(),
    mostBytes: whole.length === 0 ? 0 : most,
    refusals: heldBytes.refusals(),
  }
}

import { clientAddress, forwardedProto, peerOf } from '../../core/request/forwarded.ts'
import { readHost } from '../../core/request/host.ts'
import { markHeader, opensMark, sealMark } from '../../core/session/mark.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { linesOf, type RequestFacts } from '../admission/request-facts.ts'

/** What the local socket tells `claimgate doctor`: which process answers, and a mark to send to the public address. */
export interface MarkGiven {
  readonly instance: string
  readonly mark: string
}

export function giveMark({ instance, ring, clock, random }: Runtime): MarkGiven {
  return { instance, mark: sealMark(ring, clock.now(), random) }
}

/** What a process believes of a request that bears a mark: what its log and its rules go by. */
export interface Believed {
  readonly instance: string
  readonly edition: number
  /** The address of the client; null: nobody who is believed said one. */
  readonly client: string | null
  /** As a trusted proxy says; null: none does. */
  readonly scheme: 'http' | 'https' | null
  /** The origin of the file that `Host` names; null: none. */
  readonly origin: string | null
}

/** Null for a request without a mark that opens here and now: then nothing is said but that the process answers. */
export function believedOf(runtime: Runtime, facts: RequestFacts): Believed | null {
  const value = facts.headers[markHeader]
  const { gateway, ring, clock, instance, edition } = runtime
  if (typeof value !== 'string' || !opensMark(ring, value, clock.now())) return null
  const peer = peerOf(gateway, facts.socket)
  const forwarded = {
    clients: linesOf(facts, 'x-forwarded-for'),
    schemes: linesOf(facts, 'x-forwarded-proto'),
  }
  const client = clientAddress(peer, forwarded.clients, gateway.trustedProxies)
  const host = readHost(facts.rawHeaders)
  return {
    instance,
    edition,
    client: client.known ? client.text : null,
    scheme: forwardedProto(peer, forwarded, gateway.trustedProxies),
    origin: (host.ok ? gateway.hosts.get(host.host)?.origin : undefined) ?? null,
  }
}

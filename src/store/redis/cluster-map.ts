import type { RedisNode } from '../../core/session-store-settings.ts'
import { placeOf } from './connection.ts'
import { listOf, numberOf, textOf } from './reply.ts'
import { slots } from './slot.ts'

/** Which node serves which slot, as one of them says. */
export interface ClusterMap {
  /** By slot; a slot that nobody serves has none. */
  readonly primaryOf: readonly (string | undefined)[]
  /** By `host:port`. */
  readonly primaries: ReadonlyMap<string, ClusterPrimary>
}

export interface ClusterPrimary {
  readonly node: RedisNode
  readonly hasReplicas: boolean
}

/**
 * Reads the reply of CLUSTER SLOTS. A node that does not know its own address leaves it out: that is where we asked.
 * Null: it is none, or serves no slot.
 */
export function readClusterMap(reply: unknown, asked: RedisNode): ClusterMap | null {
  const primaryOf = new Array<string | undefined>(slots)
  const primaries = new Map<string, ClusterPrimary>()
  for (const range of listOf(reply)) {
    const [first, last, primary, ...replicas] = listOf(range)
    const [host, port] = listOf(primary)
    const [from, to] = [numberOf(first), numberOf(last)]
    const node = { host: textOf(host) || asked.host, port: numberOf(port) }
    if (from < 0 || to >= slots || node.port < 1 || node.port > 65_535) continue
    const place = placeOf(node)
    const hasReplicas = replicas.length > 0 || primaries.get(place)?.hasReplicas === true
    primaries.set(place, { node, hasReplicas })
    primaryOf.fill(place, from, to + 1)
  }
  return primaries.size === 0 ? null : { primaryOf, primaries }
}

/** Where MOVED or ASK points, `MOVED 3999 127.0.0.1:6381`; without a host, to another port where we asked. */
export function redirectedTo(message: string, asked: RedisNode): RedisNode | null {
  const [, host = '', port] = /^(?:MOVED|ASK) \d+ (.*):(\d+)$/.exec(message) ?? []
  return port === undefined
    ? null
    : { host: host.replaceAll(/^\[|\]$/g, '') || asked.host, port: Number(port) }
}

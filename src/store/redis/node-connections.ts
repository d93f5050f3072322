import type { RedisNode } from '../../core/session-store-settings.ts'
import type { ClientAccess } from './client.ts'
import { type Connection, openConnection, placeOf } from './connection.ts'

/** Connections to the nodes of a cluster, of which each is opened when it is first asked for. */
export interface NodeConnections {
  to(node: RedisNode): Connection
  /** Closes those to all others, by `placeOf`. */
  keepOnly(places: ReadonlySet<string>): void
  close(): void
}

export function openNodeConnections(access: ClientAccess): NodeConnections {
  const connections = new Map<string, Connection>()
  return {
    to(node) {
      const name = placeOf(node)
      const known = connections.get(name)
      if (known !== undefined) return known
      const opened = openConnection({ access, address: () => Promise.resolve(node) })
      connections.set(name, opened)
      return opened
    },
    keepOnly(places) {
      for (const [name, connection] of connections) {
        if (places.has(name)) continue
        connection.close()
        connections.delete(name)
      }
    },
    close() {
      for (const connection of connections.values()) connection.close()
    },
  }
}

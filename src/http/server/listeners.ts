import type { AddressInfo, Server, Socket } from 'node:net'
import type { Gateway, ListenAddress } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import type { ListenSocket } from '../../runtime/listen-socket.ts'
import { createAdmin } from '../operations/admin.ts'
import { openHealthSocket } from '../operations/health-socket.ts'
import { noteRefusedConnections } from '../operations/refused-connections.ts'
import { createApp } from './app.ts'
import type { ServerContext } from './context.ts'
import { listenOn, placeOf } from './listening.ts'
import { boundConnections } from './network-connections.ts'
import { useCertificates } from './server.ts'

/** Everything of a gateway that listens. */
export interface Listeners {
  listen(gateway: Gateway): Promise<void>
  /** The ports that were really taken, where the file says 0. */
  ports(gateway: Gateway): { readonly port: number; readonly adminPort: number | null }
  /** No new connections; requests in flight may finish within the time, then all editions and the store are closed. */
  close(graceMs: number): Promise<void>
}

/** How often connections without a request are closed while the gateway stops. */
const sweepMs = 50

export async function openListeners(
  serverContext: ServerContext,
  connectionsOfNetwork: number = limits.networkConnections,
): Promise<Listeners> {
  let draining = false
  let socket: ListenSocket | null = null
  const app = await createApp(serverContext)
  const admin = createAdmin(serverContext, () => draining)
  const health = openHealthSocket(serverContext.editions, () => draining)
  const { editions, log, metrics } = serverContext
  boundConnections(app.server, {
    most: connectionsOfNetwork,
    trusted: () => editions.current().gateway.trustedProxies,
    onRefused: noteRefusedConnections(log, metrics, () => editions.current().clock.monotonicMs()),
  })
  const connections = followConnections(app.server)
  serverContext.editions.subscribe('certificates', ({ gateway }) =>
    useCertificates(app.server, gateway.listen),
  )
  return {
    listen: async (gateway) => {
      if (gateway.admin !== null) await admin.listen(placeOf(gateway.admin))
      socket = await listenOn(app, gateway.listen)
      // Last: with the port taken by a gateway that runs, its socket must stay where `claimgate health` finds it.
      const reasons = await health.listen()
      if (reasons !== null) {
        const warning = `\`claimgate health\` will find no socket of this gateway: ${reasons}`
        log.event('warn', 'health.unavailable', { warning })
      }
    },
    ports: (gateway) => ({
      port: portOf(app.server.address(), gateway.listen),
      adminPort: gateway.admin === null ? null : portOf(admin.server.address(), gateway.admin),
    }),
    close: async (graceMs) => {
      draining = true
      socket?.remove()
      const cut = setTimeout(() => {
        for (const connection of connections) connection.destroy()
      }, graceMs)
      // A connection whose request is answered by now would be kept for the next one, which nobody is to send.
      const sweep = setInterval(() => app.server.closeIdleConnections(), sweepMs)
      await app.close()
      clearTimeout(cut)
      clearInterval(sweep)
      await Promise.all([admin.close(), health.close()])
      await serverContext.editions.close()
    },
  }
}

/** All that are open. Those of WebSockets too, which the server itself forgets but waits for. */
export function followConnections(server: Server): ReadonlySet<Socket> {
  const open = new Set<Socket>()
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return open
}

function portOf(address: string | AddressInfo | null, wanted: ListenAddress): number {
  return address !== null && typeof address === 'object' ? address.port : wanted.port
}

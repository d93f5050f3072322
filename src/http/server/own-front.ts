import type { Server, Socket } from 'node:net'
import { limits } from '../../core/limits/table.ts'
import type { ListenSocket } from '../../runtime/listen-socket.ts'
import { ownAnswers } from '../operations/answers.ts'
import { noteRefusedConnections } from '../operations/refused-connections.ts'
import { createApp } from './app.ts'
import type { ServerContext } from './context.ts'
import type { Front } from './front.ts'
import { listenOn, portOf } from './listening.ts'
import { boundConnections } from './network-connections.ts'
import { useCertificates } from './tls.ts'

/** How often connections without a request are closed while the gateway stops. */
const sweepMs = 50

export interface OwnFrontOptions {
  /** A test brings less; see `networkConnections` in core/limits/table. */
  readonly connectionsOfNetwork?: number | undefined
  /** Where a worker listens; as the file says when absent. */
  readonly listen?: typeof listenOn
}

/** Requests are served by this process. */
export async function openOwnFront(
  serverContext: ServerContext,
  { connectionsOfNetwork = limits.networkConnections, listen: listenAt = listenOn }: OwnFrontOptions = {},
): Promise<Front> {
  let draining = false
  let socket: ListenSocket | null = null
  const app = await createApp(serverContext)
  const { editions, log, metrics } = serverContext
  boundConnections(app.server, {
    most: connectionsOfNetwork,
    trusted: () => editions.current().gateway.trustedProxies,
    onRefused: noteRefusedConnections(log, metrics, () => editions.current().clock.monotonicMs()),
  })
  const connections = followConnections(app.server)
  editions.subscribe('certificates', ({ gateway }) => useCertificates(app.server, gateway.listeners[0]))
  return {
    listen: async ({ listeners: [listen] }) => {
      socket = await listenAt(app, listen)
    },
    port: ({ listeners: [listen] }) => portOf(app.server.address(), listen),
    others: null,
    answers: ownAnswers(serverContext, () => draining),
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

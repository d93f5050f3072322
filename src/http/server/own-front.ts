import type { Server } from 'node:http'
import type { Server as NetServer, Socket } from 'node:net'
import type { ListenSettings } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import type { ListenSocket } from '../../runtime/listen-socket.ts'
import { ownAnswers } from '../operations/answers.ts'
import { noteRefusedCertificates } from '../operations/refused-certificates.ts'
import { noteRefusedConnections } from '../operations/refused-connections.ts'
import { createApp } from './app.ts'
import { certifiedConnections } from './certified-connections.ts'
import type { ServerContext } from './context.ts'
import type { Front } from './front.ts'
import { addressesOf, type Listen, listenOn, listenServer, portOf } from './listening.ts'
import { connectionBound } from './network-connections.ts'
import { tlsOf, useCertificates } from './tls.ts'

/** How often connections without a request are closed while the gateway stops. */
const sweepMs = 50

export interface OwnFrontOptions {
  /** A test brings less; see `networkConnections` in core/limits/table. */
  readonly connectionsOfNetwork?: number | undefined
  /** How a worker listens; as the file says when absent. `index`: which place of `listen` it is. */
  readonly listen?: (listen: Listen, settings: ListenSettings, index: number) => Promise<ListenSocket | null>
}

/** Requests are served by this process: by a server for each place of `listen`. */
export async function openOwnFront(
  serverContext: ServerContext,
  { connectionsOfNetwork = limits.networkConnections, listen: listenAt = listenOn }: OwnFrontOptions = {},
): Promise<Front> {
  let draining = false
  const sockets: (ListenSocket | null)[] = []
  const { editions, log, metrics } = serverContext
  const bound = connectionBound({
    most: connectionsOfNetwork,
    trusted: () => editions.current().gateway.trustedProxies,
    onRefused: noteRefusedConnections(log, metrics, () => editions.current().clock.monotonicMs()),
  })
  const { gateway, clock } = editions.current()
  const certified = certifiedConnections({
    clock,
    authorities: gateway.clientCertificates?.authorities ?? [],
    onRefused: noteRefusedCertificates(log, () => clock.monotonicMs()),
  })
  const connections = new Set<Socket>()
  /** The servers of each place; `localhost` may have several. The first of all is the app's own. */
  const servers: Server[][] = []
  const { app, makeServer } = await createApp(serverContext, (server, index) => {
    bound(server)
    followConnections(server, connections)
    servers[index] = [...(servers[index] ?? []), server]
    if (editions.current().gateway.listeners[index]?.asksCertificates) certified.follow(server)
  })
  const all = (): readonly Server[] => servers.flat()
  editions.subscribe('certificates', ({ gateway }) => {
    for (const [index, listener] of gateway.listeners.entries())
      for (const server of servers[index] ?? []) useCertificates(server, tlsOf(listener, gateway))
    certified.renew(gateway)
  })
  const port = (index: number, listener: ListenSettings) =>
    portOf(servers[index]?.[0]?.address() ?? null, listener)

  /** One after the other: workers share what they listen on by its order. */
  async function listenAtPlace(settings: ListenSettings, index: number): Promise<ListenSocket | null> {
    const [host, ...others] = await addressesOf(settings.host)
    const first: Listen = (place) =>
      index === 0 ? app.listen({ ...place }) : listenServer(makeServer(index), place)
    const socket = await listenAt(first, { ...settings, host }, index)
    for (const address of others) {
      // The system may know an address that it does not have.
      await listenServer(makeServer(index), { host: address, port: port(index, settings) }).catch(() => {})
    }
    return socket
  }

  return {
    listen: async ({ listeners }) => {
      for (const [index, listener] of listeners.entries()) sockets.push(await listenAtPlace(listener, index))
    },
    ports: ({ listeners }) => listeners.map((listener, index) => port(index, listener)),
    others: null,
    answers: ownAnswers(serverContext, () => draining),
    close: async (graceMs) => {
      draining = true
      for (const socket of sockets) socket?.remove()
      const cut = setTimeout(() => {
        for (const connection of connections) connection.destroy()
      }, graceMs)
      // A connection whose request is answered by now would be kept for the next one, which nobody is to send.
      const sweep = setInterval(() => {
        for (const server of all()) server.closeIdleConnections()
      }, sweepMs)
      const besides = all().filter((server) => server !== app.server)
      await Promise.all([app.close(), ...besides.map(closed)])
      clearTimeout(cut)
      clearInterval(sweep)
    },
  }
}

/** No new connections; resolves when those that are open have ended. One that does not listen is closed. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}

/** Keeps those that are open in the set. Those of WebSockets too, which the server itself forgets but waits for. */
export function followConnections(server: NetServer, open: Set<Socket>): void {
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
}

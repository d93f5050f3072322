import type { AddressInfo, Server, Socket } from 'node:net'
import type { DestinationStream } from 'pino'
import type { Gateway, ListenAddress } from '../core/gateway.ts'
import { openRuntime, type RuntimeDeps } from '../runtime/open.ts'
import { createAdmin } from './admin.ts'
import { createApp } from './app.ts'
import { openHealthSocket } from './health-socket.ts'
import { createLog, type Log } from './log.ts'
import { createMetrics } from './metrics.ts'

export interface StartOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** What an operator should know though it works; written to the log. */
  readonly warnings: readonly string[]
  /** Where log lines go; stdout when absent. */
  readonly logTo?: DestinationStream
  readonly clock?: RuntimeDeps['clock']
}

export interface RunningGateway {
  /** The port that was really taken, where the file says 0. */
  readonly port: number
  readonly adminPort: number | null
  readonly log: Log
  /** No new connections; requests in flight may finish within the time, then everything is closed. */
  close(graceMs: number): Promise<void>
}

/** How often connections without a request are closed while the gateway stops. */
const sweepMs = 50

/** Opens a model and listens. Throws when a part cannot be had, or an address is taken; then nothing stays open. */
export async function startGateway(gateway: Gateway, options: StartOptions): Promise<RunningGateway> {
  let log: Log | null = null
  const runtime = openRuntime(gateway, {
    env: options.env,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    onStoreFault: (thrown) => log?.fault('store.failed', thrown, {}),
    onProviderEvent: (event) => log && tellOfProvider(log, event),
  })
  log = createLog(gateway.log, runtime.logKey, options.logTo)
  const metrics = createMetrics()
  let draining = false
  const app = await createApp({ runtime, log, metrics })
  const admin = createAdmin(runtime, metrics, () => draining)
  const health = openHealthSocket(runtime, () => draining)
  const connections = followConnections(app.server)
  const closeParts = async (graceMs: number): Promise<void> => {
    draining = true
    const cut = setTimeout(() => {
      for (const connection of connections) connection.destroy()
    }, graceMs)
    // A connection whose request is answered by now would be kept for the next one, which nobody is to send.
    const sweep = setInterval(() => app.server.closeIdleConnections(), sweepMs)
    await app.close()
    clearTimeout(cut)
    clearInterval(sweep)
    await Promise.all([admin.close(), health.close()])
    await runtime.close()
  }
  try {
    if (gateway.admin !== null) await admin.listen(placeOf(gateway.admin))
    await app.listen(placeOf(gateway.listen))
    // Last: with the port taken by a gateway that runs, its socket must stay where `claimgate health` finds it.
    await health.listen()
  } catch (thrown) {
    await closeParts(0)
    throw thrown
  }
  for (const warning of options.warnings) log.event('warn', 'config.warning', { warning })
  const port = portOf(app.server.address(), gateway.listen)
  const adminPort = gateway.admin === null ? null : portOf(admin.server.address(), gateway.admin)
  log.event('info', 'gateway.started', {
    host: gateway.listen.host,
    port,
    admin_port: adminPort ?? undefined,
    apps: gateway.apps.length,
  })
  // Asking begins discovery, so that the log says at the start what a first sign-in would find.
  for (const provider of runtime.providers.values()) provider.status()
  const close = async (graceMs: number): Promise<void> => {
    await closeParts(graceMs)
    log.event('info', 'gateway.stopped', {})
    log.flush()
  }
  return { port, adminPort, log, close }
}

function tellOfProvider(log: Log, event: Parameters<RuntimeDeps['onProviderEvent']>[0]): void {
  const { event: name, provider } = event
  if (name === 'provider.ready') {
    log.event('info', name, { provider, issuer: event.issuer })
  } else {
    const { code, message, retryAt } = event
    log.event('error', name, { provider, code, error: message, retry_at: retryAt ?? undefined })
  }
}

/** All that are open. Those of WebSockets too, which the server itself forgets but waits for. */
function followConnections(server: Server): ReadonlySet<Socket> {
  const open = new Set<Socket>()
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return open
}

/** A copy that Fastify may write to; the model is frozen. */
function placeOf({ host, port }: ListenAddress): ListenAddress {
  return { host, port }
}

function portOf(address: string | AddressInfo | null, wanted: ListenAddress): number {
  return address !== null && typeof address === 'object' ? address.port : wanted.port
}

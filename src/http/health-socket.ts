import { createServer } from 'node:http'
import { healthSocketPath, placeSocket, removeSocket, type SocketMark } from '../runtime/health-path.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { readReadiness } from './admin.ts'

export interface HealthSocket {
  /** Listens; false when the place cannot be written, which costs `claimgate health` and nothing else. */
  listen(): Promise<boolean>
  close(): Promise<void>
}

/** Answers `claimgate health` on a local socket, whatever TLS, host or admin address the gateway has. */
export function openHealthSocket(runtime: Runtime, draining: () => boolean): HealthSocket {
  const path = healthSocketPath(runtime.gateway)
  const draft = `${path}.${process.pid}`
  let placed: SocketMark | null = null
  const server = createServer((_request, response) => {
    readReadiness(runtime, draining()).then(
      (readiness) =>
        response
          .writeHead(readiness.ready ? 200 : 503, { 'content-type': 'application/json' })
          .end(JSON.stringify(readiness)),
      () => response.writeHead(500).end(),
    )
  })
  return {
    listen: () =>
      new Promise((resolve) => {
        removeSocket(draft)
        server.once('error', () => resolve(false))
        server.listen(draft, () => {
          placed = placeSocket(draft, path)
          resolve(placed !== null)
        })
      }),
    close: () =>
      new Promise((resolve) => {
        if (placed !== null) removeSocket(path, placed)
        if (!server.listening) return resolve()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

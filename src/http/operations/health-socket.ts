import { createServer } from 'node:http'
import type { Editions } from '../../runtime/editions.ts'
import { healthSocketPath, placeSocket, removeSocket, type SocketMark } from '../../runtime/health-path.ts'
import { readReadiness } from './admin.ts'

export interface HealthSocket {
  /** Listens; false when the place cannot be written, which costs `claimgate health` and nothing else. */
  listen(): Promise<boolean>
  close(): Promise<void>
}

/** Answers `claimgate health` on a local socket, whatever TLS, host or admin address the gateway has. */
export function openHealthSocket(editions: Editions, draining: () => boolean): HealthSocket {
  const path = healthSocketPath(editions.current().gateway)
  const draft = `${path}.${process.pid}`
  let placed: SocketMark | null = null
  const server = createServer((_request, response) => {
    readReadiness(editions.current(), draining()).then(
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

import { createServer } from 'node:http'
import { healthSocketPath, removeStaleSocket } from '../runtime/health-path.ts'
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
        removeStaleSocket(path)
        server.once('error', () => resolve(false))
        server.listen(path, () => resolve(true))
      }),
    close: () =>
      new Promise((resolve) => {
        if (!server.listening) return resolve()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

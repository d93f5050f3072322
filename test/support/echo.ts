// An app that answers with what it received, as JSON.
import http from 'node:http'
import { portOf } from './ports.ts'

export interface Received {
  readonly method: string
  readonly target: string
  /** Lower-case names; repeated ones as a list. */
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly body: string
}

export interface Echo {
  readonly port: number
  readonly url: string
  readonly received: readonly Received[]
  close(): Promise<void>
}

export async function startEcho(): Promise<Echo> {
  const received: Received[] = []
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const seen: Received = {
        method: request.method ?? '',
        target: request.url ?? '',
        headers: Object.fromEntries(
          Object.entries(request.headersDistinct).map(([name, values]) => [name, values ?? []]),
        ),
        body: Buffer.concat(parts).toString('latin1'),
      }
      received.push(seen)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(seen))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = portOf(server)
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

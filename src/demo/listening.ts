import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server of the demo, listening. */
export interface Listening {
  /** `http://127.0.0.1:41234`. */
  readonly origin: string
  close(): Promise<void>
}

/** Listens on a free port that this machine alone reaches. */
export async function listenOnLoopback(server: Server): Promise<Listening> {
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(0, '127.0.0.1', listening)
  })
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

/** A port that was free a moment ago: the demo's url must be known before anything listens. */
export async function freePort(): Promise<number> {
  const probe = await listenOnLoopback(createServer())
  await probe.close()
  return Number(new URL(probe.origin).port)
}

const maxFormBytes = 4096

/** A small form's body as text; throws when it is longer than any of ours. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request) {
    const bytes = Buffer.from(part)
    length += bytes.length
    if (length > maxFormBytes) throw new Error('form too long')
    parts.push(bytes)
  }
  return Buffer.concat(parts).toString('utf8')
}

import { connect, type Socket } from 'node:net'

/** A TCP client that sends bytes as they are written here, and keeps every byte that comes back. */
export interface RawClient {
  readonly socket: Socket
  /** All bytes so far, as latin-1. */
  text(): string
  write(bytes: string | Buffer): void
  /** Until the text matches; fails when the connection ends first. */
  until(pattern: RegExp | string): Promise<string>
  /** Until the other side has closed, however it did. */
  closed(): Promise<string>
  destroy(): void
}

export async function rawClient(port: number, bytes = ''): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1')
  const pieces: Buffer[] = []
  const waiting = new Set<() => void>()
  let over = false
  const wake = () => {
    for (const check of waiting) check()
  }
  socket.on('data', (piece) => {
    pieces.push(piece)
    wake()
  })
  // A reset is one of the ways in which a peer ends a connection.
  socket.on('error', () => {})
  socket.on('close', () => {
    over = true
    wake()
  })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  if (bytes !== '') socket.write(bytes, 'latin1')
  const text = () => Buffer.concat(pieces).toString('latin1')
  const when = (holds: () => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const check = () => {
        if (!holds() && !over) return
        waiting.delete(check)
        if (holds()) resolve(text())
        else reject(new Error(`the connection ended first: ${JSON.stringify(text())}`))
      }
      waiting.add(check)
      check()
    })
  return {
    socket,
    text,
    write: (more) => void socket.write(more, 'latin1'),
    until: (pattern) =>
      when(() => (typeof pattern === 'string' ? text().includes(pattern) : pattern.test(text()))),
    closed: () => when(() => over),
    destroy: () => void socket.destroy(),
  }
}

/** Sends bytes and returns all that came until the other side closed. */
export async function exchange(port: number, bytes: string): Promise<string> {
  const client = await rawClient(port, bytes)
  return client.closed()
}

/** Status code of the first answer in a text. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0)
}

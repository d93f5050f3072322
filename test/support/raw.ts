import { connect, type Socket } from 'node:net'
import { createWaits, inVain } from './waiting.ts'

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

/** `from`: an address of this machine, where networks are counted apart. */
export async function rawClient(port: number, bytes = '', from = '127.0.0.1'): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  const pieces: Buffer[] = []
  const waits = createWaits()
  let over = false
  socket.on('data', (piece) => {
    pieces.push(piece)
    waits.wake()
  })
  // A reset is one of the ways in which a peer ends a connection.
  socket.on('error', () => {})
  socket.on('close', () => {
    over = true
    waits.wake()
  })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  if (bytes !== '') socket.write(bytes, 'latin1')
  const text = () => Buffer.concat(pieces).toString('latin1')
  const when = (what: string, holds: () => boolean): Promise<string> =>
    waits.until({
      what,
      look: () => {
        if (holds()) return text()
        if (over) throw inVain(`the connection ended first: ${JSON.stringify(text())}`)
        return undefined
      },
      seen: () => JSON.stringify(text().slice(-2000)),
    })
  return {
    socket,
    text,
    write: (more) => void socket.write(more, 'latin1'),
    until: (pattern) =>
      when(`${pattern} from port ${port}`, () =>
        typeof pattern === 'string' ? text().includes(pattern) : pattern.test(text()),
      ),
    closed: () => when(`port ${port} to close the connection`, () => over),
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

import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { portOf } from './ports.ts'
import { createWaits } from './waiting.ts'

/** One connection to the recording upstream. */
export interface Connection {
  readonly socket: Socket
  /** Every byte that came, as latin-1. */
  received: string
  closed: boolean
}

/**
 * An upstream on bare TCP: it keeps every byte that it gets and answers with the bytes that a test writes, right or
 * wrong. `answer` is asked after each piece; what it returns is sent.
 */
export interface RecordingUpstream {
  readonly port: number
  readonly connections: readonly Connection[]
  /** All bytes of all connections. */
  received(): string
  /** The number of requests, by their request lines. */
  requests(): number
  /** Until a condition over what came holds. */
  until(holds: () => boolean): Promise<void>
  answerWith(answer: Answerer): void
  close(): Promise<void>
}

export type Answerer = (connection: Connection) => string | Buffer | null

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** Answers 200 to every complete request head; use for requests without a body. */
export function answerHeads(bytes: string = ok): Answerer {
  const answered = new WeakMap<Connection, number>()
  return (connection) => {
    const heads = connection.received.split('\r\n\r\n').length - 1
    const due = heads - (answered.get(connection) ?? 0)
    answered.set(connection, heads)
    return due > 0 ? bytes.repeat(due) : null
  }
}

export async function recordingUpstream(
  options: {
    readonly tls?: { readonly key: string; readonly cert: string }
    readonly answer?: Answerer
  } = {},
): Promise<RecordingUpstream> {
  const connections: Connection[] = []
  const waits = createWaits()
  let answer = options.answer ?? answerHeads()
  const onConnection = (socket: Socket): void => {
    const connection: Connection = { socket, received: '', closed: false }
    connections.push(connection)
    socket.on('data', (piece) => {
      connection.received += piece.toString('latin1')
      const bytes = answer(connection)
      if (bytes !== null && !socket.destroyed) socket.write(bytes, 'latin1')
      waits.wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      connection.closed = true
      waits.wake()
    })
    waits.wake()
  }
  const server: Server = options.tls
    ? createTlsServer({ ...options.tls }, onConnection).on('tlsClientError', () => {})
    : createServer(onConnection)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const received = () => connections.map((connection) => connection.received).join('')
  return {
    port: portOf(server),
    connections,
    received,
    requests: () => received().match(/^[A-Z]+ \S+ HTTP\/1\.1\r$/gm)?.length ?? 0,
    until: async (holds) => {
      await waits.until({ what: String(holds), look: () => holds() || undefined, seen: received })
    },
    answerWith: (next) => {
      answer = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const { socket } of connections) socket.destroy()
      }),
  }
}

import { isIP } from 'node:net'
import { errorCode } from '../../core/error-code.ts'
import type { RedisNode, RedisTls } from '../../core/session-store-settings.ts'
import { Timeout, TlsRefused, TlsTimeout } from './errors.ts'

/** The name of a command and its arguments. */
export type Command = readonly [string, ...string[]]

/** Who we are at one server, and how it is spoken to. */
export interface ClientAccess {
  readonly username: string | null
  /** Revealed: it goes to the server and nowhere else. */
  readonly password: string | null
  readonly tls: RedisTls | null
  readonly database: number
  /** A server that does not answer within this time is away. */
  readonly answerMs: number
}

/** One connection that stands. */
export interface Client {
  /** What the server answers, unread: `reply.ts` reads it. Rejects with what the library threw, or an error reply. */
  send(command: Command): Promise<unknown>
  /** False once it broke off or was ended. */
  isOpen(): boolean
  /** Ends it at once, without telling `ended`; what is under way is rejected. */
  destroy(): void
}

/** Within which a server has to answer. */
export const usualAnswerMs = 1000

/**
 * Connects by the official client, and resolves once the server took us in. The library is loaded when the first
 * connection is made: it takes 30 MB, which a gateway without Redis does not pay for. It has no say in when to connect
 * again, and queues nothing while it is away: `connection.ts` does that. `ended` is called once, when the connection
 * breaks off, or says what is no RESP: a reply that cannot be read may shift all that come behind it.
 */
export async function connectClient(
  node: RedisNode,
  access: ClientAccess,
  ended: (thrown: unknown) => void,
): Promise<Client> {
  const { createClient } = await import('@redis/client')
  const { username, password, database, answerMs } = access
  const client = createClient({
    socket: { host: node.host, port: node.port, ...tlsOptions(node, access.tls), ...socketOptions(answerMs) },
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(database === 0 ? {} : { database }),
    // RESP 2 asks for nothing but AUTH and SELECT: no permission more, and no reply that nobody asked for.
    RESP: 2,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    disableOfflineQueue: true,
    // No timer of the library's for each command: `connection.ts` has one for each round trip.
    commandOptions: { timeout: 0 },
  })
  let over = false
  let first: unknown = null
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => {}) // Once it stands, `ended` tells.
  const end = (thrown: unknown): void => {
    first ??= thrown
    if (over) return
    over = true
    client.destroy()
    broken.reject(first)
    ended(first)
  }
  // Also those that come after it was destroyed: an 'error' without a listener would end the process.
  client.on('error', end)
  client.on('end', () => end(new Error('the connection was closed')))
  let isSecured = access.tls === null
  client.on('connect', () => {
    isSecured = true
  })
  let isTakenIn = false
  const tooLate = (): void => {
    if (!isTakenIn) end(isSecured ? new Timeout(answerMs) : new TlsTimeout(answerMs))
  }
  // What was answered while this process was busy is read first.
  const late = setTimeout(() => setImmediate(tooLate), answerMs).unref()
  const takenIn = (async () => {
    await client.connect()
    // A frozen server takes connections, and answers nothing on them.
    await client.sendCommand(['PING'])
    isTakenIn = true
  })()
  // A socket that is still being made is none that can be ended yet: once more when it stands.
  const afterwards = (): void => {
    if (over) client.destroy()
  }
  takenIn.then(afterwards, afterwards)
  try {
    await Promise.race([takenIn, broken.promise])
  } catch (thrown) {
    const why = first ?? thrown
    over = true
    client.destroy()
    throw access.tls !== null && isSecured && isClosed(why) ? new TlsRefused(why) : why
  } finally {
    clearTimeout(late)
  }
  return {
    send: (command) => client.sendCommand([...command]),
    isOpen: () => !over,
    destroy() {
      over = true
      client.destroy()
    },
  }
}

function isClosed(thrown: unknown): boolean {
  const code = errorCode(thrown)
  return (
    code === 'ECONNRESET' || code === 'EPIPE' || (thrown instanceof Error && /closed/i.test(thrown.message))
  )
}

/** The library's own time-out would not tell how far the connection had come: ours is earlier. */
function socketOptions(answerMs: number) {
  return { connectTimeout: 2 * answerMs, reconnectStrategy: false } as const
}

/** The certificate must name the host that is connected to: that of the file, or the one that a Sentinel or node names. */
function tlsOptions({ host }: RedisNode, tls: RedisTls | null) {
  if (tls === null) return {}
  const own = tls.clientCertificate
  return {
    tls: true as const,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(own === null ? {} : { cert: own.certificate, key: own.key.reveal() }),
  }
}

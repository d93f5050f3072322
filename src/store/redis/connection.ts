import type { RedisNode } from '../../core/session-store-settings.ts'
import { type Client, type ClientAccess, type Command, connectClient } from './client.ts'
import { Timeout } from './errors.ts'
import { errorWord } from './reply.ts'

/** One server, at whatever address it has just now, for as long as the store is open. */
export interface Connection {
  /**
   * Commands in one round trip, in this order, and what was answered. Rejects with a `Failure`: at once when the server
   * is known to be away, else after a second at the latest. The others may have been done all the same.
   */
  send(commands: readonly Command[], withinMs?: number): Promise<readonly unknown[]>
  /** Connects anew, to the address that is right then. */
  renew(): void
  close(): void
}

export interface ConnectionSetup {
  /** Asked for each time it connects; may reject with a Failure. */
  readonly address: () => Promise<RedisNode>
  readonly access: ClientAccess
  /** Rejects when it is not the server that is meant: it is connected to again. */
  readonly vet?: (client: Client) => Promise<void>
  /** A test brings its own. */
  readonly connect?: typeof connectClient
}

/** What a command came to that was not answered, or with an error. */
export class Failure extends Error {
  /** `host:port`. */
  readonly place: string
  /** Null: it never came so far. */
  readonly command: string | null
  /** Of an error reply. */
  readonly word: string | null

  constructor(place: string, command: Command | null, cause: unknown) {
    const found = cause instanceof Error ? cause : new Error('unknown')
    super(found.message, { cause: found })
    this.place = place
    this.command = command?.[0] ?? null
    this.word = errorWord(found)
  }
}

/** Between two attempts, growing; and so long at most. */
const firstPauseMs = 50
const longestPauseMs = 1000

/**
 * Connects at once, and again whenever the connection is lost, with growing pauses. While an attempt is under way that
 * is the first after a connection stood, commands wait for it; once it failed, they fail with what it failed by.
 */
export function openConnection(setup: ConnectionSetup): Connection {
  const { address, access, vet = async () => {}, connect = connectClient } = setup
  let client: Client | null = null
  let place = 'unknown'
  let failure: Failure | null = null
  let attempt: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined
  let pauseMs = firstPauseMs
  let closed = false

  /** Never rejects. */
  async function tryOnce(): Promise<void> {
    let found: Client | null = null
    try {
      const node = await address()
      place = placeOf(node)
      found = await connect(node, access, () => lost(found))
      await inTime(vet(found), access.answerMs)
      if (closed) return found.destroy()
      if (!found.isOpen()) throw new Error('the connection was closed')
      client = found
      failure = null
      pauseMs = firstPauseMs
    } catch (thrown) {
      found?.destroy()
      failure = thrown instanceof Failure ? thrown : new Failure(place, null, thrown)
      if (closed) return
      timer = setTimeout(begin, pauseMs).unref()
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    }
  }

  function begin(): void {
    attempt ??= tryOnce().finally(() => {
      attempt = null
    })
  }

  /** Commands that were under way are rejected by the client. */
  function lost(which: Client | null): void {
    if (which === null || which !== client) return
    client = null
    which.destroy()
    if (!closed) begin()
  }

  async function ready(): Promise<Client> {
    if (client !== null) return client
    if (failure === null) await attempt
    if (client !== null) return client
    throw failure ?? new Failure(place, null, new Error('the connection is closed'))
  }

  async function send(commands: readonly Command[], withinMs = access.answerMs): Promise<readonly unknown[]> {
    const current = client ?? (await ready())
    const at = place
    const sent = commands.map((command) =>
      current.send(command).catch((thrown: unknown) => {
        throw new Failure(at, command, thrown)
      }),
    )
    try {
      return await inTime(Promise.all(sent), withinMs)
    } catch (thrown) {
      if (thrown instanceof Timeout) lost(current)
      throw thrown instanceof Failure ? thrown : new Failure(at, commands[0] ?? null, thrown)
    }
  }

  begin()
  return {
    send,
    renew: () => lost(client),
    close() {
      closed = true
      clearTimeout(timer)
      client?.destroy()
      client = null
      failure = new Failure(place, null, new Error('the store was closed'))
    },
  }
}

/**
 * Rejects with a Timeout when nothing came by then. In a process that was busy or frozen the timer may run out while the
 * answer waits to be read: what is there is read first.
 */
export async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => setImmediate(() => reject(new Timeout(ms))), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** As it stands in messages. */
export function placeOf({ host, port }: RedisNode): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

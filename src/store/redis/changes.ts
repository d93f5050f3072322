import type { Clock, StoreChange } from '../../core/ports.ts'
import type { SessionKey } from '../../core/session/session.ts'
import type { Command } from './client.ts'
import { Unreadable } from './errors.ts'
import { toStoreFault } from './fault.ts'
import { isStored } from './keys.ts'
import { listOf, textOf, textsOf } from './reply.ts'
import type { Servers } from './servers.ts'

/**
 * What ended, told to every process by a stream that each of them looks at four times a second. A look that is answered
 * is the store's sign of life too.
 */
export interface Changes {
  /** Tells the others. Rejects with a Failure. */
  announce(change: StoreChange): Promise<void>
  /** Tells the listeners here: of what ended by a call that was answered with a fault, which names no session. */
  tell(change: StoreChange): void
  /** Hears what others announced, and of `any` when it cannot be told what they did. */
  onChange(listener: (change: StoreChange) => void): () => void
  freshUntilMs(): number
  /** Something was loaded, which may have ended before the first look. */
  loaded(): void
  close(): void
}

const lookEveryMs = 250
const believedMs = 1000
/** Entries that a look reads; when there are as many, it looks again at once. */
const readAtOnce = 100
/** Sessions that one entry names. */
const namedAtOnce = 500
/** Entries that are kept, about: some seconds of the busiest deployment. */
const kept = '10000'

interface Entry {
  readonly id: string
  /** Random: an entry of another history may have the same id, but not the same content. */
  readonly nonce: string
  readonly change: StoreChange
}

export interface ChangesSetup {
  readonly servers: Pick<Servers, 'send'>
  readonly stream: string
  readonly clock: Clock
  /** Random, of this process: its own entries begin with it and are no news to it. */
  readonly self: string
  readonly nonce: () => string
  /** Hears of the first look that fails. */
  readonly report: (thrown: unknown) => void
}

export function createChanges({ servers, stream, clock, self, nonce, report }: ChangesSetup): Changes {
  const listeners = new Set<(change: StoreChange) => void>()
  let last: Pick<Entry, 'id' | 'nonce'> | null = null
  let freshUntilMs = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let failing = false
  let hasLoaded = false
  /** Of the looks that go on; those of an earlier one stop. */
  let round = 0

  function tell(change: StoreChange): void {
    for (const listener of listeners) listener(change)
  }

  function add(change: StoreChange): Command {
    const keys = change.kind === 'any' ? '' : change.keys.join(' ')
    return ['XADD', stream, 'MAXLEN', '~', kept, '*', 'n', `${self}.${nonce()}`, 'k', keys]
  }

  async function announce(change: StoreChange): Promise<void> {
    if (change.kind === 'any') return void (await servers.send(stream, [add(change)]))
    for (let at = 0; at < change.keys.length; at += namedAtOnce)
      await servers.send(stream, [add({ kind: 'sessions', keys: change.keys.slice(at, at + namedAtOnce) })])
  }

  /** Everything before the entry that is the last one now has to be doubted. */
  async function begin(): Promise<void> {
    const newest: Command = ['XREVRANGE', stream, '+', '-', 'COUNT', '1']
    let [entry] = entriesOf((await servers.send(stream, [newest]))[0])
    if (entry === undefined) {
      await servers.send(stream, [add({ kind: 'any' })])
      ;[entry] = entriesOf((await servers.send(stream, [newest]))[0])
    }
    last = entry ?? null
    if (hasLoaded) tell({ kind: 'any' })
  }

  /** Whether there may be more. */
  async function read(known: Pick<Entry, 'id' | 'nonce'>): Promise<boolean> {
    const look: Command = ['XRANGE', stream, known.id, '+', 'COUNT', String(readAtOnce)]
    const entries = entriesOf((await servers.send(stream, [look]))[0])
    const [first] = entries
    // The stream was trimmed, flushed, or is that of a replica which had not heard of it.
    if (first === undefined || first.id !== known.id || first.nonce !== known.nonce) {
      await begin()
      return false
    }
    for (const entry of entries.slice(1)) {
      last = entry
      if (!entry.nonce.startsWith(`${self}.`)) tell(entry.change)
    }
    return entries.length === readAtOnce
  }

  async function look(mine: number): Promise<void> {
    const sentAtMs = clock.monotonicMs()
    let more = false
    try {
      if (last === null) await begin()
      else more = await read(last)
      if (!more && last !== null && mine === round) freshUntilMs = sentAtMs + believedMs
      failing = false
    } catch (thrown) {
      if (!failing) report(toStoreFault(thrown))
      failing = true
    }
    if (mine !== round) return
    const elapsedMs = clock.monotonicMs() - sentAtMs
    timer = setTimeout(() => void look(mine), more ? 0 : Math.max(0, lookEveryMs - elapsedMs)).unref()
  }

  function stop(): void {
    round += 1
    clearTimeout(timer)
    freshUntilMs = Number.NEGATIVE_INFINITY
  }

  return {
    announce,
    tell,
    onChange(listener) {
      const isFirst = listeners.size === 0
      listeners.add(listener)
      if (isFirst) {
        last = null
        round += 1
        void look(round)
      }
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) stop()
      }
    },
    freshUntilMs: () => freshUntilMs,
    loaded: () => {
      hasLoaded = true
    },
    close() {
      listeners.clear()
      stop()
    },
  }
}

/** What is no entry of ours may stand for anything. Throws when the reply is no stream at all. */
function entriesOf(reply: unknown): readonly Entry[] {
  if (!Array.isArray(reply)) throw new Unreadable()
  return reply.map((one) => {
    const [id, fields] = listOf(one)
    const [n, nonce = '', k, names = ''] = textsOf(fields)
    const keys: readonly SessionKey[] = names === '' ? [] : names.split(' ')
    const named = n === 'n' && k === 'k' && keys.length > 0 && keys.every(isStored)
    return { id: textOf(id) ?? '', nonce, change: named ? { kind: 'sessions', keys } : { kind: 'any' } }
  })
}

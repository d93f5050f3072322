import { statSync } from 'node:fs'
import { StoreFault } from '../core/fault.ts'
import type {
  Awaitable,
  CommandRecordStore,
  Revocation,
  SessionStore,
  SpentStateStore,
  StoredSession,
} from '../core/ports.ts'
import {
  decodeSession,
  type EpochSeconds,
  encodeSession,
  lastSeen,
  type Session,
  type SessionKey,
} from '../core/session/session.ts'
import { isBusy, toStoreFault } from './fault.ts'
import { type Due, type PieceRemoved, removeInPieces, removePiece, transaction } from './removal.ts'
import { createRemovals, type Removals } from './removals.ts'
import { prepareCommands } from './sqlite-commands.ts'
import { probe, type SessionFile } from './sqlite-file.ts'
import { toDue, toStored } from './sqlite-rows.ts'
import { prepareServed } from './sqlite-served.ts'
import { prepareStatements, type Statements } from './sqlite-statements.ts'
import { prepareStates } from './sqlite-states.ts'
import { createTouchQueue, type Touch, type TouchQueue } from './touches.ts'

/** What another process removed is known after so long. */
const pollMs = 250
/** When another process holds the lock: asked again so often, without blocking anyone meanwhile. */
const busyRetries = 20
const busyDelayMs = 50

/** Sessions in one file, shared by the processes of one machine. Owns the file: `close` closes it. */
export class SqliteStore implements SessionStore {
  readonly #file: SessionFile
  readonly #inode: number
  readonly #statements: Statements
  readonly #touches: TouchQueue
  readonly #listeners = new Set<() => void>()
  readonly #removals: Removals
  readonly #states: ReturnType<typeof prepareStates>
  readonly states: SpentStateStore
  readonly commands: CommandRecordStore
  readonly replaceServed: SessionStore['replaceServed']
  #poll: NodeJS.Timeout | undefined

  constructor(file: SessionFile) {
    this.#file = file
    this.#inode = statSync(file.path).ino
    this.#statements = prepareStatements(file.database)
    this.#touches = createTouchQueue((touches) => this.#writeTouches(touches), isBusy)
    this.#removals = createRemovals(this.#statements)
    this.#states = prepareStates(file.database)
    this.states = this.#openStates(this.#states)
    this.commands = this.#openCommands(prepareCommands(file.database))
    const replace = prepareServed(file.database)
    this.replaceServed = (record) => this.#write(() => this.#unhurried(() => replace(record)))
  }

  /** Not from a file that was removed, either: what it says, no command could revoke. */
  load(key: SessionKey): Session | null {
    this.#refuseRemoved()
    return this.#translated(() => {
      const row = this.#statements.load.get(key)
      const session = row === undefined ? null : decodeSession(String(row.record), key)
      if (session === null) return null
      const written = Number(row?.last_seen_at)
      const waiting = this.#touches.get(key)
      return {
        ...session,
        lastSeenAt: waiting === undefined ? written : lastSeen(written, waiting.lastSeenAt),
      }
    })
  }

  /** A sign-in into a file that was removed would be one that no command can list or revoke. */
  save(
    session: Session,
    expiresAt: EpochSeconds,
    leaving: readonly SessionKey[] = [],
  ): Awaitable<readonly SessionKey[]> {
    this.#refuseRemoved()
    const { key, origin, issuer, clientId, user, signedInAt, lastSeenAt } = session
    const columns = [key, origin, issuer, clientId, user, signedInAt, lastSeenAt, expiresAt]
    const record = encodeSession(session)
    const uncounted = JSON.stringify([key, ...leaving])
    return this.#write(() => {
      const displaced = transaction(this.#file.database, () => {
        this.#statements.save.run(...columns, record)
        const keys = this.#statements.displaced
          .all(user, issuer, clientId, uncounted)
          .map((row) => String(row.key))
        for (const one of keys) this.#statements.drop.run(one)
        return keys
      })
      this.#removals.ours(displaced.length)
      return displaced
    })
  }

  touch(key: SessionKey, lastSeenAt: EpochSeconds, expiresAt: EpochSeconds): void {
    this.#touches.add(key, { lastSeenAt, expiresAt })
  }

  drop(key: SessionKey): Awaitable<boolean> {
    this.#refuseRemoved()
    return this.#write(() => {
      const dropped = Number(this.#statements.drop.run(key).changes)
      this.#removals.ours(dropped)
      return dropped > 0
    })
  }

  list({ user = null, provider }: ListFilter): readonly StoredSession[] {
    this.#touches.flush()
    const { issuer, clientId } = provider ?? anyProvider
    return this.#translated(() => this.#statements.list.all(user, issuer, clientId).map(toStored))
  }

  async revoke(which: Revocation): Promise<number> {
    if (which.by === 'key') return (await this.drop(which.key)) ? 1 : 0
    const due = await this.#write(() => this.#dueNow(which))
    return removeInPieces(() => this.#write(() => this.#removePiece(due)))
  }

  async purge(now: EpochSeconds): Promise<number> {
    const due = () => this.#statements.pieceExpired.all(now).map(toDue)
    // Asked again in each try: it may close while another process holds the lock.
    const closed = () => !this.#file.database.isOpen
    const removed = await removeInPieces(() =>
      this.#write(() => (closed() ? nothing : this.#removePiece(due))),
    )
    await this.#write(() => (closed() ? undefined : this.#unhurried(() => this.#states.purge(now))))
    return removed
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#poll ??= setInterval(() => this.#lookForRemovals(), pollMs).unref()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#stopPolling()
    }
  }

  check(): Awaitable<void> {
    this.#refuseRemoved()
    return this.#write(() => probe(this.#file.database))
  }

  close(): void {
    this.#stopPolling()
    this.#touches.close()
    if (this.#file.database.isOpen) this.#file.database.close()
  }

  #refuseRemoved(): void {
    const { path } = this.#file
    if (this.#translated(() => statSync(path, { throwIfNoEntry: false }))?.ino === this.#inode) return
    const message = `${path} was removed or replaced while the gateway runs; restart it`
    throw new StoreFault('STORE_INVALID', message)
  }

  /** Those that are in the store now: ids are never given again, so whoever signs in from now on stays. */
  #dueNow(which: Exclude<Revocation, { readonly by: 'key' }>): Due {
    const last = Number(this.#statements.lastId.get()?.id) // of no session at all: null, which is 0
    switch (which.by) {
      case 'user': {
        const { issuer, clientId } = which.provider ?? anyProvider
        return () => this.#statements.pieceOfUser.all(which.user, issuer, clientId, last).map(toDue)
      }
      case 'all':
        return () => this.#statements.pieceOfAll.all(last).map(toDue)
    }
  }

  #removePiece(due: Due): PieceRemoved {
    const piece = removePiece(this.#file.database, due, (id) => void this.#statements.dropId.run(id))
    this.#removals.ours(piece.count)
    return piece
  }

  /** A spent state that a power cut forgets is refused by the provider, whose codes are used once. */
  #openStates(states: ReturnType<typeof prepareStates>): SpentStateStore {
    return {
      spend: (hash, when) => {
        this.#refuseRemoved()
        return this.#write(() => this.#unhurried(() => states.spend(hash, when)))
      },
      spent: (hash) => this.#translated(() => states.spent(hash)),
      keepOutcome: (hash, outcome) => this.#write(() => this.#unhurried(() => states.keep(hash, outcome))),
    }
  }

  /** On the disk before a command says that it is done. */
  #openCommands(commands: ReturnType<typeof prepareCommands>): CommandRecordStore {
    const { database } = this.#file
    return {
      leave: (records) => {
        this.#refuseRemoved()
        return this.#write(() => transaction(database, () => commands.leave(records)))
      },
      take: () => {
        if (!this.#translated(commands.any)) return []
        return this.#write(() => (database.isOpen ? transaction(database, commands.take) : []))
      },
    }
  }

  #writeTouches(touches: ReadonlyMap<SessionKey, Touch>): void {
    this.#unhurried(() => {
      for (const [key, { lastSeenAt, expiresAt }] of touches) {
        this.#statements.touch.run(lastSeenAt, expiresAt, key)
      }
    })
  }

  /** One transaction, and no wait for the disk: after a power cut an idle time is a minute shorter, no more. */
  #unhurried<T>(work: () => T): T {
    const { database } = this.#file
    database.exec('PRAGMA synchronous = NORMAL')
    try {
      return transaction(database, work)
    } finally {
      database.exec('PRAGMA synchronous = FULL')
    }
  }

  #lookForRemovals(): void {
    try {
      if (!this.#removals.look()) return
    } catch {
      return // Nobody asked; whoever loads a session next gets the fault.
    }
    for (const listener of this.#listeners) listener()
  }

  #stopPolling(): void {
    clearInterval(this.#poll)
    this.#poll = undefined
  }

  #translated<T>(work: () => T): T {
    try {
      return work()
    } catch (thrown) {
      throw toStoreFault(thrown, this.#file.path)
    }
  }

  #write<T>(work: () => T): Awaitable<T> {
    try {
      return work()
    } catch (thrown) {
      if (!isBusy(thrown)) throw toStoreFault(thrown, this.#file.path)
      return this.#retry(work)
    }
  }

  async #retry<T>(work: () => T): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, busyDelayMs))
      try {
        return work()
      } catch (thrown) {
        if (!isBusy(thrown) || attempt >= busyRetries) throw toStoreFault(thrown, this.#file.path)
      }
    }
  }
}

/** As the port has it, but that nobody in particular may be null too. */
type ListFilter = { readonly user?: string | null } & Pick<Parameters<SessionStore['list']>[0], 'provider'>

/** For statements: null matches every one. */
const anyProvider = { issuer: null, clientId: null }

const nothing: PieceRemoved = { count: 0, more: false }

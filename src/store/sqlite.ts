import { statSync } from 'node:fs'
import type { SQLOutputValue } from 'node:sqlite'
import { StoreFault } from '../core/fault.ts'
import type { Awaitable, Revocation, SessionStore, StoredSession } from '../core/ports.ts'
import {
  decodeSession,
  type EpochSeconds,
  encodeSession,
  type Session,
  type SessionKey,
} from '../core/session/session.ts'
import { isBusy, toStoreFault } from './fault.ts'
import { createRemovals, type Removals } from './removals.ts'
import { probe, type SessionFile } from './sqlite-file.ts'
import { prepareStatements, type Statements } from './sqlite-statements.ts'
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
  #poll: NodeJS.Timeout | undefined

  constructor(file: SessionFile) {
    this.#file = file
    this.#inode = statSync(file.path).ino
    this.#statements = prepareStatements(file.database)
    this.#touches = createTouchQueue((touches) => this.#writeTouches(touches), isBusy)
    this.#removals = createRemovals(this.#statements)
  }

  load(key: SessionKey): Session | null {
    return this.#translated(() => {
      const row = this.#statements.load.get(key)
      const session = row === undefined ? null : decodeSession(String(row.record), key)
      if (session === null) return null
      const lastSeenAt = Math.max(Number(row?.last_seen_at), this.#touches.get(key)?.lastSeenAt ?? 0)
      return { ...session, lastSeenAt }
    })
  }

  /** A sign-in into a file that was removed would be one that no command can list or revoke. */
  save(session: Session, expiresAt: EpochSeconds): Awaitable<void> {
    this.#refuseRemoved()
    const { key, origin, issuer, clientId, user, signedInAt, lastSeenAt } = session
    const columns = [key, origin, issuer, clientId, user, signedInAt, lastSeenAt, expiresAt]
    const record = encodeSession(session)
    return this.#write(() => {
      this.#statements.save.run(...columns, record)
    })
  }

  touch(key: SessionKey, lastSeenAt: EpochSeconds, expiresAt: EpochSeconds): void {
    this.#touches.add(key, { lastSeenAt, expiresAt })
  }

  drop(key: SessionKey): Awaitable<boolean> {
    this.#touches.forget(key)
    return this.#write(() => this.#remove({ by: 'key', key }) > 0)
  }

  list({ user, provider }: Parameters<SessionStore['list']>[0]): readonly StoredSession[] {
    this.#touches.flush()
    const { issuer, clientId } = provider ?? anyProvider
    return this.#translated(() => this.#statements.list.all(user ?? null, issuer, clientId).map(toStored))
  }

  revoke(which: Revocation): Awaitable<number> {
    return this.#write(() => this.#remove(which))
  }

  purge(now: EpochSeconds): Awaitable<number> {
    return this.#write(() => this.#removed(this.#statements.purge.run(now).changes))
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

  #remove(which: Revocation): number {
    switch (which.by) {
      case 'key':
        return this.#removed(this.#statements.drop.run(which.key).changes)
      case 'user': {
        const { issuer, clientId } = which.provider ?? anyProvider
        return this.#removed(this.#statements.dropUser.run(which.user, issuer, clientId).changes)
      }
      case 'all':
        return this.#removed(this.#statements.dropAll.run().changes)
    }
  }

  #removed(changes: number | bigint): number {
    this.#removals.ours(Number(changes))
    return Number(changes)
  }

  /** One transaction, and no wait for the disk: after a power cut an idle time is a minute shorter, no more. */
  #writeTouches(touches: ReadonlyMap<SessionKey, Touch>): void {
    const { database } = this.#file
    database.exec('PRAGMA synchronous = NORMAL')
    try {
      database.exec('BEGIN IMMEDIATE')
      for (const [key, { lastSeenAt, expiresAt }] of touches) {
        this.#statements.touch.run(lastSeenAt, expiresAt, key, lastSeenAt)
      }
      database.exec('COMMIT')
    } catch (thrown) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw thrown
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

/** For statements: null matches every one. */
const anyProvider = { issuer: null, clientId: null }

function toStored(row: Record<string, SQLOutputValue>): StoredSession {
  return {
    key: String(row.key),
    origin: String(row.origin),
    issuer: String(row.issuer),
    clientId: String(row.client_id),
    user: String(row.user),
    signedInAt: Number(row.signed_in_at),
    lastSeenAt: Number(row.last_seen_at),
    expiresAt: Number(row.expires_at),
  }
}

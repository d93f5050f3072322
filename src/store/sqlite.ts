import { statSync } from 'node:fs'
import type { SQLOutputValue } from 'node:sqlite'
import { StoreFault } from '../core/fault.ts'
import type {
  Awaitable,
  LoggedOut,
  ProviderLogout,
  RenewalLock,
  Revocation,
  SessionStore,
  StoreChange,
  StoredSession,
} from '../core/ports.ts'
import { type EpochSeconds, lastSeen, type Session, type SessionKey } from '../core/session/session.ts'
import type { StoreContext } from './context.ts'
import type { DatabaseFile } from './database-file.ts'
import { isBusy, toStoreFault } from './fault.ts'
import { type Due, type PieceRemoved, removeInPieces, removePiece, transaction } from './removal.ts'
import { createRemovals, type Removals } from './removals.ts'
import { createSqliteAccess, type SqliteAccess } from './sqlite-access.ts'
import { anyProvider, dueNow } from './sqlite-due.ts'
import { probe } from './sqlite-file.ts'
import { prepareForms } from './sqlite-forms.ts'
import { prepareLogouts } from './sqlite-logouts.ts'
import { fromRow, toRow } from './sqlite-record.ts'
import { prepareRenewals } from './sqlite-renewals.ts'
import { toDue, toStored } from './sqlite-rows.ts'
import { prepareServed } from './sqlite-served.ts'
import { openCommands, openForms, openStates } from './sqlite-side-stores.ts'
import { prepareStatements, type Statements } from './sqlite-statements.ts'
import { prepareStates } from './sqlite-states.ts'
import { createTouchQueue, type Touch, type TouchQueue } from './touches.ts'

/** What another process removed is known after so long. */
const pollMs = 250
/** What was loaded is believed for so long after a look. */
const freshMs = 1000

/** Sessions in one file, shared by the processes of one machine. Owns the file: `close` closes it. */
export class SqliteStore implements SessionStore {
  readonly #file: DatabaseFile
  readonly #context: StoreContext
  readonly #access: SqliteAccess
  readonly #logouts: ReturnType<typeof prepareLogouts>
  readonly #inode: number
  readonly #statements: Statements
  readonly #touches: TouchQueue
  readonly #listeners = new Set<(change: StoreChange) => void>()
  /** When the file was looked into last for removals by others; of the monotonic clock. */
  #lookedAtMs: number
  readonly #removals: Removals
  readonly #states: ReturnType<typeof prepareStates>
  readonly #renewals: ReturnType<typeof prepareRenewals>
  readonly #forms: ReturnType<typeof prepareForms>
  readonly states: SessionStore['states']
  readonly forms: SessionStore['forms']
  readonly commands: SessionStore['commands']
  readonly replaceServed: SessionStore['replaceServed']
  #poll: NodeJS.Timeout | undefined

  constructor(file: DatabaseFile, context: StoreContext) {
    this.#file = file
    this.#context = context
    this.#access = createSqliteAccess(file)
    this.#lookedAtMs = context.clock.monotonicMs()
    this.#logouts = prepareLogouts(file.database)
    this.#inode = statSync(file.path).ino
    this.#statements = prepareStatements(file.database)
    this.#touches = createTouchQueue((touches) => this.#writeTouches(touches), isBusy)
    this.#removals = createRemovals(this.#statements)
    this.#states = prepareStates(file.database)
    this.#renewals = prepareRenewals(file.database)
    this.#forms = prepareForms(file.database)
    const refuse = () => this.#refuseRemoved()
    this.states = openStates(this.#states, this.#access, refuse)
    this.forms = openForms(this.#forms, this.#access, refuse)
    this.commands = openCommands(file.database, this.#access, refuse)
    const replace = prepareServed(file.database)
    this.replaceServed = (record) => this.#access.write(() => this.#access.unhurried(() => replace(record)))
  }

  /** Not from a file that was removed, either: what it says, no command could revoke. */
  load(key: SessionKey): Session | null {
    this.#refuseRemoved()
    return this.#access.read(() => {
      const row = this.#statements.load.get(key)
      const session = row === undefined ? null : this.#decode(row, key)
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
    const { key, issuer, clientId, user } = session
    const row = toRow(session, expiresAt, this.#context.seal)
    const uncounted = JSON.stringify([key, ...leaving])
    return this.#access.write(() => {
      const displaced = transaction(this.#file.database, () => {
        if (this.#logouts.ends(session)) return []
        this.#statements.save.run(...row)
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
    return this.#access.write(() => {
      const dropped = Number(this.#statements.drop.run(key).changes)
      this.#removals.ours(dropped)
      return dropped > 0
    })
  }

  /** A power cut ends whoever holds it too: no disk is waited for. */
  lock(key: SessionKey, lock: RenewalLock): Awaitable<boolean> {
    this.#refuseRemoved()
    return this.#access.write(() => this.#access.unhurried(() => this.#renewals.lock(key, lock)))
  }

  unlock(key: SessionKey, lockId: string): Awaitable<void> {
    return this.#access.write(() => this.#access.unhurried(() => this.#renewals.unlock(key, lockId)))
  }

  /** On the disk before it answers: a refresh token that was used up brings nothing any more. */
  renew(session: Session, lockId: string): Awaitable<boolean> {
    this.#refuseRemoved()
    const { clock, seal } = this.#context
    const renew = () => this.#renewals.renew(session, lockId, clock.now(), seal)
    return this.#access.write(() => transaction(this.#file.database, renew))
  }

  list({ user = null, provider }: ListFilter): readonly StoredSession[] {
    this.#touches.flush()
    const { issuer, clientId } = provider ?? anyProvider
    return this.#access.read(() => this.#statements.list.all(user, issuer, clientId).map(toStored))
  }

  async revoke(which: Revocation): Promise<number> {
    if (which.by === 'key') return (await this.drop(which.key)) ? 1 : 0
    const due = await this.#access.write(() => dueNow(this.#statements, which))
    return removeInPieces(() => this.#access.write(() => this.#removePiece(due, this.#forms.forget)))
  }

  async purge(now: EpochSeconds): Promise<number> {
    const due = () => this.#statements.pieceExpired.all(now).map(toDue)
    // Asked again in each try: it may close while another process holds the lock.
    const closed = () => !this.#file.database.isOpen
    const inPieces = (piece: () => PieceRemoved) =>
      removeInPieces(() => this.#access.write(() => (closed() ? nothing : piece())))
    const removed = await inPieces(() => this.#removePiece(due))
    await inPieces(() => this.#forms.purge(now))
    const purgeMarks = () => {
      this.#states.purge(now)
      this.#logouts.purge(now)
    }
    await this.#access.write(() => (closed() ? undefined : this.#access.unhurried(purgeMarks)))
    return removed
  }

  /** In one step with the spent `jti`, on the disk before the provider is told. */
  logOut(logout: ProviderLogout): Awaitable<LoggedOut> {
    this.#refuseRemoved()
    const { jti, at } = logout
    return this.#access.write(() => {
      const result = transaction(this.#file.database, (): LoggedOut => {
        if (jti !== null && !this.#states.spend(jti.hash, { at, until: jti.until })) return { kind: 'spent' }
        const keys = this.#logouts.found(logout)
        for (const key of keys) this.#statements.drop.run(key)
        this.#logouts.add(logout)
        return { kind: 'ended', keys }
      })
      if (result.kind === 'ended') this.#removals.ours(result.keys.length)
      return result
    })
  }

  onChange(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener)
    this.#lookForRemovals()
    this.#poll ??= setInterval(() => this.#lookForRemovals(), pollMs).unref()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#stopPolling()
    }
  }

  /** Its looks are its signs of life: a process that was stopped for a while has not looked. */
  freshUntilMs(): number {
    return this.#lookedAtMs + freshMs
  }

  check(): Awaitable<void> {
    this.#refuseRemoved()
    return this.#access.write(() => probe(this.#file.database))
  }

  close(): void {
    this.#stopPolling()
    this.#touches.close()
    if (this.#file.database.isOpen) this.#file.database.close()
  }

  #decode(row: Record<string, SQLOutputValue>, key: SessionKey): Session | null {
    const read = fromRow(row, key, this.#context.seal)
    if (read === null) return null
    const { session, resealed } = read
    if (resealed !== null) this.#reseal(key, resealed, String(row.tokens))
    return session
  }

  /** It may fail: the next one who loads the session does it. */
  #reseal(key: SessionKey, tokens: string, before: string): void {
    try {
      this.#access.unhurried(() => this.#statements.reseal.run(tokens, key, before))
    } catch (thrown) {
      this.#context.report(toStoreFault(thrown, this.#file.path))
    }
  }

  #refuseRemoved(): void {
    const { path } = this.#file
    if (this.#access.read(() => statSync(path, { throwIfNoEntry: false }))?.ino === this.#inode) return
    const message = `${path} was removed or replaced while the gateway runs; restart it`
    throw new StoreFault('STORE_INVALID', message)
  }

  #removePiece(due: Due, alongWith: (id: number) => void = () => {}): PieceRemoved {
    const piece = removePiece(this.#file.database, due, (id) => {
      alongWith(id)
      this.#statements.dropId.run(id)
    })
    this.#removals.ours(piece.count)
    return piece
  }

  #writeTouches(touches: ReadonlyMap<SessionKey, Touch>): void {
    this.#access.unhurried(() => {
      for (const [key, { lastSeenAt, expiresAt }] of touches) {
        this.#statements.touch.run(lastSeenAt, expiresAt, key)
      }
    })
  }

  #lookForRemovals(): void {
    const atMs = this.#context.clock.monotonicMs()
    let isNews: boolean
    try {
      isNews = this.#removals.look()
    } catch {
      return // Nobody asked; whoever loads a session next gets the fault.
    }
    if (isNews) for (const listener of this.#listeners) listener({ kind: 'any' })
    this.#lookedAtMs = atMs
  }

  #stopPolling(): void {
    clearInterval(this.#poll)
    this.#poll = undefined
  }
}

/** As the port has it, but that nobody in particular may be null too. */
type ListFilter = { readonly user?: string | null } & Pick<Parameters<SessionStore['list']>[0], 'provider'>

const nothing: PieceRemoved = { count: 0, more: false }

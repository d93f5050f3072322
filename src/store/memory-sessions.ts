import { limits } from '../core/limits/table.ts'
import type { RenewalLock } from '../core/ports.ts'
import type { EpochSeconds, Session, SessionKey } from '../core/session/session.ts'
import { memoryBytes } from '../core/session/session-record.ts'

/** A session in memory. */
export interface MemorySession {
  readonly session: Session
  readonly expiresAt: EpochSeconds
  /** Of its renewal; null: nobody has taken it. */
  readonly lock: RenewalLock | null
}

/** How much there may be. */
export interface MemoryStoreSize {
  readonly sessions: number
  readonly bytes: number
}

/** Sessions by their key, within their bounds: when there is no room for a new one, those go that were added first. */
export interface MemorySessions {
  get(key: SessionKey): MemorySession | undefined
  all(): readonly MemorySession[]
  add(entry: MemorySession): void
  /** In place of what is there, of which it differs in times or its lock alone. */
  replace(entry: MemorySession): void
  /** In place of what is there, of another size: makes room for itself at the cost of the others. */
  resize(entry: MemorySession): void
  remove(key: SessionKey): boolean
  /** With which a person would have more than one may, once a further one begins and these leave; newest first. */
  displacedBy(session: Session, leaving: ReadonlySet<SessionKey>): readonly SessionKey[]
}

interface Held extends MemorySession {
  readonly bytes: number
}

export function createMemorySessions(size: MemoryStoreSize): MemorySessions {
  const entries = new Map<SessionKey, Held>()
  /** When the sessions of each person began, so that nobody's sign-in looks at everybody's. */
  const persons = new Map<string, Map<SessionKey, EpochSeconds>>()
  let bytes = 0

  function remove(key: SessionKey): boolean {
    const entry = entries.get(key)
    if (entry === undefined) return false
    entries.delete(key)
    bytes -= entry.bytes
    const person = personOf(entry.session)
    const begun = persons.get(person)
    begun?.delete(key)
    if (begun?.size === 0) persons.delete(person)
    return true
  }

  return {
    get: (key) => entries.get(key),
    all: () => [...entries.values()],
    add(entry) {
      const { session } = entry
      const added = { ...entry, bytes: memoryBytes(session) }
      for (const oldest of entries.keys()) {
        if (entries.size < size.sessions && bytes + added.bytes <= size.bytes) break
        remove(oldest)
      }
      entries.set(session.key, added)
      bytes += added.bytes
      const person = personOf(session)
      persons.set(person, (persons.get(person) ?? new Map()).set(session.key, session.signedInAt))
    },
    replace(entry) {
      const { key } = entry.session
      const before = entries.get(key)
      if (before !== undefined) entries.set(key, { ...entry, bytes: before.bytes })
    },
    resize(entry) {
      const { key } = entry.session
      const before = entries.get(key)
      if (before === undefined) return
      const grown = { ...entry, bytes: memoryBytes(entry.session) }
      bytes += grown.bytes - before.bytes
      entries.set(key, grown)
      for (const oldest of entries.keys()) {
        if (bytes <= size.bytes) break
        if (oldest !== key) remove(oldest)
      }
    },
    remove,
    displacedBy: (session, leaving) =>
      [...(persons.get(personOf(session)) ?? [])]
        .filter(([key]) => !leaving.has(key))
        .reverse()
        .sort(([, one], [, other]) => other - one)
        .slice(limits.personSessions - 1)
        .map(([key]) => key),
  }
}

function personOf({ issuer, clientId, user }: Session): string {
  return JSON.stringify([issuer, clientId, user])
}

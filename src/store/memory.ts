import { limits } from '../core/limits/table.ts'
import type {
  Clock,
  LoggedOut,
  ProviderLogout,
  RenewalLock,
  Revocation,
  SessionStore,
  StoredSession,
} from '../core/ports.ts'
import { isSameProvider, type ProviderId } from '../core/provider-id.ts'
import { isMeant as isMeantByLogout } from '../core/session/provider-logout.ts'
import { isHeld } from '../core/session/renewal-lock.ts'
import { renewedSession } from '../core/session/renewed-session.ts'
import { type EpochSeconds, lastSeen, type Session, type SessionKey } from '../core/session/session.ts'
import { memoryBytes } from '../core/session/session-record.ts'
import { openMemoryForms } from './memory-forms.ts'
import { createMemoryLogouts } from './memory-logouts.ts'
import { openMemoryStates } from './memory-states.ts'

interface Entry {
  readonly session: Session
  readonly expiresAt: EpochSeconds
  readonly bytes: number
  /** Of its renewal; null: nobody has taken it. */
  readonly lock: RenewalLock | null
}

/** How much it may hold. */
export interface MemoryStoreSize {
  readonly sessions: number
  readonly bytes: number
}

const usualSize: MemoryStoreSize = { sessions: limits.memoryStoreSessions, bytes: limits.memoryStoreBytes }

/**
 * Sessions in this process alone, gone with it. Bounded: when it is full, a new one replaces the ones that were saved
 * first. Nobody else can change it, so `onChange` never tells.
 */
export function openMemoryStore(clock: Pick<Clock, 'now'>, size: MemoryStoreSize = usualSize): SessionStore {
  const entries = new Map<SessionKey, Entry>()
  /** When the sessions of each person began, so that nobody's sign-in looks at everybody's. */
  const persons = new Map<string, Map<SessionKey, EpochSeconds>>()
  const states = openMemoryStates()
  const logouts = createMemoryLogouts()
  const forms = openMemoryForms()
  let bytes = 0

  return {
    load: (key) => entries.get(key)?.session ?? null,
    save(session, expiresAt, leaving = []) {
      remove(session.key)
      if (logouts.ends(session)) return []
      const displaced = oldestOf(persons.get(personOf(session)), new Set(leaving))
      for (const key of displaced) remove(key)
      add({ session, expiresAt, bytes: memoryBytes(session), lock: null })
      return displaced
    },
    touch(key, lastSeenAt, expiresAt) {
      const entry = entries.get(key)
      if (entry === undefined) return
      const known = entry.session.lastSeenAt
      if (lastSeen(known, lastSeenAt) === known) return
      entries.set(key, { ...entry, session: { ...entry.session, lastSeenAt }, expiresAt })
    },
    drop: remove,
    logOut,
    list: (filter) =>
      [...entries.values()]
        .filter(({ session }) => isOf(session, filter))
        .map(toStored)
        .sort((a, b) => b.signedInAt - a.signedInAt),
    lock(key, lock) {
      const entry = entries.get(key)
      if (entry === undefined || (entry.lock !== null && isHeld(entry.lock, lock.at))) return false
      entries.set(key, { ...entry, lock })
      return true
    },
    unlock(key, lockId) {
      const entry = entries.get(key)
      if (entry?.lock?.id === lockId) entries.set(key, { ...entry, lock: null })
    },
    renew,
    revoke: (which) => removeWhere(({ session }) => isMeant(which, session), forms.forget),
    purge(now) {
      states.purge(now)
      forms.purge(now)
      logouts.purge(now)
      return removeWhere(({ expiresAt }) => expiresAt <= now)
    },
    states,
    forms,
    // No command reaches the memory of another process.
    commands: { leave: () => {}, take: () => [] },
    replaceServed: () => null,
    onChange: () => () => {},
    freshUntilMs: () => Number.POSITIVE_INFINITY,
    check: () => {},
    close() {
      states.clear()
      logouts.clear()
      forms.clear()
      removeWhere(() => true)
    },
  }

  function logOut(logout: ProviderLogout): LoggedOut {
    const { jti, at } = logout
    if (jti !== null && !states.spend(jti.hash, { at, until: jti.until })) return { kind: 'spent' }
    logouts.add(logout)
    const meant = [...entries.values()].filter(({ session }) => isMeantByLogout(logout, session))
    const keys = meant.map(({ session }) => session.key)
    for (const key of keys) remove(key)
    return { kind: 'ended', keys }
  }

  function renew(session: Session, lockId: string): boolean {
    const entry = entries.get(session.key)
    if (entry?.lock?.id !== lockId || !isHeld(entry.lock, clock.now())) return false
    const renewed = renewedSession(entry.session, session)
    const grown = { ...entry, session: renewed, bytes: memoryBytes(renewed) }
    bytes += grown.bytes - entry.bytes
    entries.set(session.key, grown)
    for (const oldest of entries.keys()) {
      if (bytes <= size.bytes) break
      if (oldest !== session.key) remove(oldest)
    }
    return true
  }

  function add(entry: Entry): void {
    const { session } = entry
    for (const oldest of entries.keys()) {
      if (entries.size < size.sessions && bytes + entry.bytes <= size.bytes) break
      remove(oldest)
    }
    entries.set(session.key, entry)
    bytes += entry.bytes
    const person = personOf(session)
    persons.set(person, (persons.get(person) ?? new Map()).set(session.key, session.signedInAt))
  }

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

  /** Those with which a person would have more sessions than one may, once a further one begins; newest first. */
  function oldestOf(
    begun: Iterable<readonly [SessionKey, EpochSeconds]> = [],
    leaving: ReadonlySet<SessionKey>,
  ): readonly SessionKey[] {
    return [...begun]
      .filter(([key]) => !leaving.has(key))
      .reverse()
      .sort(([, one], [, other]) => other - one)
      .slice(limits.personSessions - 1)
      .map(([key]) => key)
  }

  function removeWhere(
    matches: (entry: Entry) => boolean,
    removed: (key: SessionKey) => void = () => {},
  ): number {
    const keys = [...entries].filter(([, entry]) => matches(entry)).map(([key]) => key)
    for (const key of keys) {
      remove(key)
      removed(key)
    }
    return keys.length
  }
}

function personOf({ issuer, clientId, user }: Session): string {
  return JSON.stringify([issuer, clientId, user])
}

/** What is not named does not matter. */
function isOf(
  session: Session,
  { user, provider }: { readonly user?: string; readonly provider?: ProviderId },
): boolean {
  if (user !== undefined && session.user !== user) return false
  return provider === undefined || isSameProvider(session, provider)
}

function isMeant(which: Revocation, session: Session): boolean {
  switch (which.by) {
    case 'key':
      return session.key === which.key
    case 'keys':
      return which.keys.includes(session.key)
    case 'user':
    case 'provider':
      return isOf(session, which)
    case 'all':
      return true
  }
}

function toStored({ session, expiresAt }: Entry): StoredSession {
  const { key, origin, issuer, clientId, user, signedInAt, lastSeenAt } = session
  return { key, origin, issuer, clientId, user, signedInAt, lastSeenAt, expiresAt }
}

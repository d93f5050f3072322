import { limits } from '../core/limits/table.ts'
import type {
  Clock,
  LoggedOut,
  ProviderLogout,
  Revocation,
  SessionStore,
  StoredSession,
} from '../core/ports.ts'
import { isSameProvider, type ProviderId } from '../core/provider-id.ts'
import { isMeant as isMeantByLogout } from '../core/session/provider-logout.ts'
import { isHeld } from '../core/session/renewal-lock.ts'
import { renewedSession } from '../core/session/renewed-session.ts'
import { lastSeen, type Session, type SessionKey } from '../core/session/session.ts'
import { openMemoryForms } from './memory-forms.ts'
import { createMemoryLogouts } from './memory-logouts.ts'
import { createMemorySessions, type MemorySession, type MemoryStoreSize } from './memory-sessions.ts'
import { openMemoryStates } from './memory-states.ts'

const usualSize: MemoryStoreSize = { sessions: limits.memoryStoreSessions, bytes: limits.memoryStoreBytes }

/**
 * Sessions in this process alone, gone with it. Bounded: when it is full, a new one replaces the ones that were saved
 * first. Nobody else can change it, so `onChange` never tells.
 */
export function openMemoryStore(clock: Pick<Clock, 'now'>, size: MemoryStoreSize = usualSize): SessionStore {
  const sessions = createMemorySessions(size)
  const states = openMemoryStates()
  const logouts = createMemoryLogouts()
  const forms = openMemoryForms()

  return {
    load: (key) => sessions.get(key)?.session ?? null,
    save(session, expiresAt, leaving = []) {
      sessions.remove(session.key)
      if (logouts.ends(session)) return []
      const displaced = sessions.displacedBy(session, new Set(leaving))
      for (const key of displaced) sessions.remove(key)
      sessions.add({ session, expiresAt, lock: null })
      return displaced
    },
    touch(key, lastSeenAt, expiresAt) {
      const entry = sessions.get(key)
      if (entry === undefined) return
      const known = entry.session.lastSeenAt
      if (lastSeen(known, lastSeenAt) === known) return
      sessions.replace({ ...entry, session: { ...entry.session, lastSeenAt }, expiresAt })
    },
    drop: sessions.remove,
    logOut,
    list: (filter) =>
      sessions
        .all()
        .filter(({ session }) => isOf(session, filter))
        .map(toStored)
        .sort((a, b) => b.signedInAt - a.signedInAt),
    lock(key, lock) {
      const entry = sessions.get(key)
      if (entry === undefined || (entry.lock !== null && isHeld(entry.lock, lock.at))) return false
      sessions.replace({ ...entry, lock })
      return true
    },
    unlock(key, lockId) {
      const entry = sessions.get(key)
      if (entry?.lock?.id === lockId) sessions.replace({ ...entry, lock: null })
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
    const meant = sessions.all().filter(({ session }) => isMeantByLogout(logout, session))
    const keys = meant.map(({ session }) => session.key)
    for (const key of keys) sessions.remove(key)
    return { kind: 'ended', keys }
  }

  function renew(session: Session, lockId: string): boolean {
    const entry = sessions.get(session.key)
    if (entry?.lock?.id !== lockId || !isHeld(entry.lock, clock.now())) return false
    sessions.resize({ ...entry, session: renewedSession(entry.session, session) })
    return true
  }

  function removeWhere(
    matches: (entry: MemorySession) => boolean,
    removed: (key: SessionKey) => void = () => {},
  ): number {
    const keys = sessions
      .all()
      .filter(matches)
      .map(({ session }) => session.key)
    for (const key of keys) {
      sessions.remove(key)
      removed(key)
    }
    return keys.length
  }
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

function toStored({ session, expiresAt }: MemorySession): StoredSession {
  const { key, origin, issuer, clientId, user, signedInAt, lastSeenAt } = session
  return { key, origin, issuer, clientId, user, signedInAt, lastSeenAt, expiresAt }
}

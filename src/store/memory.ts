import { limits } from '../core/limits/table.ts'
import type { Revocation, SessionStore, StoredSession } from '../core/ports.ts'
import { isSameProvider, type ProviderId } from '../core/provider-id.ts'
import type { EpochSeconds, Session, SessionKey } from '../core/session/session.ts'

interface Entry {
  readonly session: Session
  readonly expiresAt: EpochSeconds
}

/** A session takes a few kilobytes, most of it the ID token: about 200 MB when full. */
const defaultLimit = limits.memoryStoreSessions

/**
 * Sessions in this process alone, gone with it. Bounded: when `limit` sessions are there, a new one replaces the one
 * that was saved first. Nobody else can change it, so `onChange` never tells.
 */
export function openMemoryStore(limit: number = defaultLimit): SessionStore {
  const entries = new Map<SessionKey, Entry>()

  return {
    load: (key) => entries.get(key)?.session ?? null,
    save(session, expiresAt) {
      entries.delete(session.key)
      const [oldest] = entries.size >= limit ? entries.keys().take(1) : []
      if (oldest !== undefined) entries.delete(oldest)
      entries.set(session.key, { session, expiresAt })
    },
    touch(key, lastSeenAt, expiresAt) {
      const entry = entries.get(key)
      if (entry === undefined || entry.session.lastSeenAt >= lastSeenAt) return
      entries.set(key, { session: { ...entry.session, lastSeenAt }, expiresAt })
    },
    drop: (key) => entries.delete(key),
    list: (filter) =>
      [...entries.values()]
        .filter(({ session }) => isOf(session, filter))
        .map(toStored)
        .sort((a, b) => b.signedInAt - a.signedInAt),
    revoke: (which) => removeWhere(({ session }) => isMeant(which, session)),
    purge: (now) => removeWhere(({ expiresAt }) => expiresAt <= now),
    onChange: () => () => {},
    check: () => {},
    close: () => entries.clear(),
  }

  function removeWhere(matches: (entry: Entry) => boolean): number {
    const keys = [...entries].filter(([, entry]) => matches(entry)).map(([key]) => key)
    for (const key of keys) entries.delete(key)
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
    case 'user':
      return isOf(session, which)
    case 'all':
      return true
  }
}

function toStored({ session, expiresAt }: Entry): StoredSession {
  const { key, origin, issuer, clientId, user, signedInAt, lastSeenAt } = session
  return { key, origin, issuer, clientId, user, signedInAt, lastSeenAt, expiresAt }
}

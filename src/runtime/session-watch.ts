import { limits } from '../core/limits/table.ts'
import type { Awaitable } from '../core/ports.ts'
import {
  type EpochSeconds,
  isRevoked,
  type Lifetimes,
  lastSeen,
  type Session,
  type SessionKey,
  type SessionTimes,
  sessionStatus,
} from '../core/session/session.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { RenewableSession } from './renewals/outcome.ts'
import type { Renewals } from './renewals/renewals.ts'

/** Tells the holders of long connections that their session has ended: signed out, revoked, idle or too old. */
export interface SessionWatch {
  /** The returned function takes the listener back. */
  add(session: Session, lifetimes: Lifetimes, listener: SessionListener): () => void
  /**
   * New lifetimes are in force, by origin; null: the origin is gone, and its sessions with it. Sessions of a sign-in before
   * `revokedBefore` have ended.
   */
  renew(lifetimesOf: (origin: string) => Lifetimes | null, revokedBefore: EpochSeconds | null): void
  /** A request of the session came: its idle time begins anew. */
  seen(key: SessionKey, at: EpochSeconds): void
  ended(key: SessionKey): void
  /** Its provider was asked again, by whomever. */
  renewed(session: Session): void
  /** Asks the store for every watched session, as another process may have removed some. */
  recheck(): Promise<void>
  /** Ends what has run out, and asks the store before it believes that a session is idle. Asks providers that are due. */
  tick(): Promise<void>
  close(): void
}

/** Who holds a long connection of a session. */
export interface SessionListener {
  /** Called once, after the session ended. */
  readonly ended: () => void
  /** Called each time that its provider has answered anew: who it is may be allowed less now. */
  readonly renewed: () => void
}

interface Watched {
  readonly origin: string
  times: SessionTimes
  lifetimes: Lifetimes
  readonly listeners: Set<SessionListener>
  /** What its provider is asked again by. */
  renewable: RenewableSession
  /** Whether that is under way. */
  asking: boolean
}

const tickMs = 1000

/**
 * `load` answers null for a session that is gone; a fault of the store ends no connection, time alone does. `report`
 * hears of faults, of the store and of listeners. Without `renewals` no provider is asked again.
 */
export function createSessionWatch(
  load: (key: SessionKey) => Awaitable<Pick<Session, 'lastSeenAt'> | null>,
  now: () => EpochSeconds,
  report: (thrown: unknown) => void,
  renewals: Pick<Renewals, 'isDue' | 'recheck'> | null = null,
): SessionWatch {
  const watched = new Map<SessionKey, Watched>()
  let timer: NodeJS.Timeout | undefined
  /** Once more when something was removed meanwhile. */
  const rechecks = oneAtATime(verifyAll)

  function ended(key: SessionKey): void {
    const listeners = watched.get(key)?.listeners ?? []
    watched.delete(key)
    rest()
    for (const listener of listeners) call(listener.ended)
  }

  function renewed(session: Session): void {
    const entry = watched.get(session.key)
    if (entry === undefined) return
    entry.renewable = renewable(session)
    for (const listener of entry.listeners) call(listener.renewed)
  }

  function call(listener: () => void): void {
    try {
      listener()
    } catch (thrown) {
      report(thrown)
    }
  }

  function rest(): void {
    if (watched.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  function seen(key: SessionKey, at: EpochSeconds): void {
    const entry = watched.get(key)
    if (entry !== undefined)
      entry.times = { ...entry.times, lastSeenAt: lastSeen(entry.times.lastSeenAt, at) }
  }

  function judge(key: SessionKey, at: EpochSeconds): void {
    const entry = watched.get(key)
    if (entry !== undefined && hasRunOut(entry, at)) ended(key)
  }

  async function verify(key: SessionKey): Promise<void> {
    if (!watched.has(key)) return
    try {
      const session = await load(key)
      if (session === null) return ended(key)
      seen(key, Math.min(session.lastSeenAt, now())) // A clock that was ahead may have written it.
    } catch (thrown) {
      report(thrown) // What is known of the times still counts.
    }
    judge(key, now())
  }

  /** In pieces: each session may wait for the disk, and requests come in between. */
  async function verifyAll(): Promise<void> {
    const keys = [...watched.keys()]
    while (keys.length > 0) {
      await Promise.all(keys.splice(0, limits.recheckedSessions).map(verify))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async function tick(): Promise<void> {
    const at = now()
    const due = [...watched].filter(([, entry]) => hasRunOut(entry, at))
    await Promise.all(due.map(([key]) => verify(key)))
    if (renewals !== null) askAgain(watched.values(), renewals, { ended, report })
  }

  return {
    add(session, lifetimes, listener) {
      const { key, origin, signedInAt, lastSeenAt } = session
      const times = { signedInAt, lastSeenAt }
      const entry = watched.get(key) ?? begun({ origin, times, lifetimes, renewable: renewable(session) })
      watched.set(key, entry)
      entry.listeners.add(listener)
      timer ??= setInterval(() => void tick(), tickMs).unref()
      // The session may have ended between the decision and this call.
      void verify(key)
      return () => {
        entry.listeners.delete(listener)
        if (entry.listeners.size === 0 && watched.get(key) === entry) watched.delete(key)
        rest()
      }
    },
    renew(lifetimesOf, revokedBefore) {
      for (const [key, entry] of watched) {
        const lifetimes = lifetimesOf(entry.origin)
        if (lifetimes === null || isRevoked(entry.times, revokedBefore)) ended(key)
        else entry.lifetimes = lifetimes
      }
      void tick()
    },
    seen,
    ended,
    renewed,
    recheck: () => rechecks.run(),
    tick,
    close() {
      watched.clear()
      rest()
    },
  }
}

/**
 * Asks the providers of sessions for which that is due. In pieces, so that many that are due at one moment are spread;
 * nobody waits for the answers.
 */
function askAgain(
  watched: Iterable<Watched>,
  { isDue, recheck }: Pick<Renewals, 'isDue' | 'recheck'>,
  {
    ended,
    report,
  }: { readonly ended: (key: SessionKey) => void; readonly report: (thrown: unknown) => void },
): void {
  const due = [...watched].filter((entry) => !entry.asking && isDue(entry.renewable))
  for (const entry of due.slice(0, limits.recheckedAtOnce)) {
    entry.asking = true
    const { key } = entry.renewable
    recheck(entry.renewable)
      // It may rest all the same: the provider may still answer. As its requests are refused, so are long connections.
      .then((outcome) => outcome.kind === 'ended' && ended(key), report)
      .finally(() => {
        entry.asking = false
      })
  }
}

function begun(of: Pick<Watched, 'origin' | 'times' | 'lifetimes' | 'renewable'>): Watched {
  return { ...of, listeners: new Set(), asking: false }
}

function hasRunOut({ times, lifetimes }: Watched, at: EpochSeconds): boolean {
  return sessionStatus(times, at, lifetimes) !== 'live'
}

/** Not with its claims, which may be many. */
function renewable({ key, origin, issuer, clientId, checkedAt }: Session): RenewableSession {
  return { key, origin, issuer, clientId, checkedAt }
}

import { LRUCache } from 'lru-cache'
import type { EpochSeconds, SessionKey } from '../core/session/session.ts'
import type { SessionLookup } from './session-lookup.ts'

/** What is remembered of a cookie. */
export interface RememberedSession {
  readonly key: SessionKey
  readonly origin: string
  /** What it takes in memory, about. */
  readonly bytes: number
  found: Extract<SessionLookup, { kind: 'live' }>
  /** From when on the provider is asked before it is relied on. */
  readonly dueAt: EpochSeconds
  /** What the store knows as `lastSeenAt`. */
  writtenAt: EpochSeconds
  /** When the store last answered for it, and when it is asked again at the latest; of the monotonic clock. */
  readonly verifiedAtMs: number
  verifyAtMs: number
  /** While the store does not answer: until when it is not asked again, unless it gives a sign of life. */
  standIn: { readonly untilMs: number; readonly freshUntilMs: number } | null
  /** How much others had removed by then, as the finder counts it, when the store was asked. */
  removals: number
}

/** What was found lately, by the value of its cookie. Of more than there is room for, what was used longest ago goes. */
export interface RememberedSessions {
  find(cookieValue: string): RememberedSession | undefined
  /** By session: it has one cookie, or two while it is sealed anew. Counts as no use. */
  ofSession(key: SessionKey): readonly (readonly [cookieValue: string, session: RememberedSession])[]
  /** One that is too large for all the room is not kept. */
  keep(cookieValue: string, session: RememberedSession): void
  forget(cookieValue: string): void
  clear(): void
  /** How many sessions have cookies here, and how many cookies these are: for tests that count. */
  size(): { readonly sessions: number; readonly cookies: number }
}

/** `most` sessions, and `mostBytes` of memory for all of them together. */
export function createRememberedSessions(most: number, mostBytes: number): RememberedSessions {
  const cookies = new Map<SessionKey, readonly string[]>()
  const cache = new LRUCache<string, RememberedSession>({
    max: most,
    maxSize: mostBytes,
    sizeCalculation: ({ bytes }) => bytes,
    dispose: ({ key }, cookieValue) => leave(key, cookieValue),
    noDisposeOnSet: true,
  })

  function leave(key: SessionKey, cookieValue: string): void {
    const others = (cookies.get(key) ?? []).filter((one) => one !== cookieValue)
    if (others.length === 0) cookies.delete(key)
    else cookies.set(key, others)
  }

  return {
    find: (cookieValue) => cache.get(cookieValue),
    ofSession: (key) =>
      (cookies.get(key) ?? []).flatMap((cookieValue) => {
        const session = cache.peek(cookieValue)
        return session === undefined ? [] : [[cookieValue, session] as const]
      }),
    keep(cookieValue, session) {
      cache.set(cookieValue, session)
      // Only now: to make room, another cookie of the same session may have gone.
      const known = cookies.get(session.key) ?? []
      if (cache.has(cookieValue) && !known.includes(cookieValue))
        cookies.set(session.key, [...known, cookieValue])
    },
    forget: (cookieValue) => void cache.delete(cookieValue),
    clear: () => cache.clear(),
    size: () => ({ sessions: cookies.size, cookies: [...cookies.values()].flat().length }),
  }
}

import { limits } from '../core/limits/table.ts'
import type { SessionStore, StoredSession } from '../core/ports.ts'
import type { Session } from '../core/session/session.ts'

/**
 * What `see` makes of each session, in their order. Some are loaded at once, as a store across a network takes as long
 * for these as for one; and no more, as all claims of all people would take much memory. Null: it ended meanwhile.
 * Throws a StoreFault.
 */
export async function seeEach<R>(
  store: Pick<SessionStore, 'load'>,
  sessions: readonly StoredSession[],
  see: (one: StoredSession, session: Session | null) => R,
): Promise<readonly R[]> {
  const seen: R[] = []
  for (let at = 0; at < sessions.length; at += limits.removedSessions) {
    const piece = sessions.slice(at, at + limits.removedSessions)
    const loaded = await Promise.all(piece.map(async ({ key }) => store.load(key)))
    for (const [index, one] of piece.entries()) seen.push(see(one, loaded[index] ?? null))
  }
  return seen
}

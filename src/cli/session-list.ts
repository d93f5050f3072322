import { claimedName } from '../core/display-name.ts'
import type { Gateway, ProviderSettings } from '../core/gateway.ts'
import type { SessionStore, StoredSession } from '../core/ports.ts'
import { findProvider } from '../core/provider-id.ts'
import type { SessionKey } from '../core/session/session.ts'
import { seeEach } from './loaded-sessions.ts'
import { table, timeText } from './table.ts'

/** What sessions are shown with: the configuration of today, and the names that the log has for them. */
export interface SessionNaming {
  readonly gateway: Gateway
  readonly shortId: (key: SessionKey) => string
}

/** A session, and what its person is called; null: nobody knows a name. */
export type ListedSession = StoredSession & { readonly name: string | null }

/** The sessions with the names that their claims give. One that ended meanwhile has none. Throws a StoreFault. */
export function withNames(
  store: Pick<SessionStore, 'load'>,
  sessions: readonly StoredSession[],
  gateway: Gateway,
): Promise<readonly ListedSession[]> {
  return seeEach(store, sessions, (one, session) => {
    const provider = providerOf(gateway, one)
    return {
      ...one,
      name: provider === null || session === null ? null : claimedName(session.claims, provider),
    }
  })
}

/** Who is signed in, as a table for people, with a final newline. */
export function sessionTable(
  sessions: readonly ListedSession[],
  { gateway, shortId }: SessionNaming,
): string {
  const rows = sessions.map((one) => [
    shortId(one.key),
    printable(one.user),
    one.name === null ? '-' : printable(one.name),
    providerOf(gateway, one)?.name ?? `(no longer) ${printable(one.issuer)}`,
    one.origin,
    timeText(one.signedInAt),
    timeText(one.lastSeenAt),
    timeText(one.expiresAt),
  ])
  const all = [
    ['ID', 'USER', 'NAME', 'PROVIDER', 'ORIGIN', 'SIGNED IN', 'LAST SEEN', 'ENDS IF UNUSED'],
    ...rows,
  ]
  return table(all)
}

/** One session for programs; times in epoch seconds. */
export function sessionJson(
  one: ListedSession,
  { gateway, shortId }: SessionNaming,
): Readonly<Record<string, string | number | null>> {
  return {
    id: shortId(one.key),
    user: one.user,
    name: one.name,
    provider: providerOf(gateway, one)?.name ?? null,
    issuer: one.issuer,
    client_id: one.clientId,
    origin: one.origin,
    signed_in_at: one.signedInAt,
    last_seen_at: one.lastSeenAt,
    ends_at: one.expiresAt,
  }
}

/** The session that the id begins, or why there is not exactly one. */
export function findByPrefix(
  sessions: readonly StoredSession[],
  id: string,
  { shortId }: Pick<SessionNaming, 'shortId'>,
): StoredSession | string {
  const prefix = id.toLowerCase()
  if (!/^[0-9a-f]{4,64}$/.test(prefix)) {
    return `${printable(id)} is no id: \`sessions list\` shows them, at least four of their characters are needed`
  }
  const [session, ...others] = sessions.filter(({ key }) => shortId(key).startsWith(prefix))
  if (session === undefined) return `no session ${prefix}; nothing was revoked`
  if (others.length > 0)
    return `${prefix} begins ${others.length + 1} sessions; write more of the id; nothing was revoked`
  return session
}

/** Null: no app of the session's origin accepts it any more. */
export function providerOf(gateway: Gateway, session: StoredSession): ProviderSettings | null {
  const origin = [...gateway.hosts.values()].find((one) => one.origin === session.origin)
  return findProvider(gateway.providers, origin?.providers ?? [], session)
}

/** Providers and people chose ids and names: nothing in them may speak to the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`)
}

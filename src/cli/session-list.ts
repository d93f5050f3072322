import type { Gateway } from '../core/gateway.ts'
import type { StoredSession } from '../core/ports.ts'
import { findProvider } from '../core/provider-id.ts'
import { shortKey } from '../core/session/session.ts'

/** Who is signed in, as a table for people, with a final newline. */
export function sessionTable(sessions: readonly StoredSession[], gateway: Gateway): string {
  const rows = sessions.map((one) => [
    shortKey(one.key),
    printable(one.user),
    providerNameOf(gateway, one) ?? `(no longer) ${printable(one.issuer)}`,
    one.origin,
    time(one.signedInAt),
    time(one.lastSeenAt),
    time(one.expiresAt),
  ])
  const all = [['ID', 'USER', 'PROVIDER', 'ORIGIN', 'SIGNED IN', 'LAST SEEN', 'ENDS IF UNUSED'], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  return all
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

/** One session for programs; times in epoch seconds. */
export function sessionJson(
  one: StoredSession,
  gateway: Gateway,
): Readonly<Record<string, string | number | null>> {
  return {
    id: shortKey(one.key),
    user: one.user,
    provider: providerNameOf(gateway, one),
    issuer: one.issuer,
    client_id: one.clientId,
    origin: one.origin,
    signed_in_at: one.signedInAt,
    last_seen_at: one.lastSeenAt,
    ends_at: one.expiresAt,
  }
}

/** The session that the id begins, or why there is not exactly one. */
export function findByPrefix(sessions: readonly StoredSession[], id: string): StoredSession | string {
  const prefix = id.toLowerCase()
  if (!/^[0-9a-f]{4,64}$/.test(prefix)) {
    return `${printable(id)} is no id: \`sessions list\` shows them, at least four of their characters are needed`
  }
  const [session, ...others] = sessions.filter(({ key }) => key.startsWith(prefix))
  if (session === undefined) return `no session ${prefix}; nothing was revoked`
  if (others.length > 0)
    return `${prefix} begins ${others.length + 1} sessions; write more of the id; nothing was revoked`
  return session
}

/** Null: no app of the session's origin accepts it any more. */
function providerNameOf(gateway: Gateway, session: StoredSession): string | null {
  const origin = [...gateway.hosts.values()].find((one) => one.origin === session.origin)
  return findProvider(gateway.providers, origin?.providers ?? [], session)?.name ?? null
}

function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** A provider chose the user id: nothing in it may speak to the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`)
}

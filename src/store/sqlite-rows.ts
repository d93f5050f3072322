import type { SQLOutputValue } from 'node:sqlite'
import type { StoredSession } from '../core/ports.ts'
import type { DueRow } from './removal.ts'

/** A session that is due for removal. */
export function toDue(row: Record<string, SQLOutputValue>): DueRow {
  return { id: Number(row.id), bytes: Number(row.bytes) }
}

/** A session as it is listed. */
export function toStored(row: Record<string, SQLOutputValue>): StoredSession {
  return {
    key: String(row.key),
    origin: String(row.origin),
    issuer: String(row.issuer),
    clientId: String(row.client_id),
    user: String(row.user),
    signedInAt: Number(row.signed_in_at),
    lastSeenAt: Number(row.last_seen_at),
    expiresAt: Number(row.expires_at),
  }
}

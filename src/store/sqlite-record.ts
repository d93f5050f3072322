import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { isObject, parseJson } from '../core/json.ts'
import type { RecordSeal } from '../core/session/record-seal.ts'
import type { EpochSeconds, Session, SessionKey } from '../core/session/session.ts'
import { decodeSession, encodeSession } from '../core/session/session-record.ts'

/** A session as its row has it, in the order of the statement that saves it. Its tokens rest sealed. */
export function toRow(session: Session, expiresAt: EpochSeconds, seal: RecordSeal): readonly SQLInputValue[] {
  const { key, origin, issuer, clientId, user, signedInAt, lastSeenAt, idToken } = session
  const { subject, sid, idTokenIssuedAt } = session
  const record = encodeSession({ ...session, idToken: '' })
  const tokens = seal.seal('tokens', key, JSON.stringify({ idToken }))
  const columns = [key, origin, issuer, clientId, user, signedInAt, lastSeenAt, expiresAt]
  return [...columns, subject, sid, idTokenIssuedAt, record, tokens]
}

export interface ReadRow {
  readonly session: Session
  /** Its tokens sealed anew, where they were sealed with an older secret. */
  readonly resealed: string | null
}

/** Null for what is damaged. Tokens that do not open, of a secret that is gone or of another session, are none. */
export function fromRow(
  row: Record<string, SQLOutputValue>,
  key: SessionKey,
  seal: RecordSeal,
): ReadRow | null {
  const session = decodeSession(String(row.record), key)
  // Null: of a version that did not seal them.
  if (session === null || row.tokens === null) return session && { session, resealed: null }
  const opened = seal.open('tokens', key, String(row.tokens))
  const tokens = opened.ok ? parseJson(opened.text) : null
  const idToken = isObject(tokens) && typeof tokens.idToken === 'string' ? tokens.idToken : ''
  const resealed = opened.ok && opened.stale ? seal.seal('tokens', key, opened.text) : null
  return { session: { ...session, idToken }, resealed }
}

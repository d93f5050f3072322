import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { isObject, parseJson } from '../core/json.ts'
import type { RecordSeal } from '../core/session/record-seal.ts'
import { type EpochSeconds, noTokens, type Session, type SessionKey } from '../core/session/session.ts'
import { decodeSession, encodeSession, readTokens } from '../core/session/session-record.ts'

/** A session as its row has it, in the order of the statement that saves it. */
export function toRow(session: Session, expiresAt: EpochSeconds, seal: RecordSeal): readonly SQLInputValue[] {
  const { key, origin, issuer, clientId, user, signedInAt, lastSeenAt } = session
  const { subject, sid, idTokenIssuedAt } = session
  const { record, tokens } = contentOf(session, seal)
  const columns = [key, origin, issuer, clientId, user, signedInAt, lastSeenAt, expiresAt]
  return [...columns, subject, sid, idTokenIssuedAt, record, tokens]
}

/** What a renewal replaces too. Tokens rest sealed, and beside the record: nobody who reads the file finds one. */
export function contentOf(
  session: Session,
  seal: RecordSeal,
): { readonly record: string; readonly tokens: string } {
  const { key, idToken, tokens } = session
  return {
    record: encodeSession({ ...session, idToken: '', tokens: noTokens }),
    tokens: seal.seal('tokens', key, JSON.stringify({ idToken, ...tokens })),
  }
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
  const found = opened.ok ? parseJson(opened.text) : null
  const idToken = isObject(found) && typeof found.idToken === 'string' ? found.idToken : ''
  const resealed = opened.ok && opened.stale ? seal.seal('tokens', key, opened.text) : null
  return { session: { ...session, idToken, tokens: readTokens(found) ?? noTokens }, resealed }
}

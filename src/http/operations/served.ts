import type { SessionStore } from '../../core/ports.ts'
import { decodeServed, encodeServed, type ServedRecord } from '../../core/served-record.ts'

/**
 * Notes in the store what serves from now on, and says what served there before; null: nothing that is known. A store
 * that does not answer says nothing: whoever needs it is told. Never rejects.
 */
export async function noteServed(
  { replaceServed }: Pick<SessionStore, 'replaceServed'>,
  record: ServedRecord,
): Promise<ServedRecord | null> {
  try {
    const before = await replaceServed(encodeServed(record))
    return before === null ? null : decodeServed(before)
  } catch {
    return null
  }
}

import { isFault } from '../core/fault.ts'
import { encodeKeyCommandRecord, type KeyCommandRecord } from '../core/key-command-record.ts'
import type { ApiKey } from '../core/keys/api-key.ts'
import { keyFacts } from '../core/keys/key-facts.ts'
import type { KeyReading } from '../core/keys/key-principal.ts'
import type { SessionStore } from '../core/ports.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { whoRuns } from './operator.ts'

/**
 * Leaves in the store of sessions, for the log of the gateway, what was done with keys. Null: it is left, or that store keeps
 * nothing for others; else what is wanting.
 */
export async function leaveKeyRecords(
  sessions: Pick<SessionStore, 'commands'> | null,
  event: KeyCommandRecord['event'],
  keys: readonly ApiKey[],
  { gateway, now }: { readonly gateway: KeyReading; readonly now: EpochSeconds },
): Promise<string | null> {
  if (sessions === null || keys.length === 0) return null
  const by = { event, at: now, ...whoRuns() }
  const records = keys.map((key) => {
    const { name, user } = keyFacts(key, gateway, now)
    return encodeKeyCommandRecord({ ...by, key: key.id, name, user })
  })
  try {
    await sessions.commands.leave(records)
    return null
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return `no line of the log will say so: ${thrown.message}`
  }
}

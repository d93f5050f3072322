import { limits } from '../../../core/limits/table.ts'
import type { RejectedKey } from '../../../runtime/keys/key-verification.ts'
import type { Log } from '../log.ts'

/** Of one key and reason. */
const everyMs = 3_600_000

interface Said {
  readonly atMs: number
  count: number
}

/**
 * Tells of keys that are refused though their secret is right: their owners do not know yet that they are over, revoked,
 * asleep or for something else. Of one key and reason once an hour, however often it comes.
 */
export function createRejectedKeyNotes(
  log: Pick<Log, 'event'>,
  nowMs: () => number,
): (rejected: RejectedKey) => void {
  const said = new Map<string, Said>()
  return ({ id, name, user, why }) => {
    const about = `${id} ${why}`
    const before = said.get(about)
    const count = (before?.count ?? 0) + 1
    if (before !== undefined && nowMs() - before.atMs < everyMs) {
      before.count = count
      return
    }
    said.delete(about)
    const [oldest] = said.keys()
    if (said.size >= limits.rejectedKeysTold && oldest !== undefined) said.delete(oldest)
    said.set(about, { atMs: nowMs(), count: 0 })
    log.event('info', 'key.rejected', { key: id, name, subject: user, reason: why, count })
  }
}

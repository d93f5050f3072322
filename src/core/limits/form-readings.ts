import type { SessionKey } from '../session/session.ts'
import { limits } from './table.ts'
import { createUseCount } from './use-count.ts'

/** Counts the forms that are being read to be kept: until one is in the store, it takes memory that nobody else bounds. */
export interface FormReadings {
  /** False: the session, or all together, read as many as they may; nothing was taken. `bytes`: as long as it may be. */
  take(session: SessionKey, bytes: number): boolean
  /** Gives back one that was taken. */
  release(session: SessionKey, bytes: number): void
}

export function createFormReadings(): FormReadings {
  const ofSessions = createUseCount(limits.keptFormsOfSession)
  let inAll = 0
  let bytesInAll = 0
  return {
    take(session, bytes) {
      if (inAll >= limits.readForms || bytesInAll + bytes > limits.readFormBytes) return false
      if (!ofSessions.take({ key: session, hidden: false })) return false
      inAll += 1
      bytesInAll += bytes
      return true
    },
    release(session, bytes) {
      ofSessions.release({ key: session, hidden: false })
      inAll -= 1
      bytesInAll -= bytes
    },
  }
}

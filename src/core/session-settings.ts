import type { Secret } from './secret.ts'
import type { EpochSeconds } from './session/session.ts'
import type { SessionStoreSettings } from './session-store-settings.ts'

/** What `session` of the file says of all origins; lifetimes belong to each of them. */
export interface SessionSettings {
  readonly store: SessionStoreSettings
  /** Whether Redis may be reached without TLS, also where Sentinels and clusters name it. */
  readonly allowInsecureRedis: boolean
  /** How long a session goes on, since the store last answered for it, while the store does not answer. 0: not at all. */
  readonly duringOutageSeconds: number
  /** Sessions of a sign-in before this time have ended, in every store; null: none has for that. */
  readonly revokedBefore: EpochSeconds | null
  /** The first seals, all open. Empty: one is made at start, and kept where sessions are: in the data folder, or with the process. */
  readonly secrets: readonly Secret[]
  /** As configured, without `__Host-` and port: `claimgate`. */
  readonly cookieName: string
  readonly sameSite: 'lax' | 'strict'
  readonly signInTimeoutSeconds: number
}

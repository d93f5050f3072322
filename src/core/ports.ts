import type { EpochSeconds } from './session/session.ts'

/** Types only: what core's callers bring along. */

/**
 * Two clocks: what is told to others or kept over a restart goes by the first, which may be set forward and back;
 * pauses, freshness and beats go by the second, so that a wall clock that was wrong once holds nothing up afterwards.
 */
export interface Clock {
  /** Whole seconds since 1970. */
  now(): EpochSeconds
  /** Milliseconds since some moment before the process began; never set, never goes back. */
  monotonicMs(): number
}

export type { Awaitable } from './awaitable.ts'
export type { AccessTokenReading, Identity, Provider, ProviderStatus, Renewal } from './provider-port.ts'
export type {
  CommandRecordStore,
  KeptForm,
  KeptFormStore,
  LoggedOut,
  ProviderLogout,
  RenewalLock,
  Revocation,
  SessionStore,
  SpentState,
  SpentStateStore,
  StoreChange,
  StoredSession,
} from './store-port.ts'
export type {
  AnswerHead,
  UpstreamCaller,
  UpstreamExchange,
  UpstreamRequest,
  UpstreamSink,
  UpstreamSocket,
  Upstreams,
  UpstreamUpgrade,
} from './upstream-port.ts'

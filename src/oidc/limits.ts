import type { QueueLimits } from '../core/limits/fair-queue.ts'
import { limits } from '../core/limits/table.ts'

/** What a provider may cost us. Constants, not configuration: nobody needs another value, and an attacker would. */
export interface Limits {
  /** For one request to the provider, from waiting for a socket to the last byte, and for one sign-in as a whole. */
  readonly timeoutMs: number
  /** How long somebody waits for something that we have, only older than we like. */
  readonly refreshWaitMs: number
  /** Of one answer, after decoding. */
  readonly maxBytes: number
  /** Sockets to each origin of the provider. */
  readonly maxSockets: number
  /** Callbacks that are exchanged, and that wait for it. */
  readonly signIns: QueueLimits
  /** Logout tokens that are verified, and that wait for it. */
  readonly logouts: QueueLimits
  /** Sessions that are asked for again, and refresh tokens that are revoked, and those that wait for it. */
  readonly renewals: QueueLimits
  /** How long these wait for their turn, before anything is sent. */
  readonly renewalWaitMs: number
  /** Access tokens of which it is asked, and those that wait for it. */
  readonly tokenAsks: QueueLimits
  /** How long these wait for their turn. */
  readonly tokenAskWaitMs: number
  /** Unknown pairs and refresh tokens of customers of which it is asked, and those that wait for it. */
  readonly exchanges: QueueLimits
  /** Pairs that were right lately. */
  readonly knownExchanges: QueueLimits
  /** How long these wait for their turn. */
  readonly exchangeWaitMs: number
}

export const defaultLimits: Limits = {
  timeoutMs: limits.providerTimeoutMs,
  refreshWaitMs: limits.providerRefreshWaitMs,
  maxBytes: limits.providerAnswerBytes,
  maxSockets: limits.providerSockets,
  signIns: {
    places: limits.providerSignIns,
    waiting: limits.providerWaitingSignIns,
    waitingOfNetwork: limits.waitingSignIns,
  },
  logouts: {
    places: limits.providerLogouts,
    waiting: limits.providerWaitingLogouts,
    waitingOfNetwork: limits.waitingLogouts,
  },
  renewals: {
    places: limits.providerRenewals,
    waiting: limits.providerWaitingRenewals,
    waitingOfNetwork: limits.waitingRenewals,
  },
  renewalWaitMs: limits.providerRenewalWaitMs,
  tokenAsks: {
    places: limits.providerTokenAsks,
    waiting: limits.providerWaitingTokenAsks,
    waitingOfNetwork: limits.waitingTokenAsks,
  },
  tokenAskWaitMs: limits.providerTokenAskWaitMs,
  exchanges: {
    places: limits.providerExchanges,
    waiting: limits.providerWaitingExchanges,
    waitingOfNetwork: limits.waitingExchanges,
  },
  knownExchanges: {
    places: limits.providerKnownExchanges,
    waiting: limits.providerWaitingExchanges,
    waitingOfNetwork: limits.providerWaitingExchanges,
  },
  exchangeWaitMs: limits.providerExchangeWaitMs,
}

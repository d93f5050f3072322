import type { ReturnTo } from './return-to.ts'
import { fingerprint } from './seal.ts'

/**
 * Under what a browser's storage keeps the page that a sign-in is for, where no cookie and no address of ours could
 * hold it: the hash of the attempt's state, or, before there is an attempt, of the page itself.
 */
export type StorageKey = string & { readonly [storageKey]: true }
declare const storageKey: unique symbol

/** `stateHash` is that of core/session/transaction-cookie. */
export function keyOfAttempt(stateHash: string): StorageKey {
  return stateHash as StorageKey
}

/** Never that of an attempt. */
export function keyOfPage(page: string): StorageKey {
  return `page-${fingerprint(page, 'base64url')}` as StorageKey
}

/** Null for what is none. Whoever makes a link may choose one: it tells, and opens, nothing. */
export function readStorageKey(raw: string | null): StorageKey | null {
  return raw !== null && /^(?:page-)?[\w-]{43}$/.test(raw) ? (raw as StorageKey) : null
}

/** The page that a sign-in is for. */
export interface WantedPage {
  /** All of it but a fragment; where `isWhole` says no, the path alone, as far as that is known. */
  readonly returnTo: ReturnTo
  readonly isWhole: boolean
  /** Under what the browser's storage has it, with its fragment; null: it is not there. */
  readonly keptAs: StorageKey | null
}

/** A page that is known whole. */
export function wantedPage(returnTo: ReturnTo): WantedPage {
  return { returnTo, isWhole: true, keptAs: null }
}

import type { CookieNames } from '../gateway.ts'
import { parseJson } from '../json.ts'
import { limits } from '../limits/table.ts'
import { decodeWish, encodeWish } from './authorization-wish.ts'
import { type KeyRing, open, type Random, type Sealed, type SealScope, seal } from './seal.ts'
import type { Transaction } from './transaction.ts'
import { type CookiePair, stateHash, stateHashLength } from './transaction-cookie.ts'

/** What of an attempt is worth knowing once it can be finished no more: a new one can be begun by it, and none ended. */
export type KnownAttempt = Pick<Transaction, 'issuer' | 'clientId' | 'state' | 'returnTo' | 'wish'>

/** An attempt to remember. `isReplaced`: another one began by itself in its place, so that none does once more. */
export type AttemptToRemember = KnownAttempt & { readonly isReplaced?: boolean }

/** One of this browser whose own cookie was cleared. Of its state there is the hash alone, as in the cookie's name. */
type PastAttempt = Omit<KnownAttempt, 'state'> & { readonly hash: string; readonly isReplaced: boolean }

/** Whose they are: one origin's, in one browser. */
export interface PastOf {
  readonly origin: string
  readonly names: CookieNames
  /** All that the browser sent. */
  readonly cookies: readonly CookiePair[]
}

/** The attempt of this state; null: none that this browser knows. */
export function findPastAttempt(ring: KeyRing, of: PastOf, state: string): KnownAttempt | null {
  const hash = shortHash(state)
  const found = read(ring, of).find((one) => one.hash === hash)
  if (found === undefined) return null
  const { issuer, clientId, returnTo, wish } = found
  return { issuer, clientId, returnTo, wish, state }
}

/** Whether this browser knows that another attempt began by itself in place of the one of this state. */
export function isReplaced(ring: KeyRing, of: PastOf, state: string): boolean {
  const hash = shortHash(state)
  return read(ring, of).some((one) => one.hash === hash && one.isReplaced)
}

/** The cookie that knows these too; of more than it has room for, the oldest are forgotten. */
export function rememberAttempts(
  ring: KeyRing,
  of: PastOf,
  attempts: readonly AttemptToRemember[],
  random: Random,
): { readonly name: string; readonly value: Sealed } {
  const older = read(ring, of)
  const replaced = new Set(older.flatMap((one) => (one.isReplaced ? [one.hash] : [])))
  const newest = attempts.map(({ state, ...known }) => {
    const hash = shortHash(state)
    return { ...known, hash, isReplaced: known.isReplaced === true || replaced.has(hash) }
  })
  let kept: readonly PastAttempt[] = []
  for (const one of [...newest, ...older]) {
    if (kept.some(({ hash }) => hash === one.hash)) continue
    const more = [...kept, one]
    if (Buffer.byteLength(encode(more)) <= limits.pastAttemptBytes) kept = more
  }
  return { name: pastAttemptsName(of.names), value: seal(ring, scope(of), encode(kept), random) }
}

/** None where the cookie comes twice: another site under the same domain may have set one of them. */
function read(ring: KeyRing, of: PastOf): readonly PastAttempt[] {
  const [cookie, ...others] = of.cookies.filter(({ name }) => name === pastAttemptsName(of.names))
  if (cookie === undefined || others.length > 0) return []
  const opened = open(ring, scope(of), cookie.value)
  return opened.ok ? decode(opened.text) : []
}

/** Below the transactions' prefix, so that the same code keeps it from the apps, and a sign-out clears it. */
export function pastAttemptsName(names: Pick<CookieNames, 'transactionPrefix'>): string {
  return `${names.transactionPrefix}past`
}

function scope({ origin, names }: PastOf): SealScope {
  return { purpose: 'past-attempts', context: [origin, names.transactionPrefix] }
}

function shortHash(state: string): string {
  return stateHash(state).slice(0, stateHashLength)
}

const format = 1

/** Each provider once, as most attempts are of the same. */
function encode(attempts: readonly PastAttempt[]): string {
  const providers = [...new Set(attempts.map(({ issuer, clientId }) => JSON.stringify([issuer, clientId])))]
  const rows = attempts.map(({ issuer, clientId, hash, returnTo, wish, isReplaced: mark }) => [
    hash,
    providers.indexOf(JSON.stringify([issuer, clientId])),
    returnTo,
    ...(wish === null && !mark ? [] : [wish === null ? null : encodeWish(wish)]),
    ...(mark ? [1] : []),
  ])
  return JSON.stringify([format, providers.map((one) => JSON.parse(one)), ...rows])
}

function decode(text: string): readonly PastAttempt[] {
  const parts = parseJson(text)
  if (!Array.isArray(parts)) return []
  const [version, providers, ...rows]: unknown[] = parts
  if (version !== format || !Array.isArray(providers)) return []
  return rows.flatMap((row) => decodeRow(row, providers) ?? [])
}

function decodeRow(row: unknown, providers: readonly unknown[]): PastAttempt | null {
  if (!Array.isArray(row)) return null
  const [hash, at, returnTo, ...more]: unknown[] = row
  const provider = typeof at === 'number' ? providers[at] : null
  if (typeof hash !== 'string' || typeof returnTo !== 'string' || !Array.isArray(provider)) return null
  const [issuer, clientId]: unknown[] = provider
  if (typeof issuer !== 'string' || typeof clientId !== 'string') return null
  return { issuer, clientId, hash, returnTo, wish: decodeWish(more[0]), isReplaced: more[1] === 1 }
}

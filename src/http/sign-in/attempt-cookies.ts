import type { IncomingHttpHeaders } from 'node:http'
import type { Origin, ProviderSettings } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import { attemptsWithoutRoom, haveRoom } from '../../core/session/cookie-room.ts'
import { transactionCookies } from '../../core/session/cookies.ts'
import type { KnownAttempt } from '../../core/session/past-attempts.ts'
import { signedOutName } from '../../core/session/session-pieces.ts'
import {
  beginTransaction,
  openTransaction,
  type SignInWish,
  sealTransaction,
  type Transaction,
} from '../../core/session/transaction.ts'
import {
  type CookiePair,
  isWithin,
  transactionKeptSeconds,
  transactionsToEvict,
} from '../../core/session/transaction-cookie.ts'
import { readSessionCookie, readSignOutMarks } from '../admission/session-cookies.ts'
import type { RequestContext } from '../server/context.ts'
import {
  deleteCookie,
  deleteSessionCookies,
  type SetCookie,
  setSessionCookies,
  setTransactionCookie,
} from './cookie.ts'
import { remembering } from './past-attempts.ts'

/** An attempt that begins. */
interface Begun {
  readonly cookie: CookiePair
  readonly session: SessionSent
  readonly responseMode: ProviderSettings['responseMode']
  /** The one in whose place it begins by itself. */
  readonly insteadOf: KnownAttempt | null
}

/**
 * A transaction and its cookie. A page that has no room in it, or beside the session, waits in the browser's storage, as
 * a long one; then parameters of a link give way, which a second attempt would take along. What the sign-in has to
 * bring never does.
 */
export function beginAttempt(
  { ring, random, clock }: RequestContext['runtime'],
  { cookies: names }: Origin,
  wish: SignInWish,
  { stays }: SessionSent,
): { readonly transaction: Transaction; readonly cookie: CookiePair } {
  const begin = (asked: SignInWish) => {
    const transaction = beginTransaction(asked, random, clock.now())
    return { transaction, cookie: sealTransaction(ring, transaction, names, random) }
  }
  const fits = ({ cookie }: ReturnType<typeof begin>) => isTaken(cookie) && haveRoom([...stays, cookie])
  const whole = begin(wish)
  if (fits(whole)) return whole
  const pageKept = begin({ ...wish, returnTo: null })
  if (fits(pageKept)) return pageKept
  return begin({ ...wish, returnTo: null, wish: { ...wish.wish, passed: plainWish.passed } })
}

/** Whether browsers take the cookie for sure: of a larger one they say nothing, and the sign-in fails as it comes back. */
function isTaken({ name, value }: CookiePair): boolean {
  return name.length + value.length <= limits.attemptBytes
}

/** The cookies of attempts as a new one begins: its own, what is known of those that go, and these cleared. */
export function attemptCookies(
  context: RequestContext,
  origin: Origin,
  headers: IncomingHttpHeaders,
  { cookie, session, responseMode, insteadOf }: Begun,
): readonly SetCookie[] {
  const { runtime } = context
  const { cookies: names } = origin
  const timeoutSeconds = runtime.gateway.session.signInTimeoutSeconds
  const others = transactionCookies(headers.cookie, names)
  const evicted = transactionsToEvict(others, cookie, names, { now: runtime.clock.now(), timeoutSeconds })
  const remembered = remembering(context, origin, headers, [
    ...(insteadOf === null ? [] : [{ ...insteadOf, isReplaced: true }]),
    ...openEvicted(runtime, origin, others, evicted),
  ])
  const { gone, stays } = session
  const replaced = new Set([...evicted, ...remembered.map(({ name }) => name)])
  const kept = [...others.filter(({ name }) => !replaced.has(name)), ...remembered]
  const noRoom = stays.length === 0 ? [] : attemptsWithoutRoom(kept, [...stays, cookie], names)
  return [
    ...gone,
    ...remembered.filter(({ name }) => !noRoom.includes(name)),
    ...[...evicted, ...noRoom].map((name) => deleteCookie(names, name)),
    setTransactionCookie(
      names,
      cookie.name,
      cookie.value,
      responseMode,
      transactionKeptSeconds(timeoutSeconds),
    ),
  ]
}

export interface SessionSent {
  readonly gone: readonly SetCookie[]
  /** Beside these an attempt has to find room. */
  readonly stays: readonly CookiePair[]
}

/**
 * What becomes of a session that rests in the browser as a sign-in begins. Pieces of one that counts no more go: proxies
 * in front have room for 8 KiB, which these and an attempt may pass.
 */
export function sessionSent(
  { gateway, sessions }: RequestContext['runtime'],
  origin: Origin,
  headers: IncomingHttpHeaders,
): SessionSent {
  const none: SessionSent = { gone: [], stays: [] }
  if (gateway.session.store.kind !== 'cookie') return none
  const sent = readSessionCookie(gateway, origin, headers)
  if (sent.kind === 'none') return none
  const marks = readSignOutMarks(gateway, origin, headers)
  const found = sent.kind === 'one' ? sessions.lookUp(sent.value, origin, marks) : null
  const lives = found !== null && !(found instanceof Promise) && found.kind === 'live'
  if (sent.kind !== 'one' || !lives)
    return { gone: deleteSessionCookies(origin.cookies, headers.cookie), stays: [] }
  const ended = marks.map((value) => ({ name: signedOutName(origin.cookies), value }))
  return { gone: [], stays: [...setSessionCookies(origin.cookies, sent.value, headers.cookie), ...ended] }
}

/** Those that are worth knowing still; newest first, as they are evicted from the young to the old. */
function openEvicted(
  { ring, clock, gateway }: RequestContext['runtime'],
  { origin, cookies: names }: Origin,
  cookies: readonly CookiePair[],
  evicted: readonly string[],
): readonly KnownAttempt[] {
  const keptSeconds = transactionKeptSeconds(gateway.session.signInTimeoutSeconds)
  return evicted.flatMap((name) => {
    const [cookie, ...others] = cookies.filter((one) => one.name === name)
    if (cookie === undefined || others.length > 0) return []
    const transaction = openTransaction(ring, cookie, origin, names)
    return transaction !== null && isWithin(keptSeconds, transaction.startedAt, clock.now())
      ? [transaction]
      : []
  })
}

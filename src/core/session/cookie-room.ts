import type { CookieNames } from '../gateway.ts'
import { limits } from '../limits/table.ts'
import { pastAttemptsName } from './past-attempts.ts'
import { type CookiePair, cookieBytes, readTransactionCookieName } from './transaction-cookie.ts'

/**
 * Names of cookies of sign-ins under way to clear, so that proxies in front take what a browser sends where the session
 * rests in it: most refuse a Cookie header of more than 8 KiB, and then nobody can even sign out. The youngest stay, and
 * what is known of past ones goes first. `taken`: the session's own cookies, which stay, and the attempt that begins.
 */
export function attemptsWithoutRoom(
  attempts: readonly CookiePair[],
  taken: readonly CookiePair[],
  names: CookieNames,
): readonly string[] {
  const ranked = attempts.flatMap((cookie) => {
    const rank = rankOf(cookie.name, names)
    return rank === null ? [] : [{ ...cookie, rank }]
  })
  let bytes = sum(taken)
  const gone: string[] = []
  // Of those of one second the later in the header is the younger.
  for (const cookie of ranked.toReversed().toSorted((one, next) => next.rank - one.rank)) {
    bytes += cookieBytes(cookie)
    if (bytes > limits.ownCookieBytes && !gone.includes(cookie.name)) gone.push(cookie.name)
  }
  return gone.slice(-limits.clearedCookies)
}

/** Whether cookies of ours are so few bytes together that proxies in front take them. */
export function haveRoom(cookies: readonly CookiePair[]): boolean {
  return sum(cookies) <= limits.ownCookieBytes
}

/** Null for what is a few bytes long, or not ours. */
function rankOf(name: string, names: CookieNames): number | null {
  if (name === pastAttemptsName(names)) return 0
  return readTransactionCookieName(name, names)?.startedAt ?? null
}

function sum(cookies: readonly CookiePair[]): number {
  return cookies.reduce((bytes, cookie) => bytes + cookieBytes(cookie), 0)
}

import type { TokenHeader } from '../headers/form.ts'
import type { EpochSeconds, Session } from './session.ts'

/** An access token that ends within this time is refreshed before an app gets it: it has to arrive, and clocks differ. */
const marginSeconds = 30

type Headers = readonly TokenHeader[]
type Tokens = Pick<Session, 'tokens' | 'idToken' | 'checkedAt'>

/**
 * Whether the access token ends so soon that the provider is to be asked for a new one, by our clock: 30 s before its
 * end, of one that lives for less than a minute half of that, else each request would ask. One whose end nobody knows
 * never is. An ID token is renewed with it, where the provider sends a new one.
 */
export function tokensEndSoon({ tokens: { access }, checkedAt }: Tokens, now: EpochSeconds): boolean {
  if (access === null || access.endsAt === null) return false
  const livesFor = Math.max(access.endsAt - checkedAt, 0)
  return now >= access.endsAt - Math.min(marginSeconds, livesFor / 2)
}

/**
 * Whether a token of these headers is not there, or is an access token that is over. An ID token tells of a sign-in and
 * is never too old for that.
 */
export function lacksTokens(headers: Headers, { tokens, idToken }: Tokens, now: EpochSeconds): boolean {
  const { access } = tokens
  const isOver = access === null || (access.endsAt !== null && now >= access.endsAt)
  return (isOver && sendsAccessToken(headers)) || (idToken === '' && sendsIdToken(headers))
}

export function sendsAccessToken(headers: Headers): boolean {
  return headers.some(({ token }) => token === 'access_token')
}

function sendsIdToken(headers: Headers): boolean {
  return headers.some(({ token }) => token === 'id_token')
}

import { randomBytes } from 'node:crypto'
import type { Gateway } from '../../src/core/gateway.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import { plainWish } from '../../src/core/session/authorization-wish.ts'
import { readReturnTo } from '../../src/core/session/return-to.ts'
import type { Session } from '../../src/core/session/session.ts'
import { beginTransaction } from '../../src/core/session/transaction.ts'
import { createEditions } from '../../src/runtime/editions.ts'
import { openRuntime } from '../../src/runtime/open.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { issuedToAlice } from './issued.ts'

export interface Person {
  readonly user: string
  readonly claims: Claims
  readonly idToken?: string
}

/** A second opening of a model, as `claimgate sessions` does: it writes into the store beside the gateway. */
export interface Mint {
  readonly runtime: Runtime
  /** A session without a sign-in, and its cookie as a Cookie header carries it. */
  session(person: Person): Promise<{ readonly cookie: string; readonly session: Session }>
  close(): Promise<void>
}

/** The model needs a `session.secret` and a store that several processes may open. */
export function openMint(gateway: Gateway, host: string): Mint {
  const origin = gateway.hosts.get(host)
  const provider = gateway.providers.get(origin?.providers[0] ?? '')
  if (origin === undefined || provider === undefined) throw new Error(`no origin for ${host}`)
  const runtime = openRuntime(gateway, { env: {}, onProviderEvent: () => {}, onStoreFault: () => {} })
  const returnTo = readReturnTo('/', gateway.authPrefix)
  const wish = { provider, origin: origin.origin, returnTo, replaces: null, isSecond: false, wish: plainWish }
  return {
    runtime,
    session: async ({ user, claims, idToken = 'minted' }) => {
      const { cookieValue, session } = await runtime.sessions.start({
        identity: { ...issuedToAlice, subject: user, user, claims, idToken },
        transaction: beginTransaction(wish, randomBytes, runtime.clock.now()),
        origin,
        previousCookie: null,
        client: null,
      })
      return { cookie: `${origin.cookies.session}=${cookieValue}`, session }
    },
    close: () => createEditions(runtime, () => {}).close(),
  }
}

export interface Minted {
  /** As a Cookie header carries it: name and value. */
  readonly cookie: string
  /** Ends the session, as another process would. */
  end(): Promise<void>
  close(): Promise<void>
}

/** One session, and how to end it. */
export async function mintSession(gateway: Gateway, host: string, person: Person): Promise<Minted> {
  const mint = openMint(gateway, host)
  const { cookie, session } = await mint.session(person)
  return { cookie, end: async () => void (await mint.runtime.sessions.end(session)), close: mint.close }
}

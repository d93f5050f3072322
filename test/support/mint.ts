import { randomBytes } from 'node:crypto'
import type { Gateway } from '../../src/core/gateway.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import { plainWish } from '../../src/core/session/authorization-wish.ts'
import { readReturnTo } from '../../src/core/session/return-to.ts'
import { beginTransaction } from '../../src/core/session/transaction.ts'
import { createEditions } from '../../src/runtime/editions.ts'
import { openRuntime } from '../../src/runtime/open.ts'
import { issuedToAlice } from './issued.ts'

export interface Minted {
  /** As a Cookie header carries it: name and value. */
  readonly cookie: string
  /** Ends the session, as another process would. */
  end(): Promise<void>
  close(): Promise<void>
}

/**
 * A session without a sign-in: written into the store of a model by a second opening of it, as `claimgate sessions`
 * does. The model needs a `session.secret` and the sqlite store.
 */
export async function mintSession(
  gateway: Gateway,
  host: string,
  person: { readonly user: string; readonly claims: Claims },
): Promise<Minted> {
  const origin = gateway.hosts.get(host)
  const provider = gateway.providers.get(origin?.providers[0] ?? '')
  if (origin === undefined || provider === undefined) throw new Error(`no origin for ${host}`)
  const runtime = openRuntime(gateway, { env: {}, onProviderEvent: () => {}, onStoreFault: () => {} })
  const returnTo = readReturnTo('/', gateway.authPrefix)
  const wish = { provider, origin: origin.origin, returnTo, replaces: null, isSecond: false, wish: plainWish }
  const transaction = beginTransaction(wish, randomBytes, runtime.clock.now())
  const identity = { ...person, idToken: 'minted', ...issuedToAlice }
  const { cookieValue, session } = await runtime.sessions.start({
    identity,
    transaction,
    origin,
    previousCookie: null,
    client: null,
  })
  return {
    cookie: `${origin.cookies.session}=${cookieValue}`,
    end: async () => {
      await runtime.sessions.end(session)
    },
    close: () => createEditions(runtime, () => {}).close(),
  }
}

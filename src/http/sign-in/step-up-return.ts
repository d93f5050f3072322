import type { IncomingHttpHeaders } from 'node:http'
import { type AnyFault, isFault, LoginFault } from '../../core/fault.ts'
import type { Origin } from '../../core/gateway.ts'
import { recentSignInReturned } from '../../core/keys/recent-sign-in.ts'
import type { Identity } from '../../core/ports.ts'
import { seenClaims } from '../../core/principal.ts'
import { findProvider, isSameProvider } from '../../core/provider-id.ts'
import { describeRefusal } from '../../core/rules/explain.ts'
import { isAccount } from '../../core/session/account-hash.ts'
import type { EpochSeconds, Session } from '../../core/session/session.ts'
import type { Transaction } from '../../core/session/transaction.ts'
import { type StepUp, stepUpReturned } from '../../core/step-up.ts'
import { stepUpRows } from '../../core/step-up-rows.ts'
import { lookUpSession } from '../admission/session-lookup.ts'
import { type Account, accountOf } from '../pages/account.ts'
import type { RequestContext } from '../server/context.ts'

type Runtime = RequestContext['runtime']

/** A sign-in of this browser. */
export interface BegunSignIn {
  readonly origin: Origin
  readonly headers: IncomingHttpHeaders
  readonly transaction: Pick<Transaction, 'issuer' | 'clientId' | 'wish'> &
    Partial<Pick<Transaction, 'replaces' | 'startedAt'>>
}

/**
 * Holds what came back to what it was asked for. Throws a LoginFault where it is another account than the one that
 * stepped up, or where it did not: then nothing begins, and the session that was there stays as it is. A StoreFault goes
 * on.
 */
export async function checkStepUp(
  runtime: Runtime,
  signIn: BegunSignIn & { readonly transaction: Transaction },
  identity: Identity,
  now: EpochSeconds,
): Promise<void> {
  const { transaction } = signIn
  const stepUp = transaction.wish?.stepUp ?? null
  if (stepUp === null) return
  const before = await checkAccount(runtime, signIn, identity)
  const times = { startedAt: transaction.startedAt, now }
  const isMet =
    transaction.wish?.keyForm === undefined
      ? stepUpReturned(stepUp, identity, times)
      : recentSignInReturned(stepUp, identity, { ...times, before })
  if (isMet) return
  throw new LoginFault('LOGIN_STEP_UP_NOT_MET', notMet(stepUp, identity, times))
}

/** The session that asked for the step-up; null: nobody knows it any more. */
async function checkAccount(
  runtime: Runtime,
  signIn: BegunSignIn & { readonly transaction: Transaction },
  { user, subject }: Identity,
): Promise<Session | null> {
  const { issuer, clientId, wish } = signIn.transaction
  const account = wish?.account ?? null
  if (account === null) return null
  if (!isAccount(runtime.ring, account, { issuer, clientId, user })) {
    const message = 'a step-up came back with another account than the one whose session asked for it'
    throw new LoginFault('LOGIN_OTHER_ACCOUNT', message)
  }
  const before = await sessionBefore(runtime, signIn)
  // Two accounts of one provider may have one user id, such as an address that was given away.
  if (before === null || before.subject === '' || before.subject === subject) return before
  const message =
    'a step-up came back with the same user id and another `sub` than the session that asked for it'
  throw new LoginFault('LOGIN_OTHER_ACCOUNT', message)
}

function notMet(
  stepUp: StepUp,
  assurance: Identity,
  times: { readonly startedAt: number; readonly now: number },
) {
  const rows = stepUpRows(stepUp, assurance, times)
  return `the sign-in came back without what it was asked for: ${describeRefusal(rows)}`
}

/**
 * Whose account a step-up needs, for the page that says that another one came back; null: the page does not say it, or
 * nobody knows any more.
 */
export async function accountBefore(
  { runtime }: RequestContext,
  { code }: AnyFault,
  signIn: BegunSignIn,
): Promise<Account | null> {
  if (code !== 'LOGIN_OTHER_ACCOUNT') return null
  const { gateway } = runtime
  const provider = findProvider(gateway.providers, signIn.origin.providers, signIn.transaction)
  try {
    const session = await sessionBefore(runtime, signIn)
    if (session === null || provider === null) return null
    return accountOf(provider, { user: session.user, ...seenClaims(session.claims, provider) })
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return null
  }
}

/**
 * The session whose account a step-up needs: what the browser's cookie stands for, or, as that need not come with a
 * callback of another site, what the attempt began with. Null: it has ended, or it is another one's by now. Throws a
 * StoreFault.
 */
export async function sessionBefore(
  runtime: Pick<Runtime, 'gateway' | 'sessions' | 'store' | 'ring'>,
  { origin, headers, transaction }: BegunSignIn,
): Promise<Session | null> {
  const { wish, replaces = null } = transaction
  const account = wish?.account ?? null
  if (account === null) return null
  const isIts = (session: Session | null): session is Session =>
    session !== null && isSameProvider(session, transaction) && isAccount(runtime.ring, account, session)
  const found = await lookUpSession(runtime, origin, headers)
  if (found.kind === 'live' && isIts(found.session)) return found.session
  if (found.kind === 'live' || found.why !== 'no-session' || replaces === null) return null
  const begun = await runtime.store.load(replaces)
  return isIts(begun) ? begun : null
}

import type { IncomingHttpHeaders } from 'node:http'
import { type AnyFault, isFault } from '../../core/fault.ts'
import type { Gateway, Origin } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import type { StoredSession } from '../../core/ports.ts'
import { findProvider } from '../../core/provider-id.ts'
import { isFramed } from '../../core/request/navigation.ts'
import { startOf } from '../../core/session/landing.ts'
import { allOthers, isNamed, nameOfOther } from '../../core/session/own-session.ts'
import { createRecordSeal, type RecordSeal } from '../../core/session/record-seal.ts'
import { isRevoked, type Session, sessionStatus } from '../../core/session/session.ts'
import type { Admission } from '../admission/admission.ts'
import { useSession } from '../admission/session-lookup.ts'
import { accountOf } from '../pages/account.ts'
import { type Answer, frameOf, pageAnswer, redirectAnswer, refusal, withHeaders } from '../pages/answer.ts'
import { forbidden } from '../pages/forbidden.ts'
import { type OtherSession, sessionsPage } from '../pages/sessions-page.ts'
import { unauthorized } from '../pages/unauthorized.ts'
import type { RequestContext } from '../server/context.ts'
import { isFromOwnPage } from './own-form.ts'

/** Where the page is; null: there is none, as nobody but the browsers themselves knows of their sessions. */
export function sessionsAddress({
  authPrefix,
  session,
}: Pick<Gateway, 'authPrefix' | 'session'>): string | null {
  return session.store.kind === 'cookie' ? null : `${authPrefix}/sessions`
}

/**
 * GET `/.auth/sessions`: where this person is signed in at this origin. For people alone: an app's script that asks for
 * it gets nothing. Changes nothing. Throws a StoreFault.
 */
export async function ownSessions(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
): Promise<Answer> {
  const { gateway, clock } = context.runtime
  const { origin } = admission
  const action = sessionsAddress(gateway)
  if (origin === null || action === null) return refusal(admission, 404, 'address-unknown')
  const mode = headers['sec-fetch-mode']
  if ((mode !== undefined && mode !== 'navigate') || isFramed(headers))
    return refusal(admission, 403, 'not-a-navigation')
  const found = await useSession(context.runtime, origin, headers)
  if (found.kind === 'none') return unauthorized(gateway, admission, found.why, startOf(origin))
  const { session: own, principal } = found
  const seal = sealOf(context)
  const others = (await othersOf(context, origin, own)).slice(0, limits.personSessions)
  const page = sessionsPage({
    ...frameOf(admission),
    account: accountOf(findProvider(gateway.providers, origin.providers, own), principal),
    now: clock.now(),
    own,
    others: await shown(context, seal, own, others),
    action,
    endOthersValue: nameOfOther(seal, own.key, allOthers),
    signOutHref: `${gateway.authPrefix}/logout`,
  })
  // As on the page that asks before a sign-out: with `no-referrer` the forms would be posted with `Origin: null`.
  return withHeaders(pageAnswer(200, page), { 'referrer-policy': 'same-origin' })
}

/**
 * POST: ends one of the person's other sessions at this origin, or all of them, and goes back to the page. Only from our
 * own page, and only what it named for this very session; anything else ends nothing. Throws a StoreFault where the
 * store did not end one: it counts as ended in this process, and the store is asked again.
 */
export async function endOwnSessions(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
  form: URLSearchParams,
): Promise<Answer> {
  const { gateway } = context.runtime
  const { origin } = admission
  const page = sessionsAddress(gateway)
  if (origin === null || page === null) return refusal(admission, 404, 'address-unknown')
  if (!isFromOwnPage(headers, origin)) return forbidden(gateway, admission, 'cross-site')
  const found = await useSession(context.runtime, origin, headers)
  if (found.kind === 'none') return unauthorized(gateway, admission, found.why, startOf(origin))
  const [name, ...more] = form.getAll('end')
  if (name === undefined || more.length > 0) return redirectAnswer(page)
  const own = found.session
  const seal = sealOf(context)
  const others = await othersOf(context, origin, own)
  const meant = isNamed(seal, name, { own: own.key, other: allOthers })
    ? others
    : others.filter(({ key }) => isNamed(seal, name, { own: own.key, other: key }))
  await endEach(context, admission, meant)
  return redirectAnswer(page)
}

/** Each of them is asked for, though the store should fail at the first. */
async function endEach(
  { runtime, log }: RequestContext,
  admission: Admission,
  sessions: readonly StoredSession[],
): Promise<void> {
  const client = admission.clientAddress ?? undefined
  const of = { request_id: admission.requestId, client, how: 'sessions-page' }
  const faults = await inTurns(sessions, async ({ key }): Promise<AnyFault | null> => {
    try {
      if (await runtime.sessions.end({ key })) log.event('info', 'session.ended', { ...of, session: key })
      return null
    } catch (thrown) {
      if (!isFault(thrown)) throw thrown
      return thrown
    }
  })
  const fault = faults.find((one) => one !== null)
  if (fault !== undefined) throw fault
}

/**
 * Begins each in a turn of its own, as the embedded store takes its time at once and others should come in between;
 * waits for all together, as a store across a network takes as long for all as for one. Rejects with the first failure.
 */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const begun: Promise<R>[] = []
  for (const item of items) {
    const one = work(item)
    one.catch(() => {}) // It is awaited below: until then nobody listens.
    begun.push(one)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return Promise.all(begun)
}

/** The other living sessions of the same person at this origin, newest first. */
async function othersOf(
  { runtime }: RequestContext,
  origin: Origin,
  own: Session,
): Promise<readonly StoredSession[]> {
  const { user, issuer, clientId } = own
  const { gateway, clock, store } = runtime
  const now = clock.now()
  const isLive = (one: StoredSession): boolean =>
    sessionStatus(one, now, origin) === 'live' && !isRevoked(one, gateway.session.revokedBefore)
  const all = await store.list({ user, provider: { issuer, clientId } })
  return all.filter((one) => one.key !== own.key && one.origin === own.origin && isLive(one))
}

/** With what is known of their browsers. One that ended meanwhile is left out. */
async function shown(
  { runtime }: RequestContext,
  seal: RecordSeal,
  own: Session,
  others: readonly StoredSession[],
): Promise<readonly OtherSession[]> {
  const loaded = await inTurns(others, async ({ key, signedInAt, lastSeenAt }) => {
    const session = await runtime.store.load(key)
    if (session === null) return null
    const { client } = session
    return { client, signedInAt, lastSeenAt, endValue: nameOfOther(seal, own.key, key) }
  })
  return loaded.filter((one) => one !== null)
}

function sealOf({ runtime }: RequestContext): RecordSeal {
  return createRecordSeal(() => runtime.ring, runtime.random)
}

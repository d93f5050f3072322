import { type AnyFault, faultEntry, LogoutFault } from '../../core/fault.ts'
import type { LoggedOut, ProviderLogout } from '../../core/ports.ts'
import type { Admission } from '../admission/admission.ts'
import { reportFault } from '../operations/report-fault.ts'
import type { RequestContext } from '../server/context.ts'

/** By which of its two ways a provider ends sessions. */
export type LogoutChannel = 'back-channel' | 'front-channel'

/** Of a request that a provider sent, or had a browser send. */
export interface ProviderLogoutRequest {
  readonly channel: LogoutChannel
  /** Null: nobody can tell which. */
  readonly provider: string | null
}

/**
 * Ends sessions as a provider says, on every origin, and tells of each. Rejects with a StoreFault when the store does not
 * answer: then nothing has happened.
 */
export async function endByProvider(
  { runtime, log, metrics }: RequestContext,
  { requestId, clientAddress }: Admission,
  { channel, provider }: ProviderLogoutRequest,
  logout: ProviderLogout,
): Promise<LoggedOut> {
  const done = await runtime.sessions.logOut(logout)
  if (done.kind === 'spent') return done
  const of = { request_id: requestId, client: clientAddress ?? undefined, how: channel }
  for (const session of done.keys) log.event('info', 'session.ended', { ...of, session })
  log.event('info', 'logout.provider', { ...of, provider: provider ?? undefined, ended: done.keys.length })
  metrics.providerLogout(provider, channel, done.keys.length > 0 ? 'ended' : 'nothing')
  return done
}

/** A line, and two counts, of one that came to nothing; and what whoever sent it is told. */
export function providerLogoutFailed(
  context: RequestContext,
  { requestId }: Admission,
  { channel, provider }: ProviderLogoutRequest,
  fault: AnyFault,
): { readonly status: 400 | 429 | 503; readonly sentence: string } {
  const status = statusOf(fault)
  context.metrics.providerLogout(provider, channel, status === 503 ? 'failed' : 'refused')
  reportFault(context, 'logout.failed', fault, {
    request_id: requestId,
    provider: provider ?? undefined,
    how: channel,
  })
  return { status, sentence: faultEntry(fault.code).public }
}

/** What is the sender's own is 400 or 429; of a provider or a store that fails it is told to come again. */
function statusOf(fault: AnyFault): 400 | 429 | 503 {
  if (!(fault instanceof LogoutFault)) return 503
  switch (fault.status) {
    case 400:
    case 429:
      return fault.status
    default:
      return 503
  }
}

import type { IncomingHttpHeaders } from 'node:http'
import { LoginFault } from '../../core/fault.ts'
import type { Origin, ProviderSettings } from '../../core/gateway.ts'
import { findProvider } from '../../core/provider-id.ts'
import { type Address, readAddress } from '../../core/request/address.ts'
import { redirectUriOf } from '../../core/request/redirect-uri.ts'
import { clientWords } from '../../core/session/client-words.ts'
import type { Sealed } from '../../core/session/seal.ts'
import type { Transaction } from '../../core/session/transaction.ts'
import type { Admission } from '../admission/admission.ts'
import { readSessionCookie, readSignOutMarks } from '../admission/session-cookies.ts'
import { noteUnverifiedEmail } from '../operations/unverified-email.ts'
import type { RequestContext } from '../server/context.ts'
import { checkStepUp } from './step-up-return.ts'

/** A callback whose attempt is of this browser, and fresh. */
export interface Coming {
  readonly origin: Origin
  readonly headers: IncomingHttpHeaders
  readonly parameters: URLSearchParams
  readonly transaction: Transaction
}

/**
 * Exchanges the code for who somebody is, and begins their session: returns the value of its cookie. Before the provider
 * is asked, the callback must have come to the redirect URI and in the response mode of the very provider that was asked.
 * Throws a fault when it fails: then nobody is signed in by it.
 */
export async function complete(
  context: RequestContext,
  admission: Admission,
  { origin, headers, parameters, transaction }: Coming,
): Promise<Sealed> {
  const { runtime, log, metrics } = context
  const settings = askedProvider(context, origin, transaction)
  const redirectUri = redirectUriOf(origin, settings.name)
  if (redirectUri.path !== admission.target?.path) {
    const message = `the answer to a sign-in with ${settings.name} came to the redirect URI of another provider`
    throw new LoginFault('LOGIN_RESPONSE_INVALID', message)
  }
  if (settings.responseMode !== cameBy(admission)) {
    const message = 'the provider answered in another response_mode than configured'
    throw new LoginFault('LOGIN_RESPONSE_INVALID', message)
  }
  const provider = runtime.providers.get(settings.name)
  if (provider === undefined) throw new Error('a provider that is configured and not there')
  const now = runtime.clock.now()
  const { network } = admission
  const identity = await provider.exchange(parameters, transaction, redirectUri.uri, now, network)
  await checkStepUp(runtime, { origin, headers, transaction }, identity, now)
  const previous = readSessionCookie(runtime.gateway, origin, headers)
  const started = await runtime.sessions.start({
    identity,
    transaction,
    origin,
    previousCookie: previous.kind === 'one' ? previous.value : null,
    client: clientWords(headers, addressOf(admission)),
    marks: readSignOutMarks(runtime.gateway, origin, headers),
  })
  metrics.login(provider.name, 'completed')
  const { user: subject, key: session } = started.session
  log.event('info', 'login.completed', {
    request_id: admission.requestId,
    client: admission.clientAddress ?? undefined,
    subject,
    provider: provider.name,
    session,
  })
  noteUnverifiedEmail(log, { settings, origin, claims: identity.claims })
  for (const key of started.displaced)
    log.event('info', 'session.displaced', { request_id: admission.requestId, subject, session: key })
  return started.cookieValue
}

/** Null too for a proxy that nobody trusts: it is not from there that people sign in. */
function addressOf({ clientAddress, network }: Admission): Address | null {
  return clientAddress === null || network.hidden ? null : readAddress(clientAddress)
}

/** The provider that the sign-in was begun with, whatever it is called now; another of its name never gets the code. */
function askedProvider(context: RequestContext, origin: Origin, transaction: Transaction): ProviderSettings {
  const found = findProvider(context.runtime.gateway.providers, origin.providers, transaction)
  if (found !== null) return found
  const message = 'the sign-in was begun with a provider that the configuration names no longer'
  throw new LoginFault('LOGIN_STATE_UNKNOWN', message)
}

/** The response mode in which the provider's answer came (OAuth 2.0 Form Post Response Mode). */
export function cameBy({ method }: Admission): 'query' | 'form_post' {
  return method === 'POST' ? 'form_post' : 'query'
}

import { type AnyFault, isFault, LogoutFault } from '../../core/fault.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import { logoutOfToken, readLogoutAddressee } from '../../core/session/logout-request.ts'
import type { Admission } from '../admission/admission.ts'
import type { Answer } from '../pages/answer.ts'
import type { RequestContext } from '../server/context.ts'
import { endByProvider, type ProviderLogoutRequest, providerLogoutFailed } from './provider-logout.ts'

/**
 * OpenID Connect Back-Channel Logout 1.0. A provider says by a signed token that somebody signed out there; it may come
 * to any origin. The token alone is believed: neither a cookie nor the address that it came from. In this order: one
 * token, of a provider that is configured, from a network that does not only send bad ones; then its signature; then the
 * sessions end, in the step that spends the token. A store that does not answer leaves it unspent.
 */
export async function backChannelLogout(
  context: RequestContext,
  admission: Admission,
  form: URLSearchParams,
): Promise<Answer> {
  const tokens = form.getAll('logout_token')
  const [token = ''] = tokens
  const provider = tokens.length === 1 ? providerOf(context, token) : null
  const request = { channel: 'back-channel', provider: provider?.name ?? null } as const
  try {
    if (tokens.length !== 1)
      throw new LogoutFault('LOGOUT_REQUEST_INVALID', `${tokens.length} logout_token came, expected one`)
    if (provider === null)
      throw new LogoutFault(
        'LOGOUT_TOKEN_INVALID',
        'no provider has its iss, and a client id that its aud names',
      )
    await endByToken(context, admission, provider, request, token)
    return { status: 200, headers: { 'cache-control': 'no-store' }, body: '' }
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return refused(context, admission, request, thrown)
  }
}

/** Its `iss` and `aud` together, which nobody has verified yet: that is done by what this provider is configured with. */
function providerOf({ runtime }: RequestContext, token: string): ProviderSettings | null {
  const addressee = readLogoutAddressee(token)
  if (addressee === null) return null
  for (const provider of runtime.gateway.providers.values())
    if (
      provider.signsIn &&
      provider.issuer === addressee.issuer &&
      addressee.audience.includes(provider.clientId)
    )
      return provider
  return null
}

async function endByToken(
  context: RequestContext,
  admission: Admission,
  { name }: ProviderSettings,
  request: ProviderLogoutRequest,
  token: string,
): Promise<void> {
  const { runtime } = context
  const { network } = admission
  const provider = runtime.providers.get(name)
  if (provider === undefined) throw new Error('a provider that is configured and not there')
  const { logoutChecks: checks, clock } = runtime
  const refusedForMs = checks.refusedForMs(network, clock.monotonicMs())
  if (refusedForMs > 0) throw new LimitedFault(refusedForMs)
  try {
    const verified = await provider.readLogoutToken(token, clock.now(), network)
    const logout = logoutOfToken(verified, clock.now())
    const done = await endByProvider(context, admission, request, logout)
    if (done.kind === 'spent') throw new LogoutFault('LOGOUT_TOKEN_USED', 'the logout token came again')
    checks.proved(network, clock.monotonicMs())
  } catch (thrown) {
    if (isFault(thrown) && costsSignature(thrown)) checks.failed(network, clock.monotonicMs())
    throw thrown
  }
}

/** Carries when the network may come again. */
class LimitedFault extends LogoutFault {
  readonly retryAfterSeconds: number

  constructor(refusedForMs: number) {
    super('LOGOUT_LIMITED', 'logout tokens of this client network were bad too often; it is not read for now')
    this.retryAfterSeconds = Math.ceil(refusedForMs / 1000)
  }
}

/** What a flood would cost: what is wrong in any other way costs no more than any other request. */
function costsSignature({ code }: AnyFault): boolean {
  switch (code) {
    case 'LOGOUT_SIGNATURE_INVALID':
    case 'LOGOUT_KEY_UNKNOWN':
    case 'LOGOUT_TOKEN_USED':
      return true
    default:
      return false
  }
}

/** As RFC 6749 5.2 has it, which 2.8 refers to: fixed words, and nothing that came in. */
function refused(
  context: RequestContext,
  admission: Admission,
  request: ProviderLogoutRequest,
  fault: AnyFault,
): Answer {
  const { status, sentence } = providerLogoutFailed(context, admission, request, fault)
  const error = status === 400 ? 'invalid_request' : 'temporarily_unavailable'
  const seconds = retryAfterSeconds(fault, status)
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(seconds === null ? {} : { 'retry-after': String(seconds) }),
    },
    body: JSON.stringify({ error, error_description: sentence }),
  }
}

function retryAfterSeconds(fault: AnyFault, status: number): number | null {
  if (fault instanceof LimitedFault) return fault.retryAfterSeconds
  // The keys are asked for so often, and not sooner.
  if (fault.code === 'LOGOUT_KEY_UNKNOWN') return 60
  return status === 503 ? 5 : null
}

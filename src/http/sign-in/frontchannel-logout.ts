import { isFault, LogoutFault } from '../../core/fault.ts'
import type { Origin, ProviderSettings } from '../../core/gateway.ts'
import { logoutOfSession } from '../../core/session/logout-request.ts'
import { isSessionIdOrSubject } from '../../core/session/logout-token.ts'
import type { Admission } from '../admission/admission.ts'
import { type Answer, refusal } from '../pages/answer.ts'
import type { RequestContext } from '../server/context.ts'
import { endByProvider, providerLogoutFailed } from './provider-logout.ts'

/**
 * OpenID Connect Front-Channel Logout 1.0: a page of the provider loads this address in a frame, so no cookie of ours
 * comes with it. Whoever knows the `sid` of a session at the provider, a random value that only the provider and the
 * person's own apps know, ends what that session brought here, and nothing else. No token is revoked by it. The answer
 * is the same whether there was such a session or not, and a network gets so many of them.
 */
export async function frontChannelLogout(context: RequestContext, admission: Admission): Promise<Answer> {
  const { runtime } = context
  const { origin, target, network } = admission
  if (origin === null || target === null) return refusal(admission, 404, 'address-unknown')
  const asked = readQuery(context, origin, new URLSearchParams(target.query))
  const request = { channel: 'front-channel', provider: asked?.provider.name ?? null } as const
  try {
    if (asked === null)
      throw new LogoutFault(
        'LOGOUT_REQUEST_INVALID',
        'expected one sid, and iss where a provider is to be told',
      )
    const waitMs = runtime.logoutChecks.countFrontChannel(network, runtime.clock.monotonicMs())
    if (waitMs > 0) return limited(context, admission, request.provider, waitMs)
    const { issuer } = asked.provider
    const logout = logoutOfSession({ issuer, sid: asked.sid }, runtime.clock.now())
    const done = await endByProvider(context, admission, request, logout)
    if (done.kind === 'ended' && done.keys.length === 0)
      runtime.logoutChecks.missedFrontChannel(runtime.clock.monotonicMs())
    return emptyPage(200, framers(context, asked.provider))
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    const { status } = providerLogoutFailed(context, admission, request, thrown)
    return emptyPage(status, [], status === 503 ? 5 : null)
  }
}

interface Asked {
  readonly provider: ProviderSettings
  readonly sid: string
}

/** Null: not one `sid`, or nobody can tell which provider's. Two of a parameter are none. */
function readQuery({ runtime }: RequestContext, origin: Origin, query: URLSearchParams): Asked | null {
  const [sids, issuers] = [query.getAll('sid'), query.getAll('iss')]
  const [sid = ''] = sids
  if (sids.length !== 1 || !isSessionIdOrSubject(sid) || issuers.length > 1) return null
  const [issuer] = issuers
  const settings = origin.providers.flatMap((name) => runtime.gateway.providers.get(name) ?? [])
  const meant = issuer === undefined ? settings : settings.filter((one) => one.issuer === issuer)
  const [provider] = meant
  // Several clients of one issuer have one session there: its sid is of all of them.
  return provider === undefined || meant.some((one) => one.issuer !== provider.issuer)
    ? null
    : { provider, sid }
}

function limited(
  context: RequestContext,
  admission: Admission,
  provider: string | null,
  waitMs: number,
): Answer {
  const fault = new LogoutFault(
    'LOGOUT_LIMITED',
    'too many front-channel logouts came from this client network',
  )
  const { status } = providerLogoutFailed(context, admission, { channel: 'front-channel', provider }, fault)
  return emptyPage(status, [], Math.ceil(waitMs / 1000))
}

/** Where a page of this issuer may come from, of all its clients here. */
function framers({ runtime }: RequestContext, { issuer }: ProviderSettings): readonly string[] {
  const names = [...runtime.gateway.providers.values()].filter((one) => one.issuer === issuer)
  return [...new Set(names.flatMap(({ name }) => runtime.providers.get(name)?.pageOrigins() ?? []))]
}

/** Nothing to see: it stands in a frame of the provider that nobody looks at, for as long as its page does. */
function emptyPage(
  status: number,
  ancestors: readonly string[],
  retryAfterSeconds: number | null = null,
): Answer {
  const framedBy = ancestors.length === 0 ? "'none'" : ancestors.join(' ')
  const policy = [
    "default-src 'none'",
    `frame-ancestors ${framedBy}`,
    "base-uri 'none'",
    "form-action 'none'",
  ]
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': policy.join('; '),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      ...(retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
    body: '<!doctype html><title></title>\n',
  }
}

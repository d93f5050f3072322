import type { ExchangeClient } from '../../core/credential/exchange-settings.ts'
import { ProviderFault } from '../../core/fault.ts'
import { type JsonObject, readJsonObject } from '../../core/json-object.ts'
import { createFairQueue } from '../../core/limits/fair-queue.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import type { RefreshAnswer } from '../../core/provider-port.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { authenticateAs } from '../client-auth.ts'
import { within } from '../deadline.ts'
import { withoutCredentials } from '../fault.ts'
import { quoteWithout } from '../quote.ts'
import { formHeaders, readGranted } from './client-credentials.ts'
import type { ExchangingProvider } from './pair-tokens.ts'

/** `tokenForRefreshToken` of the port. */
export function createRefreshing(
  provider: ExchangingProvider,
): (
  refreshToken: string,
  scopes: readonly string[] | null,
  now: EpochSeconds,
  network: ClientNetwork,
) => Promise<RefreshAnswer> {
  const { settings, limits } = provider
  const line = createFairQueue(limits.exchanges)
  const client = settings.exchange?.refreshToken ?? null

  return async (refreshToken, scopes, now, network) => {
    if (client === null)
      throw new ProviderFault('PROVIDER_RESPONSE_INVALID', `${settings.name} takes no refresh tokens`)
    const place = await line.enter(network, AbortSignal.timeout(limits.exchangeWaitMs))
    if (place.kind !== 'taken')
      throw new ProviderFault('PROVIDER_BUSY', `${settings.name}: no turn in time to ask for a token`)
    const credentials = [refreshToken, client.clientSecret?.reveal() ?? '']
    try {
      const deadline = AbortSignal.timeout(limits.timeoutMs)
      const asked = refresh(provider, client, { refreshToken, scopes, now, deadline })
      return await within(deadline, asked, settings.name)
    } catch (thrown) {
      throw withoutCredentials(thrown, credentials)
    } finally {
      place.leave()
    }
  }
}

interface Wanted {
  readonly refreshToken: string
  readonly scopes: readonly string[] | null
  readonly now: EpochSeconds
  readonly deadline: AbortSignal
}

/** RFC 6749 6, once: the provider may spend the token. */
async function refresh(
  { settings, transport, metadata }: ExchangingProvider,
  client: ExchangeClient,
  { refreshToken, scopes, now, deadline }: Wanted,
): Promise<RefreshAnswer> {
  const known = await metadata()
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken })
  if (scopes !== null) body.set('scope', scopes.join(' '))
  const headers = formHeaders()
  const { clientId, clientSecret } = client
  // A public client says its name in the form (RFC 6749 3.2.1).
  if (clientSecret === null) body.set('client_id', clientId)
  else {
    const pair = { id: clientId, secret: clientSecret.reveal() }
    authenticateAs({ settings, metadata: known }, pair, body, headers)
  }
  const request = { method: 'POST', headers: Object.fromEntries(headers), body: String(body) }
  const answer = await transport.request(known.tokenEndpoint, request, deadline)
  const members = readJsonObject(await answer.text())
  if (answer.status !== 200) return refusedBy(answer.status, members, { settings, client, refreshToken })
  const granted = readGranted(members, now)
  return {
    kind: 'granted',
    token: {
      accessToken: granted.accessToken ?? '',
      endsAt: granted.endsAt,
      refreshToken: granted.refreshToken,
      scopes: granted.scopes,
    },
  }
}

function refusedBy(
  status: number,
  members: JsonObject | null,
  {
    settings,
    client,
    refreshToken,
  }: Pick<ExchangingProvider, 'settings'> & {
    readonly client: ExchangeClient
    readonly refreshToken: string
  },
): RefreshAnswer {
  const error = members?.error
  const said =
    typeof error === 'string'
      ? ` ${quoteWithout(error, [refreshToken, client.clientSecret?.reveal() ?? ''])}`
      : ''
  const detail = `the token endpoint answered ${status}${said}`
  if (error === 'invalid_grant' || error === 'invalid_scope') return { kind: 'refused', error, detail }
  if (error === 'temporarily_unavailable' || error === 'slow_down')
    throw new ProviderFault('PROVIDER_UNREACHABLE', detail)
  const isAboutClient = status === 401 || error === 'invalid_client' || error === 'unauthorized_client'
  throw new ProviderFault(
    isAboutClient ? 'PROVIDER_CLIENT_REFUSED' : 'PROVIDER_RESPONSE_INVALID',
    isAboutClient
      ? `${detail}. See providers.${settings.name}.exchange.refresh_token: client_id and client_secret are those of the client to which the refresh tokens were given, and it may use the grant refresh_token`
      : detail,
  )
}

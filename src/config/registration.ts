import type { Gateway, Origin } from '../core/gateway.ts'
import { redirectUriOf } from '../core/request/redirect-uri.ts'
import { keepsTokens } from '../core/session/kept-tokens.ts'

/** What a provider must know of this gateway: addresses it may send people back to, and where it says that they left. */
export interface Registration {
  readonly provider: string
  readonly issuer: string
  readonly clientId: string
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris: readonly string[]
  /** `backchannel_logout_uri`: one for all origins. Null: no origin has it, or no app accepts the provider. */
  readonly backchannelLogoutUri: string | null
  /** `frontchannel_logout_uri`, in the same way. */
  readonly frontchannelLogoutUri: string | null
  /** `grant_types` (RFC 7591 2): with `refresh_token` where it is asked again, or apps get its tokens. */
  readonly grantTypes: readonly string[]
}

/**
 * For each provider with which people sign in the addresses of the origins that accept it and at which a session counts
 * somewhere, in the order of the file.
 */
export function registrationsOf(gateway: Gateway): readonly Registration[] {
  const origins = [...new Set(gateway.hosts.values())]
  const registered = [...gateway.providers.values()].filter(({ signsIn }) => signsIn)
  return registered.map((settings) => {
    const { name, issuer, clientId } = settings
    const own = origins.filter((origin) => origin.providers.includes(name) && takesSessions(origin))
    const logoutUri = (channel: 'backchannel' | 'frontchannel'): string | null =>
      own[0] === undefined || gateway.session.store.kind === 'cookie'
        ? null
        : `${own[0].origin}${gateway.authPrefix}/${channel}-logout`
    return {
      provider: name,
      issuer,
      clientId,
      redirectUris: own.map((origin) => redirectUriOf(origin, name).uri),
      postLogoutRedirectUris: [...new Set(own.map((origin) => origin.postLogoutRedirectUri))],
      backchannelLogoutUri: logoutUri('backchannel'),
      frontchannelLogoutUri: logoutUri('frontchannel'),
      grantTypes: [
        'authorization_code',
        ...(keepsTokens(gateway, settings).refresh ? ['refresh_token'] : []),
      ],
    }
  })
}

function takesSessions({ apps }: Origin): boolean {
  const locations = apps.flatMap(({ fallback, allLocations }) => [fallback, ...allLocations])
  return locations.some(
    ({ access, credentials }) =>
      credentials.includes('session') && (access.kind === 'rule' || access.kind === 'maybe_signed_in'),
  )
}

/** A provider of which tokens alone count. */
export interface TokenProvider {
  readonly provider: string
  readonly issuer: string
  /** That asks about tokens; null: nothing is asked as a client. */
  readonly clientId: string | null
}

/** Those with which nobody signs in, in the order of the file. */
export function tokenProvidersOf({ providers }: Pick<Gateway, 'providers'>): readonly TokenProvider[] {
  return [...providers.values()].flatMap(({ name, issuer, clientId, signsIn }) =>
    signsIn ? [] : [{ provider: name, issuer, clientId: clientId === '' ? null : clientId }],
  )
}

import type { ConnectionCertificate } from '../core/certificate/connection-certificate.ts'
import { judgeAccessToken } from '../core/credential/access-token.ts'
import type { HeaderLookup } from '../core/credential/lookup.ts'
import { acceptedBearers } from '../core/credential/protected-resource.ts'
import type { App, Gateway, ProviderSettings } from '../core/gateway.ts'
import type { ClientNetwork } from '../core/limits/network.ts'
import type { Awaitable } from '../core/ports.ts'
import type { AccessTokenReading, Provider } from '../core/provider-port.ts'
import type { EpochSeconds } from '../core/session/session.ts'

/** A Bearer that is no key of ours, by its form. `issuer` is what it says, which nobody has verified. */
export type PresentedToken =
  | { readonly kind: 'jwt'; readonly token: string; readonly issuer: string | null }
  | { readonly kind: 'opaque'; readonly token: string }

/** Access tokens of the providers that an app accepts. */
export interface BearerTokens {
  /**
   * Whose token it is, and whether it counts at this app. At once where the token is remembered. Throws a `ProviderFault`
   * where nobody can tell.
   */
  verify(presented: PresentedToken, use: TokenUse): Awaitable<HeaderLookup>
}

/** For what a token is used. */
export interface TokenUse {
  readonly app: Pick<App, 'providers'>
  readonly now: EpochSeconds
  readonly network: ClientNetwork
  /** Of the connection, where it counts; null: none. */
  readonly certificate: ConnectionCertificate | null
}

export interface BearerTokensSetup {
  readonly gateway: Pick<Gateway, 'providers'>
  readonly providers: ReadonlyMap<string, Pick<Provider, 'readAccessToken'>>
}

/**
 * A token goes to one provider, and to none that the app does not accept: a JWT to the one of its `iss`, whatever else is
 * there; any other to the one that is asked about tokens. What comes back is judged by that provider's rules alone.
 */
export function createBearerTokens({ gateway, providers }: BearerTokensSetup): BearerTokens {
  return {
    verify: (presented, { app, now, network, certificate }) => {
      const settings = providerOf(acceptedBearers(gateway, app), presented)
      const provider = providers.get(settings?.name ?? '')
      if (settings === null || provider === undefined) return unknown
      const judge = (reading: AccessTokenReading): HeaderLookup =>
        judged(reading, settings, { now, certificate })
      const reading = provider.readAccessToken(presented.token, now, network)
      return reading instanceof Promise ? reading.then(judge) : judge(reading)
    },
  }
}

const unknown: HeaderLookup = { kind: 'refused', why: 'credential-unknown', detail: null }

function providerOf(
  accepted: readonly ProviderSettings[],
  presented: PresentedToken,
): ProviderSettings | null {
  const issuer = presented.kind === 'jwt' ? presented.issuer : null
  const found =
    issuer === null
      ? accepted.find(({ bearer }) => bearer !== null && bearer.check !== 'jwt')
      : accepted.find((one) => one.issuer === issuer)
  return found ?? null
}

function judged(
  reading: AccessTokenReading,
  settings: ProviderSettings,
  use: Pick<TokenUse, 'now' | 'certificate'>,
): HeaderLookup {
  switch (reading.kind) {
    case 'read':
      return judgeAccessToken(reading.token, settings, use.now, undefined, use.certificate)
    case 'refused':
    case 'throttled':
      return reading
  }
}

import type { ConnectionCertificate } from '../core/certificate/connection-certificate.ts'
import { judgeAccessToken } from '../core/credential/access-token.ts'
import type { HeaderLookup } from '../core/credential/lookup.ts'
import { acceptedBearers } from '../core/credential/protected-resource.ts'
import { providerOfToken } from '../core/credential/token-provider.ts'
import type { App, Gateway, ProviderSettings } from '../core/gateway.ts'
import type { ClientNetwork } from '../core/limits/network.ts'
import type { Awaitable } from '../core/ports.ts'
import type { AccessTokenReading, Provider } from '../core/provider-port.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { tokenHash } from '../oidc/bearer/token-hash.ts'

/** A Bearer that is no key of ours, as it was sent. */
export interface PresentedToken {
  readonly token: string
}

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
  readonly providers: ReadonlyMap<string, Pick<Provider, 'readAccessToken' | 'readRememberedToken'>>
}

/**
 * A token goes to one provider, and to none that the app does not accept: a JWT to the one of its `iss`, whatever else is
 * there; any other to the one that is asked about tokens. What comes back is judged by that provider's rules alone.
 *
 * A token that a provider has verified is known to it by the hash of all of it, so that what such a token says of itself
 * need not be read at each use: it names this provider, or it would not be known there.
 */
export function createBearerTokens({ gateway, providers }: BearerTokensSetup): BearerTokens {
  const accepted = new WeakMap<TokenUse['app'], readonly ProviderSettings[]>()

  function acceptedAt(app: TokenUse['app']): readonly ProviderSettings[] {
    const found = accepted.get(app)
    if (found !== undefined) return found
    const listed = acceptedBearers(gateway, app)
    accepted.set(app, listed)
    return listed
  }

  function verifyUnknown({ token }: PresentedToken, use: TokenUse): Awaitable<HeaderLookup> {
    const settings = providerOfToken(acceptedAt(use.app), token)
    const provider = providers.get(settings?.name ?? '')
    if (settings === null || provider === undefined) return unknown
    const reading = provider.readAccessToken(token, use.now, use.network)
    return reading instanceof Promise
      ? reading.then((read) => judged(read, settings, use))
      : judged(reading, settings, use)
  }

  return {
    verify: (presented, use) => {
      const hash = tokenHash(presented.token)
      for (const settings of acceptedAt(use.app)) {
        const known = providers.get(settings.name)?.readRememberedToken(hash, use.now) ?? null
        if (known === null) continue
        const judge = (reading: AccessTokenReading | null) =>
          reading === null ? verifyUnknown(presented, use) : judged(reading, settings, use)
        return known instanceof Promise ? known.then(judge) : judge(known)
      }
      return verifyUnknown(presented, use)
    },
  }
}

const unknown: HeaderLookup = { kind: 'refused', why: 'credential-unknown', detail: null }

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

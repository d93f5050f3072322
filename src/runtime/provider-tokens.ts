import type { ClientPair } from '../core/credential/client-pair.ts'
import type { CredentialRefusal } from '../core/credential/lookup.ts'
import { invalidRequest, type TokenAsker, type TokenGrant } from '../core/credential/token-grant.ts'
import type { TokenRequest } from '../core/credential/token-request.ts'
import { tokenUses } from '../core/credential/token-uses.ts'
import type { Gateway, Origin } from '../core/gateway.ts'
import type { ClientNetwork } from '../core/limits/network.ts'
import type { Awaitable } from '../core/ports.ts'
import type { RefreshedToken } from '../core/provider-port.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import type { ExchangedPairs, RefreshedPair } from './exchanged-pairs.ts'
import type { FoundPair } from './pairs/pairs-of-provider.ts'

/** Tokens that providers give in the name of their customers, for the token endpoint of an origin. */
export interface ProviderTokens {
  /** For a pair that is none of ours. Throws, or rejects with, a fault where nobody can tell. */
  forPair(pair: Extract<ClientPair, { kind: 'pair' }>, asked: ProviderTokenWish): Awaitable<TokenGrant>
  /** For a refresh token (RFC 6749 section 6). The same. */
  refresh(
    request: Extract<TokenRequest, { kind: 'refresh_token' }>,
    asked: Omit<ProviderTokenWish, 'scopes'>,
  ): Awaitable<TokenGrant>
}

/** Who asks, and for what. */
export interface ProviderTokenWish {
  /** That of ours at which it is asked for: its providers alone are asked. */
  readonly origin: Origin
  readonly network: ClientNetwork
  readonly now: EpochSeconds
  /** Null: those of `exchange`. */
  readonly scopes: readonly string[] | null
}

/** Of the providers that are of use at the origin, the one that can be meant; no pair is shown to one after another. */
export function createProviderTokens(
  gateway: Pick<Gateway, 'providers'>,
  pairs: Pick<ExchangedPairs, 'tokenOf' | 'refresh'>,
): ProviderTokens {
  return {
    forPair: async (pair, { origin, network, now, scopes }) => {
      const [settings, ...others] = tokenUses(gateway, origin).ofPairs
      if (settings === undefined) return unknownPair
      if (others.length > 0) return severalProviders
      // One that has fewer scopes than were asked for would be told apart by nobody.
      if (scopes !== null) return scopesOfPairs
      return toGrant(await pairs.tokenOf(settings, pair, { network, now }), now)
    },
    refresh: async ({ refreshToken, clientId, scopes }, { origin, network, now }) => {
      const all = tokenUses(gateway, origin).ofRefreshTokens
      if (all.length === 0) return takesNoRefreshTokens
      const meant = all.filter(({ exchange }) => {
        return clientId === null || exchange?.refreshToken?.clientId === clientId
      })
      const [settings, ...others] = meant
      if (settings === undefined) return otherClient
      if (others.length > 0) return severalClients
      return toRefreshed(await pairs.refresh(settings, refreshToken, scopes, { network, now }), now)
    },
  }
}

const by: TokenAsker = { credential: 'exchange', principal: null }

const unknownPair: TokenGrant = {
  ...{ kind: 'refused', error: 'invalid_client', says: 'the id or the secret is wrong' },
  ...{ why: 'credential-unknown', detail: 'the pair is none of ours', by: null },
}

const severalProviders = invalidRequest(
  'unauthorized_client',
  'several providers take pairs at this address, and a pair does not say whose it is',
)

const scopesOfPairs = invalidRequest(
  'invalid_scope',
  'the token of a provider has the scopes that the gateway asks for: leave scope out',
  by,
)

const takesNoRefreshTokens = invalidRequest(
  'unsupported_grant_type',
  'no refresh token is taken at this address',
)

const otherClient = invalidRequest('invalid_grant', 'no refresh token of that client is taken here')

const severalClients = invalidRequest(
  'invalid_request',
  'several clients have refresh tokens here: send the client_id of the one that it was given to',
)

function toGrant(found: FoundPair, now: EpochSeconds): TokenGrant {
  switch (found.kind) {
    case 'granted':
      return granted({ ...found.grant, refreshToken: null, scopes: null }, now)
    case 'wrong':
      return refusedPair('pair-invalid', found.detail)
    case 'spoilt':
      return refusedPair(found.reading.why, found.reading.detail)
    case 'throttled':
      return found
  }
}

/** The same words whatever is wrong with it: whether such an id exists is not told. */
function refusedPair(why: CredentialRefusal, detail: string): TokenGrant {
  return {
    ...{ kind: 'refused', error: 'invalid_client', says: 'the id or the secret is wrong' },
    ...{ why, detail, by },
  }
}

function toRefreshed(answer: RefreshedPair, now: EpochSeconds): TokenGrant {
  switch (answer.kind) {
    case 'granted':
      return granted(answer.token, now)
    case 'refused':
      return {
        ...{ kind: 'refused', error: answer.error, why: 'token-invalid', detail: answer.detail, by },
        says:
          answer.error === 'invalid_scope'
            ? 'the refresh token has no such scope'
            : 'the refresh token is wrong, over or used',
      }
    case 'throttled':
      return answer
  }
}

function granted(
  { accessToken, endsAt, refreshToken, scopes }: RefreshedToken,
  now: EpochSeconds,
): TokenGrant {
  const expiresInSeconds = endsAt === null ? null : Math.max(0, endsAt - now)
  return { kind: 'granted', accessToken, expiresInSeconds, scopes, refreshToken, by }
}

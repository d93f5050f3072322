import type { ClientPair } from '../core/credential/client-pair.ts'
import type { TokenGrant } from '../core/credential/token-grant.ts'
import type { TokenRequest } from '../core/credential/token-request.ts'
import type { Origin } from '../core/gateway.ts'
import type { ClientNetwork } from '../core/limits/network.ts'
import type { Awaitable } from '../core/ports.ts'
import type { EpochSeconds } from '../core/session/session.ts'

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

/** Of a gateway whose providers have no `exchange`. */
export const noProviderTokens: ProviderTokens = {
  forPair: () => ({
    ...{ kind: 'refused', error: 'invalid_client', says: 'the id or the secret is wrong' },
    ...{ why: 'credential-unknown', detail: 'the pair is none of ours', by: null },
  }),
  refresh: () => ({
    ...{
      kind: 'refused',
      error: 'unsupported_grant_type',
      says: 'no refresh token is taken at this address',
    },
    ...{ why: 'token-request-invalid', detail: null, by: null },
  }),
}

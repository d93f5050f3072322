import type { AccessToken } from './credential/access-token.ts'
import type { ClientNetwork } from './limits/network.ts'
import type { ClaimPath, Claims } from './rules/claims.ts'
import type { AuthorizationWish } from './session/authorization-wish.ts'
import type { LogoutToken } from './session/logout-token.ts'
import type { EpochSeconds, Session, SessionTokens } from './session/session.ts'
import type { Transaction } from './session/transaction.ts'

/** One configured provider, spoken to. Methods throw `ProviderFault` or `LoginFault`. */
export interface Provider {
  readonly name: string
  /**
   * The authorization URL for a transaction; discovers first when needed. `offline` (OpenID Connect Core 11): it also asks
   * for what brings a refresh token, as this provider has it.
   */
  authorizationUrl(
    transaction: Transaction,
    redirectUri: string,
    wish?: AuthorizationWish,
    offline?: boolean,
  ): Promise<URL>
  /**
   * The code for a verified identity: RFC 6749 4.1.3, OIDC Core 3.1.3.7. `parameters` is what came back on the
   * redirect URI; `redirectUri` is the configured one. Client networks are served in turn.
   */
  exchange(
    parameters: URLSearchParams,
    transaction: Transaction,
    redirectUri: string,
    now: EpochSeconds,
    network: ClientNetwork,
  ): Promise<Identity>
  /**
   * A logout token that came, verified (Back-Channel Logout 1.0, 2.6) but for its `jti`, which the store spends. Client
   * networks are served in turn. Throws a `LogoutFault` too.
   */
  readLogoutToken(raw: string, now: EpochSeconds, network: ClientNetwork): Promise<LogoutToken>
  /**
   * Asks again for a session (RFC 6749 6, OpenID Connect Core 12.2), and userinfo where claims come from it. `usedClaims` are
   * those that rules, headers and names go by. A refresh token is sent once. Throws a `ProviderFault` where no answer
   * came: then nothing is known.
   */
  renew(session: Session, now: EpochSeconds, usedClaims: readonly ClaimPath[]): Promise<Renewal>
  /**
   * What an access token says that this provider gave out, verified. Client networks are served in turn. `isGiven`: it
   * came from the provider itself, for a pair, so that what others invent holds it up nowhere. Throws a `ProviderFault`
   * where nobody can tell.
   */
  readAccessToken(
    raw: string,
    now: EpochSeconds,
    network: ClientNetwork,
    isGiven?: boolean,
  ): AccessTokenReading | Promise<AccessTokenReading>
  /**
   * The same of a token that was verified here before, by its hash (`tokenHash`): while it has not ended, and its key is
   * published. Null: it is not known, and what came has to be read. Throws a `ProviderFault` where nobody can tell.
   */
  readRememberedToken(
    hash: string,
    now: EpochSeconds,
  ): AccessTokenReading | null | Promise<AccessTokenReading | null>
  /**
   * What the provider gives for a customer's pair (`exchange`). The secret goes to its token endpoint, or to Cognito, and
   * nowhere else. Throws a `ProviderFault` where nobody can tell, whose message holds no credential.
   */
  tokenForPair(pair: Pair, question: PairQuestion): Promise<PairAnswer>
  /**
   * RFC 6749 6, as the client of `exchange.refresh_token`. `scopes`: narrower ones; null: those that were granted. Throws
   * a `ProviderFault`.
   */
  tokenForRefreshToken(
    refreshToken: string,
    scopes: readonly string[] | null,
    now: EpochSeconds,
    network: ClientNetwork,
  ): Promise<RefreshAnswer>
  /** RFC 7009; nothing where the provider has no such endpoint. Throws a `ProviderFault`. */
  revoke(refreshToken: string): Promise<void>
  /** The origins of its pages, as far as known: who may frame a front-channel logout. Asks nobody; never throws. */
  pageOrigins(): readonly string[]
  /** Where to sign out at the provider; null when it offers none (or cannot be reached). */
  endSessionUrl(idToken: string | null, postLogoutRedirectUri: string, state: string): Promise<URL | null>
  /**
   * Reads the metadata when that is due: at first, when it is old, when the pause after a failure is over. Settles with
   * the attempt, or at once when none is due; never rejects, as `status` says what came of it.
   */
  discover(): Promise<void>
  /** Whether discovery has succeeded, and if not, why. Asks nobody; never throws. */
  status(): ProviderStatus
  close(): Promise<void>
}

export type AccessTokenReading =
  | { readonly kind: 'read'; readonly token: AccessToken }
  /** `detail` is for the log, and quotes nothing of the token. */
  | { readonly kind: 'refused'; readonly why: 'token-invalid' | 'token-over'; readonly detail: string }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }

/** A customer's id and secret at a provider. */
export interface Pair {
  readonly id: string
  readonly secret: string
}

export interface PairQuestion {
  readonly now: EpochSeconds
  readonly network: ClientNetwork
  /** What was given for it before; null: nothing that is known. */
  readonly former: PairGrant | null
  /** It was right lately, and waits behind none that was not. */
  readonly isKnown: boolean
  /** Asked when its turn has come: for how many milliseconds it may not be sent; 0: it may. */
  readonly refusedForMs: () => number
}

export type PairAnswer =
  | { readonly kind: 'granted'; readonly grant: PairGrant }
  /** `detail` is for the log, and quotes nothing of the pair. */
  | { readonly kind: 'refused'; readonly detail: string; readonly cure: string | null }
  /** It was not sent. */
  | { readonly kind: 'throttled'; readonly forMs: number }

/** What a provider gave for a pair. */
export interface PairGrant {
  /** As it came: nobody has looked at it. */
  readonly accessToken: string
  /** By our clock; null: nobody says. */
  readonly endsAt: EpochSeconds | null
  /** What the ID token says that came along, verified, with its `sub`; null: none did. */
  readonly idTokenClaims: Claims | null
  /** Stands in for the secret; null: nothing does. */
  readonly refresh: PairRefresh | null
}

export interface PairRefresh {
  readonly token: string
  /** What the provider calls the user. */
  readonly user: string
  readonly secretSentAt: EpochSeconds
}

export type RefreshAnswer =
  | { readonly kind: 'granted'; readonly token: RefreshedToken }
  /** By the provider's word, in those of RFC 6749 5.2. `detail` as above. */
  | {
      readonly kind: 'refused'
      readonly error: 'invalid_grant' | 'invalid_scope'
      readonly detail: string
    }

export interface RefreshedToken {
  readonly accessToken: string
  readonly endsAt: EpochSeconds | null
  /** Null: the former one goes on. */
  readonly refreshToken: string | null
  /** Null: it does not say. */
  readonly scopes: readonly string[] | null
}

export type ProviderStatus =
  | { readonly kind: 'ready' }
  | { readonly kind: 'pending' }
  | {
      readonly kind: 'failed'
      readonly code: string
      readonly message: string
      readonly retryAt: EpochSeconds
    }

export interface Identity {
  readonly user: string
  readonly claims: Claims
  readonly idToken: string
  /** `sub`, `sid` and `iat` of the ID token. */
  readonly subject: string
  readonly sid: string | null
  readonly issuedAt: EpochSeconds
  /** Granted: as the token answer says, else as asked for (RFC 6749 5.1). */
  readonly scopes: readonly string[]
  readonly tokens: SessionTokens
}

/** What asking again came to. */
export type Renewal =
  /** Verified. A refresh token that was not replaced is the former one. */
  | {
      readonly kind: 'renewed'
      readonly identity: Pick<Identity, 'user' | 'claims' | 'idToken' | 'scopes' | 'tokens'>
    }
  | {
      readonly kind: 'ended'
      readonly why: 'grant-refused' | 'subject-differs' | 'token-invalid' | 'userinfo-refused'
      readonly message: string
      /** Those that came all the same, to be revoked; null: none. */
      readonly tokens: SessionTokens | null
    }
  /** It was not said what rules go by, or there is nothing to ask with. `tokens` as above. */
  | { readonly kind: 'insufficient'; readonly message: string; readonly tokens: SessionTokens | null }
  /**
   * New tokens came, and then no answer about the person (no keys, no userinfo): nothing is known, as where none came at
   * all. But these are to be kept at once, for the former refresh token may be spent.
   */
  | { readonly kind: 'unanswered'; readonly message: string; readonly tokens: SessionTokens }

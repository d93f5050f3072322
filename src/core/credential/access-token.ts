import type { ConnectionCertificate } from '../certificate/connection-certificate.ts'
import type { ProviderSettings } from '../gateway.ts'
import type { Json } from '../json.ts'
import { type Principal, readClientUser, readUserId, seenClaims } from '../principal.ts'
import type { Claims } from '../rules/claims.ts'
import type { EpochSeconds } from '../session/session.ts'
import { withAddedClaims } from './added-claims.ts'
import type { BearerSettings } from './bearer-settings.ts'
import type { CredentialRefusal, HeaderLookup } from './lookup.ts'

/** What a verified access token says; never that it may come in. */
export interface AccessToken {
  readonly claims: Claims
  /** Null: it names none. */
  readonly subject: string | null
  /** Null: it has no `aud`. */
  readonly audiences: readonly string[] | null
  /** The client that it was made for: `client_id`, `azp`, `appid` or `cid`; null: it names none. */
  readonly clientId: string | null
  readonly scopes: readonly string[]
  /** By the provider's clock; null: it does not say. */
  readonly endsAt: EpochSeconds | null
  /** `x5t#S256` of the certificate that it is bound to (RFC 8705 section 3); null: to none. */
  readonly certificate: string | null
}

/** What a connection showed, where it counts. */
type BindingCertificate = Pick<ConnectionCertificate, 'fingerprint' | 'endsAt'>

/** How far the clocks of a provider and of ours may differ where a token says when it ends or begins to count. */
export const tokenSkewSeconds = 60

/** Whether a token that ends then, by the provider's clock, has ended by ours. */
export function isOver(endsAt: EpochSeconds, now: EpochSeconds): boolean {
  return endsAt <= now - tokenSkewSeconds
}

/** Where the client stands that a token was made for: RFC 9068, OpenID Connect, Entra v1, Okta. */
const clientClaims = ['client_id', 'azp', 'appid', 'cid'] as const

/** The values of those that are there. */
export function clientNames(claims: Claims): readonly Json[] {
  return clientClaims.flatMap((name) => {
    const value = Object.hasOwn(claims, name) ? claims[name] : null
    return value === null || value === undefined ? [] : [value]
  })
}

/** How a token came here. */
export interface TokenCame {
  /** Presented as it is, or given by the provider for a pair that was. */
  readonly by: 'bearer' | 'exchange'
  /** Of the ID token that came along with it; null: none did. They say who somebody is, and never that the token counts. */
  readonly added: Claims | null
}

const presented: TokenCame = { by: 'bearer', added: null }

/**
 * Whether a token counts here, and who that is, under today's configuration: judged at each use, as what is remembered
 * of a token is only what it says. In this order: its end, the certificate that it is bound to (RFC
 * 8705 section 3), for whom it was made, whether somebody is behind it, who; and last, that it has the scopes.
 */
export function judgeAccessToken(
  token: AccessToken,
  provider: ProviderSettings,
  now: EpochSeconds,
  came: TokenCame = presented,
  certificate: BindingCertificate | null = null,
): HeaderLookup {
  const { bearer } = provider
  if (bearer === null) return refused('credential-unknown', null)
  const { endsAt } = token
  if (endsAt !== null && isOver(endsAt, now)) return refused('token-over', null)
  const unbound = bindingProblem(token, certificate)
  if (unbound !== null) return refused('token-invalid', unbound)
  const foreign = audienceProblem(token, bearer)
  if (foreign !== null) return refused('token-not-for-us', foreign)
  const isClient = hasNobodyBehind(token)
  if (isClient && !bearer.acceptClients)
    return refused('token-not-for-us', 'nobody is behind it, and `accept_clients` is not set')
  if (came.added !== null && came.added.sub !== token.subject)
    return refused('token-invalid', 'the ID token that came with it is about somebody else')
  const who = principalOf(token, isClient, came, provider, bearer)
  if (typeof who === 'string') return refused('token-invalid', `it has no user id: ${who}`)
  const { scopes } = token
  if (!bearer.requiredScopes.every((scope) => scopes.includes(scope))) {
    const wanted = bearer.requiredScopes
    return { kind: 'insufficient', why: 'scope-insufficient', scopes: wanted, detail: null }
  }
  return {
    kind: 'identified',
    principal: who,
    scopes,
    endsAt: earliest(endsAt === null ? null : endsAt + tokenSkewSeconds, boundUntil(token, certificate)),
  }
}

/** Whoever took the token alone has not the key of the certificate. */
function bindingProblem(token: AccessToken, certificate: BindingCertificate | null): string | null {
  if (token.certificate === null) return null
  if (certificate === null) return 'it is bound to a client certificate, and none was shown'
  return token.certificate === certificate.fingerprint ? null : 'it is bound to another client certificate'
}

function boundUntil(token: AccessToken, certificate: BindingCertificate | null): EpochSeconds | null {
  return token.certificate === null ? null : (certificate?.endsAt ?? null)
}

function earliest(one: EpochSeconds | null, other: EpochSeconds | null): EpochSeconds | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other)
}

// A program sends one token again and again. Rules and headers remember what they made of a principal, so that it has to
// be the same one.
const principals = {
  bearer: new WeakMap<AccessToken, KnownPrincipal>(),
  exchange: new WeakMap<AccessToken, KnownPrincipal>(),
} as const

interface KnownPrincipal {
  readonly of: ProviderSettings
  readonly added: Claims | null
  readonly principal: Principal
}

/** Who a token is of under these settings; or why it is nobody. */
function principalOf(
  token: AccessToken,
  isClient: boolean,
  { by, added }: TokenCame,
  provider: ProviderSettings,
  bearer: BearerSettings,
): Principal | string {
  const known = principals[by].get(token)
  if (known?.of === provider && known.added === added) return known.principal
  const claims = added === null ? token.claims : withAddedClaims(token.claims, added)
  const id = isClient
    ? readClientUser(token.clientId ?? token.subject, provider)
    : readUserId(claims, { ...provider, userId: bearer.userId })
  if (!id.ok) return id.reason
  const principal: Principal = {
    user: id.user,
    provider: provider.name,
    ...seenClaims(claims, provider),
    by: { kind: by, isClient },
  }
  principals[by].set(token, { of: provider, added, principal })
  return principal
}

/**
 * RFC 9068 4: one of ours must be in `aud`. A token without `aud` is for whoever made its client write so, so every claim
 * that names a client must name one of those that are listed.
 */
function audienceProblem(token: AccessToken, { audiences, clientIds }: BearerSettings): string | null {
  if (token.audiences !== null)
    return token.audiences.some((one) => audiences.includes(one))
      ? null
      : 'its aud has none of the `audiences`'
  const named = clientsOf(token)
  if (named.length === 0) return 'it has no aud, and names no client'
  if (named.every((one) => typeof one === 'string' && clientIds.includes(one))) return null
  return 'it has no aud, and its client is none of the `client_ids`'
}

function clientsOf({ claims, clientId }: AccessToken): readonly Json[] {
  return [...(clientId === null ? [] : [clientId]), ...clientNames(claims)]
}

/**
 * Whether a token says that it is a program's own (RFC 6749 4.4), in the words of those who make them. Beside what the
 * standard has (`sub` is the client): Entra's `idtyp`, and without it a subject that is the object itself and no scope;
 * Auth0's `gty`, and under its RFC 9068 profile the `@clients` of `sub`; the accounts that Keycloak makes for
 * clients, whose introspection has the name in `username` (RFC 7662 2.2) where the client has no scope `profile`.
 */
function hasNobodyBehind(token: AccessToken): boolean {
  const { claims, subject, scopes } = token
  if (subject === null || claims.idtyp === 'app' || isClientGrant(claims.gty)) return true
  if (claims.oid === subject && scopes.length === 0) return true
  return clientsOf(token).some((client) => {
    const name = String(client)
    const account = `service-account-${name}`.toLowerCase()
    const isAccount = claims.preferred_username === account || claims.username === account
    return subject === name || subject === `${name}@clients` || isAccount
  })
}

/** One text, or a list where a token came of several grants. */
function isClientGrant(gty: Json | undefined): boolean {
  return gty === 'client-credentials' || (Array.isArray(gty) && gty.includes('client-credentials'))
}

function refused(why: CredentialRefusal, detail: string | null): HeaderLookup {
  return { kind: 'refused', why, detail }
}

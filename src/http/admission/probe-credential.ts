import { type AccessToken, judgeAccessToken } from '../../core/credential/access-token.ts'
import { readAccessTokenClaims } from '../../core/credential/access-token-claims.ts'
import type { BearerSettings } from '../../core/credential/bearer-settings.ts'
import {
  type CredentialIdentity,
  hasNobodyBehind,
  reservedProviders,
} from '../../core/credential/credential.ts'
import type { HeaderLookup } from '../../core/credential/lookup.ts'
import { type Presented, presentedCredentials } from '../../core/credential/presented.ts'
import type { App, Gateway, ProviderSettings } from '../../core/gateway.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import { judgeKey } from '../../core/keys/judgement.ts'
import { keyPrincipal } from '../../core/keys/key-principal.ts'
import { judgeShortToken, type TokenUse } from '../../core/keys/token-judgement.ts'
import { hasScopes, widgetPrincipal } from '../../core/keys/widget.ts'
import { type Principal, readUserId, seenClaims } from '../../core/principal.ts'
import type { ClientAddress } from '../../core/request/forwarded.ts'
import { toWords } from '../../core/rules/claims.ts'
import { type JudgedAddress, readJudgedAddress } from '../../core/rules/requirement.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { Admission } from './admission.ts'
import type { Person } from './probe-person.ts'
import type { AdmissionContext } from './session-lookup.ts'

/** What the gate is given in place of a token or key that nobody has. What the headers carry is there beside it. */
export function headerContext(
  gateway: Gateway,
  person: Person,
  rawHeaders: readonly string[],
): Required<Pick<AdmissionContext, 'presented' | 'credentials'>> {
  return {
    presented: [...presentedCredentials(rawHeaders, gateway.apiKeys), presentedFor(person)],
    credentials: {
      verify: (_presented, { client, ...use }) => {
        return probeLookup(gateway, person, { ...use, client: judgedAddress(client), at: originOf(use.app) })
      },
    },
  }
}

function presentedFor({ by, key, shortToken }: Person): Presented {
  if (shortToken !== undefined)
    return { kind: 'short-token', by: 'bearer', of: shortToken.of, token: 'probe' }
  switch (by?.kind) {
    case 'bearer':
      return { kind: 'token', by: 'bearer', token: 'probe' }
    case 'exchange':
      return { kind: 'pair', by: 'basic', id: 'probe', secret: '' }
    case 'widget':
      return { kind: 'short-token', by: 'bearer', of: 'widget', token: 'probe' }
    case 'api_key':
    case 'client_certificate':
    case undefined: {
      const { prefix, id } = key ?? { prefix: '', id: '' }
      return { kind: 'key', by: 'key-header', key: { prefix, id, secret: '' } }
    }
  }
}

/** The origin of ours at which an app is. */
function originOf({ url }: Pick<App, 'url'>): string {
  return new URL(url).origin
}

function judgedAddress(client: ClientAddress): JudgedAddress {
  return client.known ? { ...client.address, text: client.text } : null
}

/** Who the credential says it is, where the location looked at it; null: nobody. `origin`: as the request has it. */
export function identifiedAt(
  gateway: Gateway,
  person: Person,
  { app, header, method, clientAddress }: Admission,
  { origin, now }: Pick<TokenUse, 'origin' | 'now'>,
): Principal | null {
  if (app === null || header === null) return null
  const client = readJudgedAddress(clientAddress)
  const lookup = probeLookup(gateway, person, { app, method, client, origin, at: originOf(app), now })
  return lookup.kind === 'identified' ? lookup.principal : null
}

/** What a look-up of the credential would say that a person of a probe comes by. */
function probeLookup(gateway: Gateway, person: Person, use: TokenUse): HeaderLookup {
  const { by, key } = person
  if (key !== undefined) return ofRecord(gateway, key, person, use)
  switch (by?.kind) {
    case undefined:
    case 'client_certificate':
      return unknown
    case 'api_key':
      return ofMadeUpKey(gateway, person, by)
    case 'widget':
      return person.origin === undefined || person.origin === use.origin
        ? ofMadeUpWidget(gateway, person, by)
        : { kind: 'refused', why: 'token-wrong-origin', detail: null }
    case 'bearer':
    case 'exchange':
      return ofToken(gateway, person, by, use)
  }
}

/** A token that is presented, or that the provider gives for a pair: it is judged alike. */
function ofToken(
  gateway: Gateway,
  person: Person,
  by: Extract<CredentialIdentity, { kind: 'bearer' | 'exchange' }>,
  { app, now }: TokenUse,
): HeaderLookup {
  const provider = gateway.providers.get(person.provider)
  const bearer = provider?.bearer ?? null
  if (provider === undefined || bearer === null || !app.providers.includes(provider.name)) return unknown
  if (by.kind === 'exchange' && (provider.exchange?.pair ?? null) === null) return unknown
  const { token } = person
  if (token !== undefined && token.kind !== 'read') return token
  const lookup =
    token === undefined
      ? ofMadeUpToken(person, by.isClient, { provider, bearer, now })
      : judgeAccessToken(token.token, provider, now)
  if (lookup.kind !== 'identified' || by.kind === 'bearer') return lookup
  const isClient = hasNobodyBehind(lookup.principal)
  return { ...lookup, principal: { ...lookup.principal, by: { kind: 'exchange', isClient } } }
}

const unknown: HeaderLookup = { kind: 'refused', why: 'credential-unknown', detail: null }

/** A key as it rests, with the right secret, or a token that was given for it. */
function ofRecord(gateway: Gateway, key: ApiKey, { shortToken }: Person, use: TokenUse): HeaderLookup {
  const { apiKeys, hosts } = gateway
  const known = { key, who: keyPrincipal(key, gateway), selfService: apiKeys?.selfService ?? null }
  if (shortToken !== undefined && apiKeys !== null)
    return judgeShortToken(known, shortToken, use, { apiKeys, hosts })
  const hash = key.secrets.find(({ until }) => until === null || until > use.now)?.hash
  return judgeKey(known, hash ?? key.secrets[0]?.hash ?? '', use)
}

/** A key of which nothing is known but its claims: it is good, and for everything. */
function ofMadeUpKey(
  { apiKeys, providers }: Gateway,
  { provider: name, claims }: Person,
  by: CredentialIdentity,
): HeaderLookup {
  if (apiKeys === null) return unknown
  const identified = (principal: Principal): HeaderLookup => {
    return { kind: 'identified', principal, scopes: scopesOf(claims), endsAt: null }
  }
  if (name === reservedProviders.apiKeys) {
    const user = typeof claims.sub === 'string' ? claims.sub : ''
    return identified({ user: apiKeys.userIdPrefix + user, provider: name, claims, by })
  }
  const provider = providers.get(name)
  if (provider === undefined) return unknown
  const id = readUserId(claims, provider)
  if (!id.ok) return { kind: 'refused', why: 'key-asleep', detail: id.reason }
  return identified({ user: id.user, provider: name, ...seenClaims(claims, provider), by })
}

/** A token of a widget that was given for such a key: rules see of its claims what `widget_claims` lists. */
function ofMadeUpWidget(
  gateway: Gateway,
  person: Person,
  { id, name, endUser }: Extract<CredentialIdentity, { kind: 'widget' }>,
): HeaderLookup {
  const lookup = ofMadeUpKey(gateway, person, { kind: 'api_key', id, name })
  if (lookup.kind !== 'identified') return lookup
  const widgetClaims = gateway.apiKeys?.widgetClaims ?? []
  return {
    ...lookup,
    principal: widgetPrincipal(lookup.principal, endUser, widgetClaims),
    scopes: hasScopes(widgetClaims) ? lookup.scopes : [],
  }
}

/**
 * A token with these claims. What they leave open is as the provider’s settings want it: made for us, with the scopes.
 * What they say is judged; a number that says when it ends too.
 */
function ofMadeUpToken(
  { claims, scopes }: Person,
  isClient: boolean,
  { provider, bearer, now }: { provider: ProviderSettings; bearer: BearerSettings; now: EpochSeconds },
): HeaderLookup {
  const read = readAccessTokenClaims(claims, now, { endRequired: false })
  if (!read.ok) return { kind: 'refused', why: read.why, detail: read.detail }
  const { token } = read
  const saysForWhom = token.audiences !== null || (token.clientId !== null && bearer.audiences.length === 0)
  const [audience] = bearer.audiences
  const whole: AccessToken = {
    ...token,
    ...(isClient ? { subject: null } : {}),
    ...(saysForWhom
      ? {}
      : { audiences: audience === undefined ? null : [audience], clientId: clientOf(token, bearer) }),
    scopes: scopes ?? (token.scopes.length > 0 ? token.scopes : bearer.requiredScopes),
  }
  return judgeAccessToken(
    isClient ? { ...whole, clientId: whole.clientId ?? token.subject } : whole,
    provider,
    now,
  )
}

/** The client that it was made for, where no audience says for whom it is. */
function clientOf({ clientId }: AccessToken, { audiences, clientIds }: BearerSettings): string | null {
  return clientId ?? (audiences.length > 0 ? null : (clientIds[0] ?? null))
}

/** RFC 6749 3.3. */
function scopesOf({ scope }: Person['claims']): readonly string[] {
  return typeof scope === 'string' ? toWords(scope) : []
}

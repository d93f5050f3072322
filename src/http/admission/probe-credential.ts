import { type AccessToken, judgeAccessToken } from '../../core/credential/access-token.ts'
import { readAccessTokenClaims } from '../../core/credential/access-token-claims.ts'
import type { BearerSettings } from '../../core/credential/bearer-settings.ts'
import { type CredentialIdentity, reservedProviders } from '../../core/credential/credential.ts'
import type { HeaderLookup } from '../../core/credential/lookup.ts'
import { type Presented, presentedCredentials } from '../../core/credential/presented.ts'
import type { Gateway, ProviderSettings } from '../../core/gateway.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import { judgeKey, type KeyUse } from '../../core/keys/judgement.ts'
import { keyPrincipal } from '../../core/keys/key-principal.ts'
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
      verify: (_presented, { app, method, client, now }) => {
        return probeLookup(gateway, person, { app, method, client: judgedAddress(client), now })
      },
    },
  }
}

function presentedFor({ by, key }: Person): Presented {
  if (by?.kind === 'bearer') return { kind: 'opaque', by: 'bearer', token: 'probe' }
  const { prefix, id } = key ?? { prefix: '', id: '' }
  return { kind: 'key', by: 'key-header', key: { prefix, id, secret: '' } }
}

function judgedAddress(client: ClientAddress): JudgedAddress {
  return client.known ? { ...client.address, text: client.text } : null
}

/** Who the credential says it is, where the location looked at it; null: nobody. */
export function identifiedAt(
  gateway: Gateway,
  person: Person,
  { app, header, method, clientAddress }: Admission,
  now: EpochSeconds,
): Principal | null {
  if (app === null || header === null) return null
  const lookup = probeLookup(gateway, person, { app, method, client: readJudgedAddress(clientAddress), now })
  return lookup.kind === 'identified' ? lookup.principal : null
}

/** What a look-up of the credential would say that a person of a probe comes by. */
function probeLookup(gateway: Gateway, person: Person, use: KeyUse): HeaderLookup {
  const { by, key, token } = person
  if (key !== undefined) return ofRecord(gateway, key, use)
  switch (by?.kind) {
    case undefined:
      return unknown
    case 'api_key':
      return ofMadeUpKey(gateway, person, by)
    // Nothing gives them out yet.
    case 'widget':
    case 'exchange':
    case 'client_certificate':
      return unknown
    case 'bearer': {
      const provider = gateway.providers.get(person.provider)
      const bearer = provider?.bearer ?? null
      if (provider === undefined || bearer === null || !use.app.providers.includes(provider.name))
        return unknown
      const { now } = use
      if (token !== undefined)
        return token.kind === 'read' ? judgeAccessToken(token.token, provider, now) : token
      return ofMadeUpToken(person, by.isClient, { provider, bearer, now })
    }
  }
}

const unknown: HeaderLookup = { kind: 'refused', why: 'credential-unknown', detail: null }

/** A key as it rests, with the right secret. */
function ofRecord(gateway: Gateway, key: ApiKey, use: KeyUse): HeaderLookup {
  const known = {
    key,
    who: keyPrincipal(key, gateway),
    selfService: gateway.apiKeys?.selfService ?? null,
  }
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

import { reservedProviders } from '../credential/credential.ts'
import type { Gateway, ProviderSettings } from '../gateway.ts'
import { type Principal, readUserId, seenClaims } from '../principal.ts'
import { isSameProvider } from '../provider-id.ts'
import type { Claims } from '../rules/claims.ts'
import { keepClaims } from '../session/kept-claims.ts'
import type { EpochSeconds } from '../session/session.ts'
import type { ApiKey, KeyOwner } from './api-key.ts'

/** What a key is read by. */
export type KeyReading = Pick<Gateway, 'apiKeys' | 'providers'>

/** Who a key is, under the configuration in force; whether it opens anything is for `judgeKey` to say. */
export type KeyPrincipal =
  | { readonly kind: 'operator'; readonly principal: Principal }
  | {
      readonly kind: 'person'
      readonly principal: Principal
      /** All that was copied, as far as the provider vouches for it: `self_service.require` is judged by them. */
      readonly claims: Claims
      /** When they are too old to count. */
      readonly claimsEndAt: EpochSeconds
    }
  /** Its owner's provider is not in the file: for no app is there such a key. */
  | { readonly kind: 'nobody' }
  /** A person's, of a provider of the file, that opens nothing until its owner signs in. For the log. */
  | { readonly kind: 'asleep'; readonly provider: string; readonly why: string }

/**
 * An operator vouches for an operator's key. A person's has the user id, the provider and the claims of that person, read
 * by today's settings as a session is (`toPrincipal`); rules see of them what `self_service.claims` lists.
 */
export function keyPrincipal(key: ApiKey, { apiKeys, providers }: KeyReading): KeyPrincipal {
  const by = { kind: 'api_key', id: key.id, name: key.name } as const
  const { owner } = key
  if (apiKeys === null) return { kind: 'nobody' }
  if (owner.kind === 'operator') {
    const user = apiKeys.userIdPrefix + owner.user
    return {
      kind: 'operator',
      principal: { user, provider: reservedProviders.apiKeys, claims: key.claims, by },
    }
  }
  const provider = providerOf(owner, providers)
  if (provider === null) return { kind: 'nobody' }
  const asleep = (why: string): KeyPrincipal => ({ kind: 'asleep', provider: provider.name, why })
  const { selfService } = apiKeys
  if (selfService === null) return asleep('`api_keys.self_service` is not set')
  if (!selfService.providers.includes(provider.name))
    return asleep('nobody signs in with its provider at `self_service.at`')
  const id = readUserId(key.claims, provider)
  if (!id.ok || id.user !== owner.user) return asleep('its owner’s user id would be read differently now')
  const seen = seenClaims(key.claims, provider)
  const claims = keepClaims(seen.claims, selfService.claims)
  const unverified = seen.emailUnverified === true && selfService.claims.includes('email')
  return {
    kind: 'person',
    principal: {
      ...{ user: id.user, provider: provider.name, claims, by },
      ...(unverified ? { emailUnverified: true } : {}),
    },
    claims: seen.claims,
    claimsEndAt: key.claimsAt + apiKeys.claimsMaxAgeSeconds,
  }
}

function providerOf(
  owner: Extract<KeyOwner, { kind: 'person' }>,
  providers: Gateway['providers'],
): ProviderSettings | null {
  for (const provider of providers.values()) if (isSameProvider(owner, provider)) return provider
  return null
}

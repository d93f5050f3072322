import { ProviderFault } from '../core/fault.ts'
import type { ProviderSettings } from '../core/gateway.ts'
import { acceptedAlgorithms } from './algorithms.ts'
import type { IdTokenExpectation } from './id-token.ts'
import { internalAddress } from './internal-url.ts'
import type { Metadata } from './metadata.ts'

/** What every token of a provider must say. */
export type TokenExpectation = Pick<
  IdTokenExpectation,
  'issuer' | 'clientId' | 'extraAudiences' | 'algorithms'
>

export function tokenExpectation(settings: ProviderSettings, metadata: Metadata): TokenExpectation {
  return {
    issuer: metadata.issuer,
    clientId: settings.clientId,
    extraAudiences: settings.extraAudiences,
    algorithms: acceptedAlgorithms(settings, metadata.idTokenAlgorithms),
  }
}

export interface UserinfoSource {
  readonly endpoint: string
  /** As it is really reached, which `internal_url` may change. */
  readonly overTls: boolean
}

/**
 * Null: skipped. Quietly only when nobody asked: the provider names no endpoint and `claims_from` was not written; else a
 * `ProviderFault`.
 */
export function userinfoSource(settings: ProviderSettings, metadata: Metadata): UserinfoSource | null {
  if (!settings.claimsFrom.includes('userinfo')) return null
  const { userinfoEndpoint: endpoint } = metadata
  if (endpoint === null && settings.claimsFromWritten)
    throw new ProviderFault(
      'PROVIDER_RESPONSE_INVALID',
      `claims_from names userinfo, and the metadata of ${settings.name} names no userinfo_endpoint`,
    )
  if (endpoint === null) return null
  const reached = internalAddress(endpoint, settings.issuer, settings.internalUrl)
  return { endpoint, overTls: reached.startsWith('https:') }
}

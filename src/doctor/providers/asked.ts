import type { Gateway, Origin, ProviderSettings } from '../../core/gateway.ts'
import { claimsOfRules } from '../../core/rules/named-claims.ts'

/** What is asked of one provider on behalf of the file. */
export interface AskedProvider {
  readonly settings: ProviderSettings
  /** Those of all origins that send people to it. */
  readonly redirectUris: readonly string[]
  /** Claims that rules name, where people of this provider come. */
  readonly claims: readonly string[]
}

export function askedProviders(gateway: Gateway): readonly AskedProvider[] {
  const origins = [...new Set<Origin>(gateway.hosts.values())]
  return [...gateway.providers.values()].map((settings) => ({
    settings,
    redirectUris: origins.flatMap((origin) =>
      origin.redirectUris.filter(({ providers }) => providers.includes(settings.name)).map(({ uri }) => uri),
    ),
    claims: claimsOfRules(gateway.apps.filter(({ providers }) => providers.includes(settings.name))),
  }))
}

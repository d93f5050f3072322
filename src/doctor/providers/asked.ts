import type { App, Gateway, Origin, ProviderSettings } from '../../core/gateway.ts'
import { claimsOfRules } from '../../core/rules/named-claims.ts'
import { keepsTokens } from '../../core/session/kept-tokens.ts'
import type { StepUp } from '../../core/step-up.ts'

/** What is asked of one provider on behalf of the file. */
export interface AskedProvider {
  readonly settings: ProviderSettings
  /** Those of all origins that send people to it. */
  readonly redirectUris: readonly string[]
  /** Claims that rules name, where people of this provider come. */
  readonly claims: readonly string[]
  /** Whether a refresh token is of use: it is asked again, or apps get tokens. */
  readonly keepsTokens: boolean
  /** Of the places where people of this provider come. */
  readonly stepUps: readonly StepUp[]
}

export function askedProviders(gateway: Gateway): readonly AskedProvider[] {
  const origins = [...new Set<Origin>(gateway.hosts.values())]
  return [...gateway.providers.values()].map((settings) => ({
    settings,
    keepsTokens: keepsTokens(gateway, settings).refresh,
    stepUps: stepUpsOf(gateway.apps.filter(({ providers }) => providers.includes(settings.name))),
    redirectUris: origins.flatMap((origin) =>
      origin.redirectUris.filter(({ providers }) => providers.includes(settings.name)).map(({ uri }) => uri),
    ),
    claims: claimsOfRules(gateway.apps.filter(({ providers }) => providers.includes(settings.name))),
  }))
}

function stepUpsOf(apps: readonly App[]): readonly StepUp[] {
  const locations = apps.flatMap(({ allLocations, fallback }) => [...allLocations, fallback])
  return locations.flatMap(({ stepUp }) => stepUp ?? [])
}

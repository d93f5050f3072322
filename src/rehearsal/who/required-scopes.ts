import type { Credential } from '../../core/credential/credential.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import type { Identification } from '../../core/rules/identification.ts'

/** By provider: the scopes that each of its access tokens must have, whatever the rule asks for; those for a pair too. */
export type RequiredScopes = Readonly<Record<string, readonly string[]>>

/** What stands for a provider's access token. */
const tokens: ReadonlySet<Credential> = new Set(['bearer', 'exchange'])

/** Of the providers whose tokens are accepted; only of those that ask for any. */
export function requiredScopes(
  providers: ReadonlyMap<string, Pick<ProviderSettings, 'bearer'>>,
  accepted: readonly Identification[],
): RequiredScopes {
  const names = accepted.filter(({ credential }) => tokens.has(credential)).map(({ provider }) => provider)
  const entries = names.map((name) => [name, providers.get(name)?.bearer?.requiredScopes ?? []] as const)
  return Object.fromEntries(entries.filter(([, scopes]) => scopes.length > 0))
}

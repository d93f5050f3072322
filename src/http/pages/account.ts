import { displayName } from '../../core/display-name.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import type { Claims } from '../../core/rules/claims.ts'

/** As whom one is signed in, as pages say it. */
export interface Account {
  /** What the person is called: mostly the person's own words. */
  readonly name: string
  /** The label of the provider that vouches for the account. */
  readonly providerLabel: string | null
}

/** The account of a person of this provider; null: the configuration has it no longer, nor knows where its names are. */
export function accountOf(
  provider: ProviderSettings | null,
  { user, claims }: { readonly user: string; readonly claims: Claims },
): Account {
  if (provider === null)
    return {
      name: displayName({}, { displayName: [], trustEmail: false, preset: 'generic' }, user),
      providerLabel: null,
    }
  return { name: displayName(claims, provider, user), providerLabel: provider.label }
}

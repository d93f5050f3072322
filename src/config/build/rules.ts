import { type Credential, reservedProviders } from '../../core/credential/credential.ts'
import { nodeAt } from '../node.ts'
import type { RuleContext } from '../rules/context.ts'
import { openRules } from '../rules/policies.ts'
import { availableCredentials } from '../schema/credentials.ts'
import type { ProviderDraft } from './provider.ts'
import { isWritten, namesOf, type Scope } from './scope.ts'

/** What rules may name: who vouches for whom, and by what somebody may come. */
export function rulesOf(scope: Scope, providers: ReadonlyMap<string, ProviderDraft>): RuleContext {
  const names = namesOf(scope, ['providers'])
  const has = (key: string) => names.some((name) => isWritten(scope, ['providers', name, key]))
  const isKnown = providers.size === names.length
  const hasKeys = isWritten(scope, ['api_keys'])
  const possible: Readonly<Record<Credential, boolean>> = {
    session: !isKnown || [...providers.values()].some((one) => one.signsIn),
    bearer: has('bearer'),
    api_key: hasKeys,
    exchange: has('exchange'),
    widget: hasKeys,
    client_certificate: isWritten(scope, ['client_certificates']),
  }
  const vouching = [
    ...(hasKeys ? [reservedProviders.apiKeys] : []),
    ...(possible.client_certificate ? [reservedProviders.certificates] : []),
  ]
  return openRules(nodeAt(scope.root, ['policies']), {
    report: scope.report,
    providers: [...names, ...vouching],
    authorities: namesOf(scope, ['client_certificates', 'authorities']),
    credentials: availableCredentials.filter((credential) => possible[credential]),
    trustedProxiesWritten: isWritten(scope, ['trusted_proxies']),
    places: scope.places,
    emptyLists: scope.emptyLists,
  })
}

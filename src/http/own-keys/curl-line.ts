import type { App, Gateway, Location, ProviderSettings } from '../../core/gateway.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import { exampleRequest } from '../../core/request/example-request.ts'

/** Whose key it is, and where. */
export interface OfKey {
  readonly gateway: Pick<Gateway, 'apps' | 'hosts'>
  readonly provider: Pick<ProviderSettings, 'name'>
  readonly key: Pick<ApiKey, 'apps' | 'methods'>
}

/**
 * A command that tries a key, with the first address that takes it for a GET; null: there is none. `whole`: the key as one
 * text. Whether its claims meet the rule there is not judged: an answer of 403 says that the key itself is right.
 */
export function curlLine({ gateway, provider, key }: OfKey, whole: string): string | null {
  if (key.methods?.includes('GET') === false) return null
  for (const app of gateway.apps) {
    // At an app that does not accept who vouches for the owner, the key does not exist.
    if (!app.providers.includes(provider.name) || key.apps?.includes(app.name) === false) continue
    const address = addressIn(gateway, app)
    if (address !== null) return `curl -H "Authorization: Bearer ${whole}" ${quoted(address)}`
  }
  return null
}

function addressIn({ hosts }: Pick<Gateway, 'hosts'>, app: App): string | null {
  const origin = [...hosts.values()].find(({ apps }) => apps.includes(app))
  if (origin === undefined) return null
  for (const location of [app.fallback, ...app.allLocations]) {
    const example = takesKeys(location) ? exampleRequest(origin, location) : null
    if (example?.method === 'GET') return origin.origin + example.path
  }
  return null
}

/** At `anyone` none is looked at, and `nobody` is nobody with a key, too. */
function takesKeys({ credentials, access }: Location): boolean {
  return credentials.includes('api_key') && access.kind !== 'anyone' && access.kind !== 'nobody'
}

/** For a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

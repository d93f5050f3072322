import { type Credential, reservedProviders } from '../credential/credential.ts'
import type { App, Gateway, Location } from '../gateway.ts'
import { type Identification, isSameIdentification, sessionsOf } from './identification.ts'

/** What tells who is known at all. */
export type Identifying = Pick<Gateway, 'providers' | 'apiKeys' | 'clientCertificates'>
type AcceptingApp = Pick<App, 'providers' | 'signInProviders'>
type AcceptingLocation = Pick<Location, 'credentials'>

/** In what ways somebody can be identified at a location: by each credential that it lists, with whoever vouches. */
export function acceptedAt(
  gateway: Identifying,
  app: AcceptingApp,
  { credentials }: AcceptingLocation,
): readonly Identification[] {
  return credentials.flatMap((credential) => acceptedBy(credential, gateway, app))
}

/** In what ways at all of several locations, which must judge a request alike; none where there is no location. */
export function acceptedAtAll(
  gateway: Identifying,
  app: AcceptingApp,
  locations: readonly AcceptingLocation[],
): readonly Identification[] {
  const [first = [], ...others] = locations.map((location) => acceptedAt(gateway, app, location))
  return first.filter((one) => others.every((list) => list.some((other) => isSameIdentification(one, other))))
}

function acceptedBy(
  credential: Credential,
  { providers, apiKeys, clientCertificates }: Identifying,
  app: AcceptingApp,
): readonly Identification[] {
  switch (credential) {
    case 'session':
      return sessionsOf(app.signInProviders)
    case 'bearer':
    case 'exchange':
      return app.providers.flatMap((provider) => {
        const { bearer = null, exchange = null } = providers.get(provider) ?? {}
        if (bearer === null || (credential === 'exchange' && (exchange?.pair ?? null) === null)) return []
        const person = { credential, provider, isClient: false }
        return bearer.acceptClients ? [person, { ...person, isClient: true }] : [person]
      })
    case 'api_key':
    case 'widget': {
      if (apiKeys === null) return []
      // The key of a person whose provider the app does not accept does not exist there.
      const persons = apiKeys.selfService?.providers.filter((name) => app.providers.includes(name)) ?? []
      return [reservedProviders.apiKeys, ...persons].map((provider) => {
        return { credential, provider, isClient: false }
      })
    }
    case 'client_certificate':
      if (clientCertificates === null) return []
      return [{ credential, provider: reservedProviders.certificates, isClient: false }]
  }
}

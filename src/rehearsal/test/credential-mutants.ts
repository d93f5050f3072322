import { availableCredentials } from '../../config/schema/credentials.ts'
import type { Credential } from '../../core/credential/credential.ts'
import type { App, Gateway, Location } from '../../core/gateway.ts'
import { acceptedAt } from '../../core/rules/accepted.ts'
import type { Mutant } from './mutant.ts'
import type { TestedLocation } from './rules.ts'

/**
 * Each list of `credentials` with one more that somebody could come with. An app's list is one place, with all the
 * locations that inherit it. `at` names the locations that tests came to.
 */
export function credentialMutants(
  gateway: Gateway,
  locations: readonly TestedLocation[],
  at: ReadonlySet<Location>,
): readonly Mutant[] {
  const judging = locations.filter(({ location }) => identifies(location))
  return [...Map.groupBy(judging, placeOfList)].flatMap(([, own]) => {
    const [first] = own
    if (first === undefined) return []
    const seen = own.filter(({ location }) => at.has(location))
    return unlisted(gateway, first).map((credential) => ({
      place: first.place,
      opensAlone: true as const,
      change: `with \`${credential}\` in \`credentials\``,
      changes: (seen.length > 0 ? seen : [first]).map(({ app, location }) => {
        return {
          app,
          before: location,
          after: { ...location, credentials: [...location.credentials, credential] },
        }
      }),
    }))
  })
}

/** Whether anything of who asks is looked at. */
function identifies({ access }: Location): boolean {
  return access.kind === 'rule' || access.kind === 'maybe_signed_in'
}

/** The app where a location has its list of the app, so that it means one line of the file. */
function placeOfList({ app, location }: TestedLocation): App | Location {
  return location.credentials.join() === app.fallback.credentials.join() ? app : location
}

/** Those by which somebody would be known there. */
function unlisted(gateway: Gateway, { app, location }: TestedLocation): readonly Credential[] {
  return availableCredentials.filter((credential) => {
    if (location.credentials.includes(credential)) return false
    return acceptedAt(gateway, app, { credentials: [credential] }).length > 0
  })
}

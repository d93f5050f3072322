import type { Preset } from '../core/preset.ts'
import { type Check, type Found, foundAt } from './check.ts'
import { type ClaimDemand, claimDemands } from './claim-reach.ts'
import { isOneSlip } from './one-slip.ts'
import { isWritten, type Subject } from './subject.ts'

/** Claims that are called otherwise, or were not asked for. */
export const claimNameChecks: readonly Check[] = [
  {
    id: 'claim-name-typo',
    severity: 'warning',
    inCheck: true,
    finds: 'A claim whose name looks mistyped',
    why: 'If nobody sends a claim, it is missing for everyone. A rule on it keeps everybody out, and a header is never there. Names are compared to the letter.',
    fix: 'Write the name that you mean. If the provider really calls it so, say that in a comment.',
    example: 'require: { gruops: admins }',
    find: (subject) => {
      const demands = claimDemands(subject)
      const uses = usesByName(demands)
      return demands.flatMap((demand) => {
        const meant = meantName(demand, uses)
        return meant === null ? [] : demand.found(`\`${demand.path}\` looks like \`${meant}\``)
      })
    },
  },
  {
    id: 'scope-not-asked',
    severity: 'warning',
    finds: 'A claim whose scope is not asked for',
    why: 'Providers send `email`, `phone_number`, `address` and the claims of a profile for the scopes of these names (OpenID Connect Core section 5.4). Without the scope, the claim is missing for everyone.',
    fix: 'Add the scope to the provider’s `scopes`.',
    example: `providers:
  main: { issuer: "https://id.example.com", scopes: [openid] }
apps:
  wiki: { require: { email: { domain: example.com } } }`,
    find: (subject) =>
      claimDemands(subject).flatMap(({ path, provider, found }) => {
        const scope = scopeOf(path)
        // Entra, Salesforce and Cognito send some of them by habits of their own.
        if (scope === null || provider.scopes.includes(scope) || hasOwnHabits.has(provider.preset)) return []
        return found(`\`${path}\` comes with the scope "${scope}", which "${provider.name}" is not asked for`)
      }),
  },
  {
    id: 'scope-default-header',
    severity: 'note',
    finds: 'Default identity headers whose scopes are not asked for',
    why: '`X-Forwarded-Email` and `X-Forwarded-Preferred-Username` are sent by default, but will never be there.',
    fix: 'Ask for the scopes `email` and `profile`, or write the `identity_headers` that the app needs.',
    example: `providers:
  main: { issuer: "https://id.example.com", scopes: [openid] }`,
    find: (subject) => subject.gateway.apps.flatMap((app) => defaultHeaderGaps(subject, app)),
  },
]

function defaultHeaderGaps(subject: Subject, app: Subject['gateway']['apps'][number]): readonly Found[] {
  const written = [
    ['apps', app.name, 'identity_headers'],
    ['defaults', 'identity_headers'],
  ]
  const places = [app.fallback, ...app.allLocations]
  const isTold = places.some(({ forwarding }) =>
    forwarding.identityHeaders.some(({ from }) => from === 'email'),
  )
  if (!isTold || written.some((path) => isWritten(subject, path)) || app.providers.length !== 1) return []
  return app.providers.flatMap((name) => {
    const provider = subject.gateway.providers.get(name)
    const missing = ['email', 'profile'].filter((scope) => provider?.scopes.includes(scope) === false)
    if (missing.length === 0 || provider === undefined || hasOwnHabits.has(provider.preset)) return []
    const message = `"${app.name}" gets its default headers from scopes that are not asked for: ${missing.join(', ')}`
    return [foundAt(subject, ['providers', name, 'scopes'], message)]
  })
}

const hasOwnHabits: ReadonlySet<string> = new Set(['microsoft', 'salesforce', 'cognito'])

/** OpenID Connect Core section 5.4. */
function scopeOf(path: string): string | null {
  const [claim = ''] = path.split('.')
  if (claim === 'email' || claim === 'email_verified') return 'email'
  if (claim === 'phone_number' || claim === 'phone_number_verified') return 'phone'
  if (claim === 'address') return 'address'
  return profileClaims.includes(claim) ? 'profile' : null
}

const profileClaims: readonly string[] = [
  ...['name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username', 'profile'],
  ...['picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'],
]

/** Names that are right at every provider: OpenID Connect Core, RFC 9068, and what most of them call groups. */
const knownClaims: readonly string[] = [
  ...profileClaims,
  ...['sub', 'email', 'email_verified', 'phone_number', 'phone_number_verified', 'address'],
  ...['acr', 'amr', 'azp', 'auth_time', 'sid', 'scope', 'scp', 'groups', 'group', 'roles', 'role'],
  ...['entitlements', 'permissions', 'realm_access', 'resource_access'],
]

/** What single providers send besides. */
const presetClaims: { readonly [preset in Preset]?: readonly string[] } = {
  salesforce: ['organization_id', 'user_id', 'user_type', 'custom_attributes', 'custom_permissions'],
  cognito: ['cognito:groups', 'cognito:username', 'cognito:roles', 'cognito:preferred_role', 'identities'],
  microsoft: ['unique_name', 'login_hint', 'tenant_ctry', 'verified_primary_email'],
  auth0: ['org_id', 'org_name'],
}

/** In how many places of the file each name stands. */
export function usesByName(demands: readonly ClaimDemand[]): ReadonlyMap<string, number> {
  const places = Map.groupBy(demands, ({ path }) => path)
  const placeOf = ({ found }: ClaimDemand) => JSON.stringify(found(''))
  return new Map([...places].map(([name, uses]) => [name, new Set(uses.map(placeOf)).size]))
}

/** What a name was probably meant to be: a well-known one, or one that the file uses more often. */
export function meantName({ path, provider }: ClaimDemand, uses: ReadonlyMap<string, number>): string | null {
  const [claim = ''] = path.split('.')
  const names = [...knownClaims, ...(presetClaims[provider.preset] ?? [])]
  if (names.includes(claim)) return null
  const known = names.find((name) => isOneSlip(claim, name))
  if (known !== undefined) return known + path.slice(claim.length)
  const own = uses.get(path) ?? 0
  const [other] = [...uses].find(([name, count]) => count > own && isOneSlip(path, name)) ?? [null]
  return other
}

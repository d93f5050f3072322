import type { Credential } from '../core/credential/credential.ts'
import type { App, Gateway, Location } from '../core/gateway.ts'
import type { ApiKey } from '../core/keys/api-key.ts'
import { keyPrincipal } from '../core/keys/key-principal.ts'
import { acceptedAt } from '../core/rules/accepted.ts'
import type { Identification } from '../core/rules/identification.ts'
import type { Situation } from '../core/rules/requirement.ts'
import { remaining, type Way } from '../core/rules/way.ts'
import { waysIn } from '../core/rules/ways-in.ts'
import { type Check, foundAt, foundAtKey } from './check.ts'
import { type PlacedRule, rulesOf } from './rules.ts'
import { isWritten, type Subject, whereOfLocation } from './subject.ts'
import { quoted } from './words.ts'

/** Tokens, keys and sessions, and the rules that they are to open. */
export const credentialChecks: readonly Check[] = [
  {
    id: 'credential-opens-nothing',
    severity: 'warning',
    inCheck: true,
    finds: 'A credential that is accepted, and with which nobody can meet the rule',
    why: 'The rule asks for what nobody has who comes by it, such as a provider where keys are an operator’s. So every key or token is refused, however good it is. With a session it is a sign-in that leads to 403.',
    fix: 'Take it out of `credentials`, or let the rule be met by it. A key that an operator made has `provider: api_keys`.',
    example: `credentials: [session, api_key]
require: { provider: acme, plan: paid }`,
    find: (subject) =>
      rulesOf(subject.gateway).flatMap((rule) =>
        uselessIn(subject.gateway, rule).flatMap((credential) => {
          const { app, location } = rule
          const path = whereOfLocation(subject, app.name, location, 'credentials')
          if (path === null) return []
          const index = location.credentials.indexOf(credential)
          const message = `nobody who comes by \`${credential}\` can meet the rule of ${nameOf(app, location)}`
          return [foundAt(subject, [...path, index], message)]
        }),
      ),
  },
  {
    id: 'clients-shut-out',
    severity: 'warning',
    finds: '`accept_clients` where no location lets a client in',
    why: 'A token behind which nobody is does not meet `signed_in`. If every rule asks for it, such tokens are accepted and then refused everywhere.',
    fix: 'Leave out `accept_clients`. Or write a rule on a claim of the token at the location that programs are to open, without `signed_in`: the app’s own `require` counts there too.',
    example: `providers:
  acme: { bearer: { audiences: [api], accept_clients: true } }
apps:
  shop: { credentials: [bearer], require: signed_in }`,
    find: (subject) =>
      [...subject.gateway.providers.values()].flatMap(({ name, bearer }) => {
        if (bearer === null || !bearer.acceptClients || letsClientIn(subject.gateway, name)) return []
        const path = ['providers', name, 'bearer', 'accept_clients']
        return [foundAt(subject, path, `no rule lets in a token of "${name}" behind which nobody is`)]
      }),
  },
  {
    id: 'tokens-nowhere',
    severity: 'note',
    finds: '`bearer` at a provider whose tokens no location accepts',
    why: 'Tokens count only where `credentials` lists `bearer`, at an app that accepts the provider. Elsewhere nobody looks at them, and they go on to the app.',
    fix: 'List `bearer` in `credentials` of the app or location. Or leave `bearer` out of the provider.',
    example: `providers:
  acme: { bearer: { audiences: [api] } }
apps:
  shop: { provider: acme, require: signed_in }`,
    find: (subject) =>
      [...subject.gateway.providers.values()].flatMap(({ name, bearer }) => {
        const lists = ({ credentials }: Location) => credentials.includes('bearer')
        const used = subject.gateway.apps.some(
          (app) => app.providers.includes(name) && [app.fallback, ...app.allLocations].some(lists),
        )
        if (bearer === null || used) return []
        return [foundAtKey(subject, ['providers', name, 'bearer'], `no location accepts tokens of "${name}"`)]
      }),
  },
  {
    id: 'key-claims-not-copied',
    severity: 'warning',
    finds: 'A rule that no key of a person meets, as its claims are not copied',
    why: 'A person’s key has the claims that `self_service.claims` lists, and no others. A rule that asks for another one is unknown for every such key, and unknown lets nobody in.',
    fix: 'Add the claim to `self_service.claims`. Keys that exist get it when their owner signs in again.',
    example: `api_keys: { self_service: { at: "https://portal.example.com", require: signed_in, claims: [plan] } }
apps:
  shop: { credentials: [api_key], require: { groups: customers } }`,
    find: (subject) =>
      rulesOf(subject.gateway).flatMap((rule) => {
        const missing = uncopied(subject.gateway, rule)
        if (missing.length === 0 || !isWritten(subject, ['api_keys', 'self_service'])) return []
        const { app, location } = rule
        const path = isWritten(subject, claimsPath) ? claimsPath : claimsPath.slice(0, -1)
        const message = `keys of people lack ${quoted(missing)}, and cannot meet the rule of ${nameOf(app, location)}`
        return [foundAtKey(subject, path, message)]
      }),
  },
  {
    id: 'key-without-end',
    severity: 'note',
    finds: 'A key in the file that never ends',
    why: 'A key that was copied opens what it opens until somebody notices. An end makes sure that it is looked at again.',
    fix: 'Make it anew with `claimgate keys create --print --expires 365d`. If somebody takes it out of the file when it is not needed any more, say so in a comment.',
    example: `api_keys:
  keys: "\${file:keys.jsonl}" # one of them with "expiresAt":null`,
    find: (subject) =>
      keysOf(subject).flatMap(({ key, path }) => {
        if (key.expiresAt !== null || key.revokedAt !== null) return []
        return [foundAt(subject, path, `the key ${key.id} has no end`)]
      }),
  },
  {
    id: 'key-opens-nothing',
    severity: 'warning',
    finds: 'A key in the file that opens no location',
    why: 'No location that accepts keys has a rule that its claims meet, at an app that it is for. Its owner gets 403 everywhere.',
    fix: 'Give it the claims that the rule asks for, list `api_key` where it is to open something, or take it out.',
    example: `api_keys:
  keys: "\${file:keys.jsonl}" # one of them with "claims":{"plan":"free"}
apps:
  shop: { credentials: [api_key], require: { plan: paid } }`,
    find: (subject) =>
      keysOf(subject).flatMap(({ key, path }) => {
        if (key.revokedAt !== null || opensSomething(subject.gateway, key)) return []
        return [foundAt(subject, path, `the key ${key.id} opens no location`)]
      }),
  },
]

const claimsPath = ['api_keys', 'self_service', 'claims']

function nameOf(app: App, location: Location): string {
  return location === app.fallback ? `"${app.name}"` : location.label
}

/** Listed credentials by which somebody could be known there, and nobody of them gets in. */
function uselessIn(gateway: Gateway, { app, location, whole }: PlacedRule): readonly Credential[] {
  if (location.credentials.every((one) => one === 'session')) return []
  const { ways, complete } = waysIn(whole, acceptedAt(gateway, app, location))
  // That nobody at all gets in is told by itself.
  if (!complete || ways.length === 0) return []
  const leads =
    (credential: Credential) =>
    ({ by }: Way) =>
      by === null || by.some((one) => one.credential === credential)
  return location.credentials.filter((credential) => !ways.some(leads(credential)))
}

/** Whether some rule is met by a token of this provider behind which nobody is; true where it is not known. */
function letsClientIn(gateway: Gateway, provider: string): boolean {
  return gateway.apps.some((app) =>
    [app.fallback, ...app.allLocations].some((location) => {
      const { access } = location
      const accepted = acceptedAt(gateway, app, location)
      const own = accepted.filter((one) => one.isClient && one.provider === provider)
      if (own.length === 0 || access.kind === 'nobody' || access.kind === 'anyone') return false
      if (access.kind === 'maybe_signed_in') return true
      const { ways, complete } = waysIn(access.requirement, own)
      return !complete || ways.some(({ by }) => by !== null)
    }),
  )
}

/** Claims of which each way in by a person's key wants one that no such key has. */
function uncopied(gateway: Gateway, { app, location, whole }: PlacedRule): readonly string[] {
  const selfService = gateway.apiKeys?.selfService ?? null
  const persons = acceptedAt(gateway, app, location).filter(isPersonsKey(gateway))
  if (selfService === null || persons.length === 0) return []
  const { ways, complete } = waysIn(whole, persons)
  if (!complete || ways.length === 0) return []
  const lacking = ways.map(({ claims }) =>
    claims
      .filter(({ path, matcher }) => matcher.exists !== false && !isCopied(path, selfService.claims))
      .map(({ path }) => path),
  )
  return lacking.some((paths) => paths.length === 0) ? [] : [...new Set(lacking.flat())]
}

function isPersonsKey({ providers }: Gateway): (one: Identification) => boolean {
  return ({ credential, provider }) => credential === 'api_key' && providers.has(provider)
}

/** A claim is copied whole: `realm_access` has `realm_access.roles`. */
function isCopied(path: string, copied: readonly string[]): boolean {
  return copied.some((one) => path === one || path.startsWith(`${one}.`) || one.startsWith(`${path}.`))
}

function keysOf(
  subject: Subject,
): readonly { readonly key: ApiKey; readonly path: readonly (string | number)[] }[] {
  const { gateway } = subject
  return (gateway.apiKeys?.keys ?? []).map((key, index) => {
    const path = ['api_keys', 'keys', index]
    // A list of its own file stands in one line.
    return { key, path: isWritten(subject, path) ? path : ['api_keys', 'keys'] }
  })
}

/** By its claims alone; methods, addresses and its end are not asked. */
function opensSomething(gateway: Gateway, key: ApiKey): boolean {
  const who = keyPrincipal(key, gateway)
  if (who.kind === 'nobody' || who.kind === 'asleep') return true
  const situation: Situation = {
    subject: { kind: 'person', ...who.principal },
    clientAddress: null,
    certificate: null,
  }
  return gateway.apps.some((app) => {
    if (key.apps !== null && !key.apps.includes(app.name)) return false
    return [app.fallback, ...app.allLocations].some((location) => {
      if (!location.credentials.includes('api_key') || location.access.kind === 'nobody') return false
      if (location.access.kind !== 'rule') return location.access.kind === 'maybe_signed_in'
      const { ways, complete } = waysIn(location.access.requirement, acceptedAt(gateway, app, location))
      const left = ways.map((way) => remaining(way, situation))
      return !complete || left.some(({ by, claims }) => by === null && claims.length === 0)
    })
  })
}

import { type Credential, reservedProviders } from '../../core/credential/credential.ts'
import { type Identification, providersOf } from '../../core/rules/identification.ts'
import { addWay, type Way } from '../../core/rules/way.ts'
import type { WaysIn } from '../../core/rules/ways-in.ts'
import type { PlaceAccess } from './access.ts'
import type { RequiredScopes } from './required-scopes.ts'
import {
  credentialsOf,
  type Demand,
  demandsOf,
  hasHeaders,
  oneOf,
  waysInOrder,
  wayText,
  wayTextBelow,
} from './words.ts'

/** The ways in as one list, with a line before it. */
export function listOf({ ways, accepted }: RuleAccess): string {
  const list = waysInOrder(ways, accepted).map((way) => wayText(way, accepted))
  return `${list.length === 1 ? 'Whoever meets this' : 'Whoever meets one of these'}:\n${list.join('')}`
}

/** What an auditor asks: by each credential that is accepted, who is let in. */
export function byCredential(scopes: RequiredScopes, access: RuleAccess): string {
  const { accepted } = access
  const open = access.ways.filter(({ by }) => by === null)
  const free =
    open.length === 0 ? '' : `Without any credential: ${uncapitalized(listOf({ ...access, ways: open }))}`
  const sections = credentialsOf(accepted).map((credential) => {
    const ways = waysInOrder(waysBy(credential, access), accepted)
    const own = accepted.filter((one) => one.credential === credential)
    const lead = `By ${credential} (${credentialText(credential, own, scopes)})`
    if (ways.length === 0) return `${lead}: nobody.\n`
    const which = ways.length === 1 ? 'whoever meets this' : 'whoever meets one of these'
    return `${lead}, ${which}:\n${ways.map((way) => wayTextBelow(way, own)).join('')}`
  })
  return [free, ...sections].filter((one) => one !== '').join('\n')
}

function uncapitalized(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}

export type RuleAccess = Extract<PlaceAccess, { kind: 'rule' }>

/** The ways that lead in by one credential, none within another. */
function waysBy(credential: Credential, { ways }: WaysIn): readonly Way[] {
  const own = ways.flatMap((way) => {
    const by = way.by?.filter((one) => one.credential === credential) ?? []
    return by.length === 0 ? [] : [{ ...way, by }]
  })
  return own.reduce(addWay, [])
}

function credentialText(
  credential: Credential,
  own: readonly Identification[],
  scopes: RequiredScopes,
): string {
  const providers = providersOf(own) ?? []
  const from = oneOf(providers)
  const scoped = providers.map((name) => withScopes(name, scopes[name] ?? []))
  switch (credential) {
    case 'session':
      return `signed in with ${from}`
    case 'bearer':
      return `an access token of ${oneOf(scoped)}`
    case 'api_key':
      return `a key ${keyText(providers)}`
    case 'exchange':
      return `a pair of ${oneOf(scoped)}`
    case 'widget':
      return `a widget token of a key ${keyText(providers)}`
    case 'client_certificate':
      return 'a client certificate'
  }
}

function withScopes(name: string, scopes: readonly string[]): string {
  if (scopes.length === 0) return name
  return `${name} with ${scopes.length === 1 ? 'the scope' : 'the scopes'} ${scopes.join(' and ')}`
}

/** `api_keys` is no provider that anybody would know: its keys are those that operators make. */
function keyText(providers: readonly string[]): string {
  const persons = providers.filter((name) => name !== reservedProviders.apiKeys)
  const makers = [
    ...(persons.length < providers.length ? ['that an operator made'] : []),
    ...(persons.length > 0 ? [`of a person of ${oneOf(persons)}`] : []),
  ]
  return makers.join(', or ')
}

/** Each for one credential, where others than sessions are accepted. */
export function setsOf(access: RuleAccess): readonly (readonly Demand[])[] {
  const { ways, accepted } = access
  const split = hasHeaders(accepted)
    ? [
        ...ways.filter(({ by }) => by === null),
        ...credentialsOf(accepted).flatMap((one) => waysInOrder(waysBy(one, access), accepted)),
      ]
    : waysInOrder(ways, accepted)
  return split.map((way) => demandsOf(way, accepted))
}

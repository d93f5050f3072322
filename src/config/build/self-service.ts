import type { Origin } from '../../core/gateway.ts'
import type { SelfServiceSettings } from '../../core/keys/api-key-settings.ts'
import { conditionsOf, type Requirement } from '../../core/rules/requirement.ts'
import { nearest } from '../nearest.ts'
import { type ConfigPath, nodeAt } from '../node.ts'
import type { RuleContext } from '../rules/context.ts'
import { checkProviders, namesProvider } from '../rules/providers.ts'
import { compileRequire } from '../rules/rule.ts'
import { isOfCustomers } from '../rules/words.ts'
import { selfServiceKeys } from '../schema/api-keys.ts'
import { checkKeys } from '../validate.ts'
import type { Hosts } from './origin.ts'
import { faultAt, isWritten, placeOf, type Scope } from './scope.ts'

const path: ConfigPath = ['api_keys', 'self_service']
const { require: _require, ...plainKeys } = selfServiceKeys

interface Around {
  readonly rules: RuleContext
  readonly hosts: Hosts
  /** Whether every app was free of faults: else its origin may be one that is not known. */
  readonly isComplete: boolean
}

/** `api_keys.self_service`; null where it is absent, or faulty and reported. */
export function buildSelfService(scope: Scope, around: Around): SelfServiceSettings | null {
  if (!isWritten(scope, path)) return null
  const keys = checkKeys(plainKeys, placeOf(scope, path), ['require'])
  if (nodeAt(scope.root, path)?.kind !== 'map') return null
  for (const [index, claim] of (keys.claims ?? []).entries())
    if (isOfCustomers(claim))
      faultAt(scope, [...path, 'claims', index], 'is written by customers, and is no claim of a person')
  const requirement = readRule(scope, around)
  const providers = keys.at === undefined ? null : providersAt(scope, keys.at, around)
  const { at, claims, max_keys: maxKeys, lifetime, origins } = keys
  if (requirement === null || providers === null) return null
  checkVouching(scope, around.rules, { requirement, providers, claims: claims ?? [] })
  if (at === undefined || claims === undefined || maxKeys === undefined || origins === undefined) return null
  return {
    ...{ at, providers, require: requirement, maxKeys, origins },
    claims: [...new Set(claims)],
    lifetimeSeconds: lifetime ?? null,
  }
}

function readRule(scope: Scope, { rules }: Around): Requirement | null {
  const at = [...path, 'require']
  const node = nodeAt(scope.root, at)
  if (node === undefined) {
    faultAt(scope, at, 'is missing: it says who may have a key, such as `require: signed_in`')
    return null
  }
  const access = compileRequire(node, at, rules)
  if (access === null) return null
  if (access.kind === 'rule') {
    const { requirement } = access
    const [kind] = conditionsOf(requirement).flatMap((one) => ofRequests.filter((name) => name === one.kind))
    if (kind === undefined) return requirement
    faultAt(scope, at, `asks for a \`${kind}\`, which belongs to a request and to no person`)
    return null
  }
  faultAt(scope, at, `expected a rule that people meet, such as signed_in; a key is always somebody’s`)
  return null
}

/** What nobody can say of a person: a key could never be made, or would open by a rule that nobody meets on the page. */
const ofRequests = ['certificate', 'client_ip', 'credential'] as const

/** Those with which people sign in there; null when nobody does, or when it cannot be known. */
function providersAt(scope: Scope, at: string, { hosts, isComplete }: Around): readonly string[] | null {
  const origins: readonly Origin[] = [...new Set(hosts.values())]
  const origin = origins.find((one) => one.origin === at)
  const place = [...path, 'at']
  if (origin === undefined) {
    const known = origins.map((one) => one.origin)
    if (isComplete) faultAt(scope, place, 'is the origin of no app', nearest(at, known))
    return null
  }
  if (origin.providers.length > 0) return origin.providers
  faultAt(scope, place, 'is an origin at which nobody signs in')
  return null
}

interface Vouching {
  readonly requirement: Requirement
  readonly providers: readonly string[]
  readonly claims: readonly string[]
}

/** Of several that sign people in there, the administrator of one could mint what a key is opened by elsewhere. */
function checkVouching(scope: Scope, rules: RuleContext, { requirement, providers, claims }: Vouching): void {
  if (providers.length < 2) return
  checkProviders({ kind: 'rule', requirement }, providers, rules, 'people sign in there with')
  if (claims.length === 0 || namesProvider(requirement)) return
  const message = `people sign in there with ${providers.join(' and ')}, and each of them could send these claims: put a \`provider:\` into \`require\``
  faultAt(scope, [...path, 'claims'], message)
}

import { type AddressRange, readAddressRange } from '../../core/request/address.ts'
import type { Requirement } from '../../core/rules/requirement.ts'
import { nearest } from '../nearest.ts'
import {
  type ConfigNode,
  type ConfigPath,
  entryOf,
  type MapEntry,
  type MapNode,
  type ScalarNode,
} from '../node.ts'
import { compileCertificate } from './certificate.ts'
import { allOrNull, fault, type RuleContext } from './context.ts'
import { compileClaim, compileNamedClaim } from './matcher.ts'
import { compileCredentials, compileProviders } from './named-sources.ts'
import { fewEnough, readTexts } from './operand.ts'
import {
  isExemption,
  isMatcherName,
  isOfCustomers,
  keywords,
  meantCombination,
  meantKeyword,
} from './words.ts'

/** A rule, a policy's body or a member of a list: a mapping, a policy's name or `signed_in`. Null: it was reported. */
export function compileRequirement(
  node: ConfigNode,
  path: ConfigPath,
  context: RuleContext,
): Requirement | null {
  const place = { position: node.at, path }
  switch (node.kind) {
    case 'map':
      return compileMapping(node, path, context)
    case 'scalar':
      return compileName(node, path, context)
    case 'lines':
      return fault(context, place, outsideData)
    case 'list':
      if (node.items.length === 0) return fault(context, place, 'the rule is an empty list')
      return fault(context, place, 'a list alone is no rule: say whether `any` or `all` of it must hold')
  }
}

const outsideData = `what "\${…}" yields is data: a rule or the name of a policy is written out`

function compileName(node: ScalarNode, path: ConfigPath, context: RuleContext): Requirement | null {
  const place = { position: node.at, path }
  const { value } = node
  if (node.interpolated) {
    return fault(context, place, outsideData)
  }
  if (value === null || value === '') return fault(context, place, 'the rule is empty')
  if (typeof value !== 'string') {
    return fault(
      context,
      place,
      `expected a rule, such as signed_in or { groups: admins }, found the ${typeof value} ${node.source}`,
    )
  }
  if (value === 'signed_in') return placed({ kind: 'signed_in' }, place, context)
  if (isExemption(value)) {
    return fault(context, place, `\`${value}\` stands only directly as \`require\` of a location or an app`)
  }
  const found = context.policies.find(value)
  switch (found.kind) {
    case 'found':
      return placed({ kind: 'policy', name: value, requirement: found.requirement }, place, context)
    case 'faulty':
      return null
    case 'circle':
      return fault(
        context,
        place,
        `policies that lead back to themselves: ${found.chain.join(' → ')}; one of them must do without the next`,
      )
    case 'unknown': {
      const suggestion = meantKeyword.get(value) ?? nearest(value, [...keywords, ...context.policies.names])
      const known = suggestion === null ? `: expected ${expectedNames(context)}` : ''
      return fault(context, place, `no policy of this name, and no keyword${known}`, suggestion)
    }
  }
}

/** What may stand where a name does; of many policies the first. */
function expectedNames({ policies: { names } }: RuleContext): string {
  const some = names.length > 8 ? [...names.slice(0, 8), '…'] : names
  return [...keywords, ...some].join(', ').concat(', or a condition such as { groups: admins }')
}

/** Every entry must hold. One alone stands for itself. */
function compileMapping(node: MapNode, path: ConfigPath, context: RuleContext): Requirement | null {
  if (node.entries.length === 0) return fault(context, { position: node.at, path }, 'the rule is empty')
  if (entryOf(node, 'claim') !== undefined) {
    const named = compileNamedClaim(node, path, context)
    return named && placed({ kind: 'claim', ...named }, { position: node.at, path }, context)
  }
  const members = allOrNull(node.entries.map((entry) => compileEntry(entry, [...path, entry.key], context)))
  if (members === null) return null
  const [only] = members
  if (only !== undefined && members.length === 1) return only
  return placed({ kind: 'all', members, of: 'entries' }, { position: node.at, path }, context)
}

function compileEntry(entry: MapEntry, path: ConfigPath, context: RuleContext): Requirement | null {
  const place = { position: entry.keyAt, path }
  switch (entry.key) {
    case 'any':
    case 'all':
    case 'none': {
      const members = compileMembers(entry, path, context)
      return members && placed({ kind: entry.key, members }, place, context)
    }
    case 'client_ip': {
      const ranges = compileClientIp(entry, path, context)
      return ranges && placed({ kind: 'client_ip', ranges }, place, context)
    }
    case 'provider': {
      const names = compileProviders(entry.value, path, context)
      return names && placed({ kind: 'provider', names }, place, context)
    }
    case 'credential': {
      const names = compileCredentials(entry.value, path, context)
      return names && placed({ kind: 'credential', names }, place, context)
    }
    case 'certificate':
      return compileCertificate(entry, path, context)
    default: {
      const ofCustomers = isOfCustomers(entry.key) && context.credentials.includes('api_key')
      if (ofCustomers) return fault(context, place, customersText(entry.key))
      const meant = meantCombination(entry.key, holdsRules(entry.value))
      if (meant !== null) return fault(context, place, combinationText(entry.key, meant), meant)
      const claim = compileClaim(entry, path, context)
      return claim && placed({ kind: 'claim', ...claim }, place, context)
    }
  }
}

function placed<Kind extends Requirement>(
  requirement: Kind,
  place: { position: MapEntry['keyAt']; path: ConfigPath },
  context: RuleContext,
): Kind {
  context.places.set(requirement, place)
  return requirement
}

function customersText(word: string): string {
  return `"${word}" is written by customers, so no rule may go by it (a claim of this name: {claim: ${word}, is: …})`
}

/** A mapping that is no matcher, or a list with a mapping in it. */
function holdsRules(node: ConfigNode): boolean {
  if (node.kind === 'list') return node.items.some((item) => item.kind === 'map')
  return node.kind === 'map' && !node.entries.some(({ key }) => isMatcherName(key))
}

const combined = {
  all: 'a list of rules that must all hold is `all: [ … ]`, and entries of one mapping must all hold anyhow',
  any: 'a list of rules of which one must hold is `any: [ … ]`',
  none: 'a list of rules of which none may hold is `none: [ … ]`, and a value that a claim must not have `groups: { not: … }`',
} as const

function combinationText(key: string, meant: keyof typeof combined): string {
  return `"${key}" combines no rules here: ${combined[meant]} (a claim of this name: {claim: ${key}, is: …})`
}

function compileMembers({ key, value }: MapEntry, path: ConfigPath, context: RuleContext) {
  const place = { position: value.at, path }
  if (value.kind !== 'list')
    return fault(context, place, `\`${key}\` takes a list of rules: \`${key}: [ … ]\``)
  if (value.items.length === 0)
    return fault(context, place, `\`${key}\` of nothing: expected a list of rules`)
  return allOrNull(value.items.map((item, index) => compileRequirement(item, [...path, index], context)))
}

function compileClientIp(
  { keyAt, value }: MapEntry,
  path: ConfigPath,
  context: RuleContext,
): readonly AddressRange[] | null {
  if (!context.trustedProxiesWritten) {
    const message =
      '`client_ip` needs `trusted_proxies` at the top of the file: the proxies in front, or `none`'
    fault(context, { position: keyAt, path }, message)
  }
  const place = { position: value.at, path }
  if (value.kind === 'map')
    return fault(context, place, '`client_ip` takes an address, a network or a list, no matchers')
  const operands = fewEnough(readTexts(value, path, context), context)
  if (operands === null) return null
  const ranges = operands.values.map(({ value: text, place: at, isData }) => {
    const reading = readAddressRange(text)
    if (reading.ok) return reading.range
    const network = reading.reason === 'host-bits' && !isData ? reading.network : null
    const message = text.includes(',') ? severalAddresses : addressFaults[reading.reason]
    return fault(context, at, message, network)
  })
  if (!context.trustedProxiesWritten) return null
  const all = allOrNull(ranges)
  return operands.emptied ? all && [] : all
}

const severalAddresses = 'several addresses are a list: [10.0.0.0/8, 192.168.0.0/16]'

const addressFaults = {
  address: 'no IP address: expected such as 10.0.0.1, 10.0.0.0/8 or 2001:db8::/32',
  'prefix-length': 'the length after "/" is none of this kind of address',
  'host-bits': 'the address has bits beyond the length after "/"',
} as const

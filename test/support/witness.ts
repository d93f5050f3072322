// Claims and addresses that meet a way in, made from its words: what the judge must then say is no guess.

import type { Json } from '../../src/core/json.ts'
import { type AddressRange, formatAddress } from '../../src/core/request/address.ts'
import type { ClaimFact } from '../../src/core/rules/claim-fact.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import { type Identification, isSameIdentification } from '../../src/core/rules/identification.ts'
import type { ElementTest, Matcher } from '../../src/core/rules/matcher.ts'
import type { Way } from '../../src/core/rules/way.ts'
import type { Person } from '../../src/http/admission/probe.ts'

export interface Witness {
  /** Null: nobody. */
  readonly own: Identification | null
  readonly claims: Claims
  readonly address: string | null
}

/** Somebody as a probe takes them. */
export function personOf({ credential, provider, isClient }: Identification, claims: Claims): Person {
  switch (credential) {
    case 'session':
      return { provider, claims }
    case 'bearer':
    case 'exchange':
      return { provider, claims, by: { kind: credential, isClient } }
    case 'api_key':
      return { provider, claims, by: { kind: credential, id: 'k'.repeat(16), name: 'a key' } }
    case 'widget':
      return { provider, claims, by: { kind: credential, id: 'k'.repeat(16), name: 'a key', endUser: null } }
    case 'client_certificate':
      return { provider, claims, by: { kind: credential, fingerprint: 'f'.repeat(43) } }
  }
}

/** Somebody who meets the way and nothing else; `base` are claims that everyone has. */
export function witnessOf(way: Way, base: Claims): Witness {
  return {
    own: way.by?.[0] ?? null,
    claims: claimsFor(way.claims, base),
    address: addressFor(way),
  }
}

/** The same way, with one of its facts made false, or taken away: a list of all such. */
export function withoutOne(way: Way, base: Claims, accepted: readonly Identification[]): readonly Witness[] {
  const whole = witnessOf(way, base)
  const claims = way.claims.map((fact) => {
    const rest = way.claims.filter((other) => other !== fact)
    // What must not be so is not so for lack of the claim either, but that is no leave: it must be known.
    const stays = !fact.wanted && rest.some(({ path }) => path === fact.path)
    const broken = stays ? [{ ...fact, wanted: true }] : []
    return { ...whole, claims: claimsFor([...rest, ...broken], base) }
  })
  const others = accepted.filter((one) => !way.by?.some((own) => isSameIdentification(one, own)))
  return [
    ...claims,
    ...(way.by === null ? [] : [null, ...others]).map((own) => ({ ...whole, own })),
    ...(way.addresses === null ? [] : [{ ...whole, address: elsewhere }]),
    ...way.otherAddresses.map((range) => ({ ...whole, address: formatAddress(range) })),
  ]
}

/** In no network of any example: RFC 5737 and 3849 give the addresses of documentation. */
const elsewhere = '198.51.100.99'

function addressFor({ addresses, otherAddresses }: Way): string | null {
  const [range] = addresses ?? []
  if (range !== undefined) return formatAddress(lastOf(range))
  return otherAddresses.length > 0 ? elsewhere : null
}

function lastOf(range: AddressRange): AddressRange {
  const width = range.family === 4 ? 32 : 128
  return { ...range, value: range.value + (1n << BigInt(width - range.bits)) - 1n }
}

function claimsFor(facts: readonly ClaimFact[], base: Claims): Claims {
  const values = new Map<string, Json[]>()
  for (const { path, matcher, wanted } of facts) {
    if (matcher.exists === false) continue
    values.set(path, [...(values.get(path) ?? []), ...(wanted ? [valueFor(matcher)] : [unlike(matcher)])])
  }
  let claims = base
  for (const [path, list] of values) {
    const distinct = [...new Set(list)]
    claims = put(claims, path, distinct.length === 1 ? (distinct[0] ?? null) : distinct)
  }
  return values.has('email') ? { ...claims, email_verified: true } : claims
}

/** Nested where the path has dots and no URL or colon: both are claim names of their own. */
function put(claims: Claims, path: string, value: Json): Claims {
  const [first = '', ...rest] = /[:/]/.test(path) ? [path] : path.split('.')
  if (rest.length === 0) return { ...claims, [first]: value }
  const inner = claims[first]
  const below = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Claims) : {}
  return { ...claims, [first]: put(below, rest.join('.'), value) }
}

function valueFor({ tests }: Matcher): Json {
  const [test] = tests
  if (test === undefined) return 'anything'
  if (tests.length > 1) throw new Error('the witness of several tests at once is not written yet')
  return satisfying(test)
}

/** Of the type that the matcher wants, and none of what it names. */
function unlike({ tests }: Matcher): Json {
  const [test] = tests
  if (test?.kind === 'at_least') return test.value - 1
  if (test?.kind === 'at_most') return test.value + 1
  if (test?.kind === 'domain') return 'someone@elsewhere.example'
  if (test?.kind === 'is' && typeof test.values[0] === 'number') return -987_654
  if (test?.kind === 'is' && typeof test.values[0] === 'boolean') return !test.values[0]
  return test?.kind === 'has' ? {} : 'zz-nothing-of-the-kind-zz'
}

function satisfying(test: ElementTest): Json {
  switch (test.kind) {
    case 'is':
      return test.values[0] ?? null
    case 'is_ignoring_case':
      return test.values[0]?.toUpperCase() ?? null
    case 'starts_with':
      return `${test.values[0]}-and-more`
    case 'ends_with':
      return `more-${test.values[0]}`
    case 'has_word':
      return `a ${test.values[0]} b`
    case 'domain':
      return `someone@${test.values[0]}`
    case 'at_least':
    case 'at_most':
      return test.value
    case 'has': {
      let member: Claims = {}
      for (const { path, matcher } of test.entries) member = put(member, path, valueFor(matcher))
      return member
    }
    case 'matches':
      throw new Error('an expression says what fits, not how to make it')
  }
}

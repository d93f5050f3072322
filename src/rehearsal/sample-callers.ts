import type { CredentialIdentity } from '../core/credential/credential.ts'
import type { ProviderSettings } from '../core/gateway.ts'
import { isList, type Json } from '../core/json.ts'
import { type Address, type AddressRange, contains, formatAddress } from '../core/request/address.ts'
import type { ClaimFact } from '../core/rules/claim-fact.ts'
import { type Claims, lookUpForRule } from '../core/rules/claims.ts'
import type { Identification } from '../core/rules/identification.ts'
import { holds, type Matcher } from '../core/rules/matcher.ts'
import type { Requirement } from '../core/rules/requirement.ts'
import type { Way } from '../core/rules/way.ts'
import { waysIn } from '../core/rules/ways-in.ts'
import type { Probe } from '../http/admission/probe.ts'
import { conditionsOf } from './conditions.ts'
import { samplesFor } from './sample-claims.ts'

/** Somebody, or nobody, at an address, whose connection may show a certificate. */
export type SampleCaller = Pick<Probe, 'person' | 'clientAddress' | 'certificate'>

export type Providers = ReadonlyMap<string, Pick<ProviderSettings, 'userId'>>

/** More would tell no more: a rule with so many ways is not read by people either. */
const mostCallers = 10_000

/**
 * Callers that tell rules apart: for each way to meet one of them somebody who just meets it, and, claim by claim, the
 * same person without that claim, with another value of it, with one of another type. Made from the rules alone, so
 * the same for the same rules.
 */
export function sampleCallersFor(
  rules: readonly Requirement[],
  accepted: readonly Identification[],
  providers: Providers,
): readonly SampleCaller[] {
  const conditions = rules.flatMap(conditionsOf)
  const ranges = conditions.flatMap((one) => (one.kind === 'client_ip' ? one.ranges : []))
  const claims = conditions.flatMap((one) => (one.kind === 'claim' ? [one] : []))
  const shown = conditions.flatMap((one) => (one.kind === 'certificate' ? [one] : []))
  const material: Material = {
    ...{ accepted, providers, addresses: addressesOf(ranges) },
    samples: samplesByPath(claims.map(({ path, matcher }) => ({ path, matcher }))),
    shown: samplesByPath(shown.map(({ claim: path, matcher }) => ({ path, matcher }))),
  }
  const ways = [...rules, ...apart(rules)].flatMap((rule) => waysIn(rule, accepted).ways)
  return distinct([...unknownCallers(material), ...ways.flatMap((way) => callersBy(way, material))]).slice(
    0,
    mostCallers,
  )
}

type Samples = ReadonlyMap<string, readonly Json[]>

function samplesByPath(tests: readonly { readonly path: string; readonly matcher: Matcher }[]): Samples {
  const byPath = Map.groupBy(tests, ({ path }) => path)
  return new Map([...byPath].map(([path, own]) => [path, samplesFor(own.map(({ matcher }) => matcher))]))
}

/** Of each two rules what meets the one and certainly not the other. */
function apart(rules: readonly Requirement[]): readonly Requirement[] {
  return rules.flatMap((rule, at) =>
    rules.toSpliced(at, 1).map((other): Requirement => {
      return { kind: 'all', members: [rule, { kind: 'none', members: [other] }] }
    }),
  )
}

interface Material {
  readonly accepted: readonly Identification[]
  readonly providers: Providers
  /** By claim path. */
  readonly samples: Samples
  /** By claim of a certificate. */
  readonly shown: Samples
  /** One within each network, and one in none of them. */
  readonly addresses: readonly Address[]
}

/** Nobody, and people of whom nothing is known but who they are; from everywhere. */
function unknownCallers(material: Material): readonly SampleCaller[] {
  const from = [null, ...material.addresses.map(formatAddress)]
  return from.flatMap((clientAddress) => [
    { person: null, clientAddress },
    ...material.accepted.map((own) => ({ person: personOf(own, {}, material), clientAddress })),
  ])
}

function callersBy(way: Way, material: Material): readonly SampleCaller[] {
  const from = addressesFor(way, material)
  const shown = certificatesFor(way, material)
  if (way.by === null)
    return from.flatMap((clientAddress) =>
      shown.map((certificate) => ({ person: null, clientAddress, ...connectionOf(certificate) })),
    )
  const claims = claimsFor(way.claims, material.samples)
  return claims.flatMap((one) =>
    material.accepted.flatMap((own) =>
      from.flatMap((clientAddress) =>
        shown.map((certificate) => callerBy(own, one, { clientAddress, certificate }, material)),
      ),
    ),
  )
}

interface Connection {
  readonly clientAddress: string | null
  readonly certificate: Claims | null
}

/** Who comes by a certificate shows no other. */
function callerBy(
  own: Identification,
  claims: Claims,
  { clientAddress, certificate }: Connection,
  material: Material,
): SampleCaller {
  if (own.credential === 'client_certificate')
    return { person: personOf(own, { ...claims, ...certificate }, material), clientAddress }
  return { person: personOf(own, claims, material), clientAddress, ...connectionOf(certificate) }
}

/** None where the way asks for none. */
function certificatesFor({ certificate }: Way, { shown }: Material): readonly (Claims | null)[] {
  return certificate.length === 0 ? [null] : [...claimsFor(certificate, shown), null]
}

function connectionOf(claims: Claims | null): Pick<SampleCaller, 'certificate'> {
  if (claims === null) return {}
  const authority = typeof claims.authority === 'string' ? claims.authority : ''
  return {
    certificate: { authority, claims, fingerprint: '0'.repeat(43), endsAt: Number.MAX_SAFE_INTEGER },
  }
}

/** The user id must be there, or the sign-in itself fails; an e-mail counts only when it is verified. */
function personOf(own: Identification, claims: Claims, { providers }: Material): SampleCaller['person'] {
  const { provider } = own
  const by = identityFor(own)
  const userId = providers.get(provider)?.userId ?? 'sub'
  const id = userId === 'email' ? 'somebody@example.com' : 'somebody'
  const whole = { sub: 'somebody', ...(Object.hasOwn(claims, userId) ? {} : { [userId]: id }), ...claims }
  const verified = Object.hasOwn(whole, 'email') ? { email_verified: true, ...whole } : whole
  return { provider, claims: verified, ...(by === null ? {} : { by }) }
}

/** A token or key that nobody has; null for a session. */
function identityFor({ credential, isClient }: Identification): CredentialIdentity | null {
  switch (credential) {
    case 'session':
      return null
    case 'bearer':
    case 'exchange':
      return { kind: credential, isClient }
    case 'api_key':
      return { kind: credential, id: '0'.repeat(16), name: 'somebody' }
    case 'widget':
      return { kind: credential, id: '0'.repeat(16), name: 'somebody', endUser: null }
    case 'client_certificate':
      return { kind: credential, fingerprint: '0'.repeat(43) }
  }
}

/** Those with which the way is met, first; then each with one claim taken away or changed. */
function claimsFor(wanted: readonly ClaimFact[], material: Samples): readonly Claims[] {
  const byPath = Map.groupBy(wanted, ({ path }) => path)
  const paths = [...byPath].map(([path, facts]) => {
    const known = material.get(path) ?? []
    const samples: readonly (Json | undefined)[] = [...known, elementsFor(facts, path, known), undefined]
    return {
      path,
      meeting: samples.filter((value) => meets(facts, path, value)),
      failing: samples.filter((value) => !meets(facts, path, value)),
    }
  })
  const just = claimsOf(paths.map(({ path, meeting }) => [path, meeting[0]]))
  const varied = paths.flatMap(({ path, meeting, failing }) =>
    [...meeting, ...failing, undefined].map((value) => ({
      ...Object.fromEntries(Object.entries(just).filter(([key]) => key !== path)),
      ...claimsOf([[path, value]]),
    })),
  )
  return [just, ...varied]
}

/** A list with one element for each thing that is wanted, and none that is not. */
function elementsFor(facts: readonly ClaimFact[], path: string, samples: readonly Json[]): Json {
  const unwanted = facts.filter(({ wanted }) => !wanted)
  const harmless = samples.filter((one) => !isList(one) && meets(unwanted, path, one))
  const chosen = facts.flatMap((fact) =>
    fact.wanted ? harmless.filter((one) => meets([fact], path, one)).slice(0, 1) : [],
  )
  return [...new Set(chosen)]
}

/** A claim path is a key of its own: the longest key that equals the path is taken. */
function claimsOf(entries: readonly (readonly [string, Json | undefined])[]): Claims {
  return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined))
}

function meets(facts: readonly ClaimFact[], path: string, value: Json | undefined): boolean {
  const found = lookUpForRule(claimsOf([[path, value]]), path)
  return facts.every(({ matcher, wanted }) => holds(matcher, found) === wanted)
}

function addressesFor({ addresses, otherAddresses }: Way, material: Material): readonly (string | null)[] {
  if (addresses === null && otherAddresses.length === 0) return [null]
  return [null, ...material.addresses.map(formatAddress)]
}

/** The first of each network, and one documentation address of each family that lies in none (RFC 5737, 3849). */
function addressesOf(ranges: readonly AddressRange[]): readonly Address[] {
  if (ranges.length === 0) return []
  const strange: readonly Address[] = [
    { family: 4, value: 0xcb00_7109n },
    { family: 4, value: 0xc633_6409n },
    { family: 6, value: 0x2001_0db8_0000_0000_0000_0000_0000_0009n },
  ]
  return [...ranges, ...strange.filter((one) => !ranges.some((range) => contains(range, one)))]
}

function distinct(callers: readonly SampleCaller[]): readonly SampleCaller[] {
  return [...new Map(callers.map((caller) => [JSON.stringify(caller), caller])).values()]
}

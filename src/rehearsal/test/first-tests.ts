import { type Credential, hasNobodyBehind } from '../../core/credential/credential.ts'
import type { App, Gateway, Location } from '../../core/gateway.ts'
import { acceptedAt } from '../../core/rules/accepted.ts'
import type { Claims } from '../../core/rules/claims.ts'
import { type Probe, probe } from '../../http/admission/probe.ts'
import { outcomeOf } from '../explain/outcome.ts'
import { type SampleCaller, sampleCallersFor } from '../sample-callers.ts'

/** A test of one location, as somebody could have written it. */
export interface FirstTest {
  readonly name: string
  /** Null: nobody is signed in. */
  readonly claims: Claims | null
  /** Null: the app accepts one alone. */
  readonly provider: string | null
  /** The header credential; null: a session, or nobody. */
  readonly credential: Exclude<Credential, 'session'> | null
  /** What the connection shows beside that; null: nothing. */
  readonly certificate: Claims | null
  readonly method: string
  readonly url: string
  readonly clientAddress: string | null
  /** It is about somebody who has done what a step-up asks for. */
  readonly steppedUp: boolean
  readonly expect: 'allow' | 'deny' | 'sign_in'
}

/** A location's tests, and why there are not both. */
export interface LocationTests {
  readonly label: string
  readonly tests: readonly FirstTest[]
  /** Null: there are two. */
  readonly note: string | null
}

/** Of a rule more are not tried: the first that meets it and the first that does not are among them. */
const mostCallers = 1000

/**
 * For each location somebody who is let in and somebody who is not, made from the rules alone. `isUsable` says of claims
 * whether they may be written down: where the rules were loaded with values that stand in for others, they may not.
 */
export function firstTestsFor(
  gateway: Gateway,
  isUsable: (caller: SampleCaller) => boolean,
): readonly LocationTests[] {
  return gateway.apps.flatMap((app) =>
    [app.fallback, ...app.allLocations].flatMap(
      (location) => testsAt(gateway, app, location, isUsable) ?? [],
    ),
  )
}

/** Null where no request comes to a location. */
function testsAt(
  gateway: Gateway,
  app: App,
  location: Location,
  isUsable: (caller: SampleCaller) => boolean,
): LocationTests | null {
  const request = requestTo(gateway, app, location)
  if (request === null) return null
  const { access } = location
  const callers: readonly SampleCaller[] =
    access.kind === 'rule'
      ? sampleCallersFor([access.requirement], acceptedAt(gateway, app, location), gateway.providers).slice(
          0,
          mostCallers,
        )
      : [{ person: null, clientAddress: null }]
  const label = `${app.name} ${location.label}`
  const tests = callers
    .filter(isUsable)
    .flatMap(
      (caller) =>
        testBy(gateway, { ...caller, ...request, steppedUp: location.stepUp !== null }, label) ?? [],
    )
  const allowed = tests.find(({ expect }) => expect === 'allow')
  const refused = nearest(tests.filter(({ expect }) => expect !== 'allow'))
  const both = [allowed, refused].filter((one) => one !== undefined)
  return { label, tests: both, note: both.length === 2 ? null : noteOf(location, allowed !== undefined) }
}

/** Who is signed in and lacks the least says more of a rule than nobody does. */
function nearest(refused: readonly FirstTest[]): FirstTest | undefined {
  const known = ({ claims, expect }: FirstTest): number =>
    claims === null || expect !== 'deny' ? 0 : Object.keys(claims).length
  const most = Math.max(...refused.map(known))
  return refused.find((one) => known(one) === most)
}

function noteOf({ access }: Location, isLetIn: boolean): string {
  if (access.kind === 'anyone' || access.kind === 'maybe_signed_in') return 'is open, so nobody is refused'
  if (access.kind === 'nobody') return 'lets nobody in'
  return isLetIn ? 'nobody was found who is refused' : 'nobody was found who is let in: write somebody'
}

const outcomes = { allowed: 'allow', denied: 'deny', sign_in: 'sign_in', rejected: null } as const

/** Null for who cannot sign in at all, and for a request that no rule judges. */
function testBy(gateway: Gateway, asked: Probe, label: string): FirstTest | null {
  const { person, method, url, clientAddress } = asked
  const ruling = probe(gateway, asked)
  if (ruling.userIdFault !== null) return null
  // What makes a token a program's own stands in claims that nobody made up.
  if (person !== null && hasNobodyBehind(person)) return null
  const userId = gateway.providers.get(person?.provider ?? '')?.userId ?? 'sub'
  const expect = outcomes[outcomeOf(ruling, userId).outcome]
  if (expect === null) return null
  const provider = person !== null && gateway.providers.size > 1 ? person.provider : null
  const ending = { allow: 'is let in', deny: 'is refused', sign_in: 'is asked to sign in' }[expect]
  return {
    ...{ name: `${label}: ${ending}`, claims: person?.claims ?? null, provider },
    credential: person?.by?.kind ?? null,
    certificate: asked.certificate?.claims ?? null,
    ...{ method, url, clientAddress, expect },
    steppedUp: person !== null && asked.steppedUp === true,
  }
}

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']

/** A request that this location judges, and no other. */
function requestTo(gateway: Gateway, app: App, location: Location): Pick<Probe, 'method' | 'url'> | null {
  const segments = location === app.fallback ? app.prefix : location.pattern.written
  const path = segments.map((segment) => `/${segment === null ? 'x' : encodeURIComponent(segment)}`).join('')
  const paths = [path, `${path}/x`, `${path}/somewhere/else`]
  const named = location.methods === null ? methods : [...location.methods]
  for (const method of named) {
    for (const one of paths) {
      const url = `${app.origin}${one === '' ? '/' : one}`
      const { admission } = probe(gateway, { method, url, person: null, clientAddress: null })
      if (admission.location === location && admission.others.length === 0) return { method, url }
    }
  }
  return null
}

/** As a file of tests. `configuration` is the name of the file that they belong to. */
export function firstTestsText(locations: readonly LocationTests[], configuration: string): string {
  const head = [
    `# Written by \`claimgate convert\`: at each location somebody who is let in, and somebody who is not, as the rules of ${configuration} say it now.`,
    '# Read them: what should be otherwise is a rule to correct. Then add those who matter to you.',
    `# claimgate test -c ${configuration}`,
    '',
    'cases:',
  ]
  return `${[...head, ...locations.flatMap(locationLines)].join('\n')}\n`
}

function locationLines({ label, tests, note }: LocationTests): readonly string[] {
  return [...tests.flatMap(testLines), ...(note === null ? [] : [`  # ${oneLine(label)}: ${note}`])]
}

function testLines({
  name,
  claims,
  provider,
  credential,
  certificate,
  method,
  url,
  clientAddress,
  steppedUp,
  expect,
}: FirstTest): readonly string[] {
  const request =
    clientAddress === null
      ? JSON.stringify(`${method} ${url}`)
      : `{ method: ${method}, url: ${JSON.stringify(url)}, client_ip: ${JSON.stringify(clientAddress)} }`
  return [
    `  - name: ${JSON.stringify(name)}`,
    `    as: ${claims === null ? 'nobody' : JSON.stringify(claims)}`,
    ...(provider === null ? [] : [`    provider: ${JSON.stringify(provider)}`]),
    ...(credential === null ? [] : [`    credential: ${credential}`]),
    ...(certificate === null ? [] : [`    certificate: ${JSON.stringify(certificate)}`]),
    `    request: ${request}`,
    ...(steppedUp ? ['    stepped_up: true'] : []),
    `    expect: ${expect}`,
  ]
}

function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
}

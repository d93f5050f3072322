import type { Gateway } from '../../core/gateway.ts'
import type { Report } from '../issue.ts'
import { nearest } from '../nearest.ts'
import { type ConfigNode, type ConfigPath, entryOf, nodeAt, pathText, positionOf } from '../node.ts'
import type { Place } from '../place.ts'
import { caseKeys, reasonsOf, testsKeys } from '../schema/tests.ts'
import { checkKeys, checkValue } from '../validate.ts'
import { isOfCertificate, readCertificate } from './certificate.ts'
import { flowText, readClaims } from './claims.ts'
import { madeUpIdentity, reservedVoucher, vouchersFor } from './header-identity.ts'
import { readPersons } from './persons.ts'
import { type ReadRequest, readRequests } from './requests.ts'
import { noTests, type RuleTest, type RuleTests, type TestPerson, type TestSubject } from './rule-test.ts'

/** A file of tests, or the part of a configuration that holds them. */
export interface TestSource {
  /** As it was named; for messages. */
  readonly file: string
  readonly root: ConfigNode
  /** Where the tests begin: nothing for a test file, `tests` in a configuration. */
  readonly path: ConfigPath
  readonly report: Report
}

/**
 * Reads rule tests, each request of each case by itself, with everything that was left to be understood put in.
 * Every fault is reported; what is faulty is left out.
 */
export function readRuleTests(source: TestSource, subject: TestSubject): RuleTests {
  const node = nodeAt(source.root, source.path)
  if (node === undefined) return noTests
  const listAlone = node.kind === 'list'
  if (entryOf(source.root, 'tests') !== undefined && source.path.length === 0) {
    const message = 'is what a test file is itself: write its `persons` and `cases` at the top'
    return faultAt(source, ['tests'], message) ?? noTests
  }
  if (!listAlone) checkKeys({}, placeOf(source, source.path), Object.keys(testsKeys))
  const own = listAlone ? new Map() : readPersons(placeOf(source, [...source.path, 'persons']), subject)
  const persons = new Map([...subject.persons, ...own])
  const casesPath = listAlone ? source.path : [...source.path, 'cases']
  const cases = nodeAt(source.root, casesPath)
  if (node.kind === 'scalar') return noTests
  if (cases?.kind !== 'list' || cases.items.length === 0) {
    checkValue(testsKeys.cases, cases, placeOf(source, casesPath))
    return { persons, tests: [] }
  }
  const context = { source, gateway: subject.gateway, persons }
  return { persons, tests: cases.items.flatMap((_, index) => readCase(context, [...casesPath, index])) }
}

interface TestContext {
  readonly source: TestSource
  readonly gateway: Gateway | null
  readonly persons: ReadonlyMap<string, TestPerson>
}

function placeOf({ root, report }: TestSource, path: ConfigPath): Place {
  return { root, path, report }
}

const { as: _as, request: _request, certificate: _certificate, ...plainKeys } = caseKeys

function readCase(context: TestContext, path: ConfigPath): readonly RuleTest[] {
  const { source, gateway } = context
  const place = placeOf(source, path)
  const keys = checkKeys(plainKeys, place, ['as', 'request', 'certificate'])
  if (nodeAt(source.root, path)?.kind !== 'map') return []
  const who = readWho(context, path, keys)
  const requests = readRequests({ ...place, path: [...path, 'request'] }, gateway)
  checkWhole(source, path, keys)
  const certificate = readCertificate({ ...place, path: [...path, 'certificate'] }, gateway)
  if (who === null || requests === null || keys.expect === undefined) return []
  const position = positionOf(source.root, path)
  return requests.flatMap((request) => {
    const person = settle(context, path, who, request)
    if (person === undefined) return []
    return {
      file: source.file,
      position: requests.length === 1 ? position : request.position,
      name: keys.name ?? null,
      who: who.text,
      person,
      certificate: certificate ?? person?.certificate ?? null,
      steppedUp: keys.stepped_up ?? false,
      method: request.method,
      url: request.url,
      headers: request.headers,
      clientAddress: request.clientAddress,
      expect: keys.expect ?? 'deny',
      because: keys.because ?? null,
      upstreamHeaders: new Map(Object.entries(keys.headers ?? {})),
    }
  })
}

type CaseKeys = ReturnType<typeof checkKeys<typeof plainKeys>>

/** What `expect` leaves possible. */
function checkWhole(source: TestSource, path: ConfigPath, { expect, because, headers }: CaseKeys): void {
  if (expect === undefined) return
  const possible: readonly string[] = reasonsOf[expect]
  if (because !== undefined && !possible.includes(because)) {
    const known = Object.values(reasonsOf).some((reasons) => reasons.includes(because))
    const message = known ? `is no reason of \`expect: ${expect}\`` : 'is no reason that the log knows'
    faultAt(source, [...path, 'because'], message, nearest(because, possible))
  }
  if (headers !== undefined && expect !== 'allow') {
    faultAt(source, [...path, 'headers'], `nothing reaches the app with \`expect: ${expect}\``)
  }
}

/** Somebody, before it is known with which provider. Null person: not signed in. */
interface Who {
  readonly text: string
  readonly person: TestPerson | null
}

function readWho(context: TestContext, path: ConfigPath, keys: CaseKeys): Who | null {
  const { source, gateway, persons } = context
  const at = [...path, 'as']
  const node = nodeAt(source.root, at)
  const provider = keys.provider ?? null
  const by = madeUpIdentity(keys.credential ?? 'session')
  const isReserved = provider === reservedVoucher(by)
  if (provider !== null && gateway !== null && !gateway.providers.has(provider) && !isReserved) {
    const suggestion = nearest(provider, gateway.providers.keys())
    faultAt(source, [...path, 'provider'], 'no provider of this name', suggestion)
  }
  if (node?.kind === 'map') {
    const claims = readClaims(node, placeOf(source, at), 'somebody')
    const isCertificate = by?.kind === 'client_certificate'
    if (isCertificate && claims !== null && !isOfCertificate(claims, placeOf(source, at), gateway))
      return null
    return claims && { text: flowText(node), person: { provider, claims, ...(by === null ? {} : { by }) } }
  }
  const read = checkValue(caseKeys.as, node, placeOf(source, at))
  if (!read.ok || typeof read.value !== 'string') return null
  const name = read.value
  if (keys.credential !== undefined)
    faultAt(source, [...path, 'credential'], 'goes with claims under `as`; a person says it in `persons`')
  if (name === 'nobody') return { text: name, person: null }
  const person = persons.get(name)
  if (person === undefined) {
    return faultAt(source, at, 'no person of this name', nearest(name, [...persons.keys(), 'nobody']))
  }
  return { text: name, person: { ...person, provider: provider ?? person.provider } }
}

/** The person with the provider that is meant; null: nobody; undefined: it was reported. */
function settle(
  { source, gateway }: TestContext,
  path: ConfigPath,
  { person }: Who,
  request: ReadRequest,
): RuleTest['person'] | undefined {
  if (person === null) return null
  const possible = person.provider === null ? vouchersFor(gateway, request.url, person.by) : [person.provider]
  const [provider = ''] = possible
  if (possible.length > 1) {
    faultAt(source, [...path, 'as'], `\`provider\` must say which is meant: ${possible.join(' or ')}`)
    return undefined
  }
  return { ...person, provider }
}

function faultAt(
  { root, report }: TestSource,
  path: ConfigPath,
  message: string,
  suggestion: string | null = null,
): null {
  report({ position: positionOf(root, path), path: pathText(path), message, suggestion })
  return null
}

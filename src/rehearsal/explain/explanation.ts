import { type Credential, credentialOf, isHeaderCredential, keyOf } from '../../core/credential/credential.ts'
import type { ConditionRow } from '../../core/decision.ts'
import type { Gateway, Location } from '../../core/gateway.ts'
import type { Principal } from '../../core/principal.ts'
import { seenClaims } from '../../core/principal.ts'
import { coveringLocations } from '../../core/request/covering-locations.ts'
import { explainRequirement } from '../../core/rules/explain.ts'
import { anonymous, readJudgedAddress, type Situation } from '../../core/rules/requirement.ts'
import { differs, type ShadowVerdict } from '../../core/shadow.ts'
import { signingText } from '../../core/signing-text.ts'
import { stepUpRows } from '../../core/step-up-rows.ts'
import { type Person, type Probe, type ProbeResult, probe } from '../../http/admission/probe.ts'
import { comesByHeader } from '../../http/admission/probe-person.ts'
import { conditionsOf } from '../conditions.ts'
import { judgingLocations, judgingReadings } from '../who/access.ts'
import { caseNote } from './case-note.ts'
import { challengesIn, countedIn, isRefusedCredential } from './challenges.ts'
import { type Change, changesFor } from './changes.ts'
import { formNote } from './form-note.ts'
import { type SentHeader, sentHeaders } from './headers.ts'
import { type DrawnLimit, limitsOn } from './limits.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { type Told, toldOf } from './told.ts'

/** All that there is to say about one request: what `explain --json` prints. */
export interface Explanation extends Outcome, Told {
  readonly request: {
    readonly method: string
    readonly url: string
    readonly client_ip: string | null
    /** Null for nobody. */
    readonly provider: string | null
    /** By what somebody comes; null for nobody. */
    readonly credential: Credential | null
    /** The id of a key. */
    readonly key: string | null
  }
  readonly app: string | null
  /** How it is asked where requests are signed; null: they are not. */
  readonly reached: string | null
  /** The locations that judged: several where the path can be read in several ways. */
  readonly locations: readonly string[]
  /** By what somebody could be known there; empty where nobody is told apart. */
  readonly credentials: readonly Credential[]
  /** The one that was looked at, good or not; null: none. */
  readonly counts: Credential | null
  /** What a program is told of how to come (RFC 9110 section 11.6.1); null: nothing. */
  readonly www_authenticate: string | null
  /** How servers may read the path, the path as it stands first; empty where it can be read in one way alone. */
  readonly readings: readonly Reading[]
  /** Other locations that cover the path, the most specific first. */
  readonly less_specific: readonly string[]
  /** Which limits it draws from, if it is let in. */
  readonly limits: readonly DrawnLimit[]
  readonly conditions: readonly Condition[]
  /** What the app would get, in order; null when it would get nothing. */
  readonly upstream_headers: readonly SentHeader[] | null
  /** The smallest changes with which the request would be let in, smallest first. */
  readonly changes: readonly (readonly Change[])[]
  /** How many more changes there are. */
  readonly more_changes: number
  readonly notes: readonly string[]
}

export interface Reading {
  readonly segments: readonly string[]
  /** The location that judged it. */
  readonly location: string
}

export interface Condition extends ConditionRow {
  /** Whether it turned out as the rule wants it. */
  readonly met: boolean
}

/** Asks the gate, and says everything about its answer. Throws for what is no URL. */
export function explain(gateway: Gateway, asked: Probe): Explanation {
  const ruling = probe(gateway, asked)
  const { admission } = ruling
  const { app } = admission
  const locations = judgingLocations(admission)
  const situation = situationOf(gateway, asked.person, ruling)
  const settings = gateway.providers.get(asked.person?.provider ?? '')
  const outcome = outcomeOf(ruling, settings?.userId ?? 'sub')
  // The path itself lets this person in.
  const elsewhere = admission.decision.reason === 'destination-not-allowed'
  const changes =
    app === null || elsewhere || isRefusedCredential(ruling)
      ? none
      : changesFor(gateway, app, locations, situation, outcome)
  return {
    request: {
      method: asked.method,
      url: asked.url,
      client_ip: asked.clientAddress,
      provider: asked.person?.provider ?? null,
      credential: asked.person && credentialOf(asked.person),
      key: (asked.person && keyOf(asked.person)?.id) ?? null,
    },
    ...outcome,
    app: app?.name ?? null,
    reached: app && signingText(app.upstream),
    locations: locations.map(({ label }) => label),
    credentials: credentialsAt(locations),
    counts: countedIn(ruling, credentialsAt(locations)),
    www_authenticate: challengesIn(ruling, asked.headers ?? {}),
    readings: readingsIn(admission),
    less_specific: lessSpecific(ruling, locations),
    limits: limitsOn(locations, ruling),
    conditions: [...conditionsAt(locations, situation), ...stepUpAt(locations, ruling)],
    upstream_headers: sentHeaders(ruling),
    ...toldOf(ruling),
    changes: changes.shown,
    more_changes: changes.more,
    notes: [...notesOn(asked, ruling, locations), ...(asked.notes ?? [])],
  }
}

/** What each of them accepts: a request must be judged alike by all. */
function credentialsAt(locations: readonly Location[]): readonly Credential[] {
  const [first, ...others] = locations.map(({ access, credentials }) =>
    access.kind === 'anyone' || access.kind === 'nobody' ? [] : credentials,
  )
  return (first ?? []).filter((one) => others.every((list) => list.includes(one)))
}

function readingsIn(admission: ProbeResult['admission']): readonly Reading[] {
  const readings = judgingReadings(admission)
  return readings.length < 2
    ? []
    : readings.map(({ segments, location }) => ({ segments, location: location.label }))
}

const none = { shown: [], more: 0 } as const

function lessSpecific({ admission }: ProbeResult, locations: readonly Location[]): readonly string[] {
  const { app, target } = admission
  if (app === null || target === null || locations.length === 0) return []
  const covering = [target.segments, ...target.otherReadings].flatMap((segments) =>
    coveringLocations(app, segments),
  )
  return [...new Set(covering)]
    .filter((location) => location !== app.fallback && !locations.includes(location))
    .map(({ label }) => label)
}

/** Whom the gate judged: a session of a provider that the app does not accept is none. */
function situationOf(gateway: Gateway, person: Person | null, { admission, who }: ProbeResult): Situation {
  const { app, certificate } = admission
  const clientAddress = readJudgedAddress(admission.clientAddress)
  if (person !== null && (person.by !== undefined || person.key !== undefined)) {
    const subject = who === null ? anonymous : ({ kind: 'person', ...who } as const)
    return { subject, clientAddress, certificate }
  }
  const settings = person === null ? undefined : gateway.providers.get(person.provider)
  const accepted = person !== null && app?.providers.includes(person.provider) === true
  const subject =
    person === null || settings === undefined || !accepted
      ? anonymous
      : ({
          kind: 'person',
          provider: person.provider,
          ...seenClaims(person.claims, settings),
        } as const)
  return { subject, clientAddress, certificate }
}

function conditionsAt(
  locations: readonly Location[],
  { subject, ...facts }: Situation,
): readonly Condition[] {
  const principal: Principal | null = subject.kind === 'person' ? { ...subject, user: '' } : null
  return locations.flatMap(({ access }) => {
    if (access.kind !== 'rule') return []
    const rows = explainRequirement(access.requirement, principal, facts)
    return rows.map((row) => ({ ...row, met: row.truth === row.wanted }))
  })
}

/** What of a step-up is there and what is missing: of a path with several readings all want the same. */
function stepUpAt([location]: readonly Location[], { admission, now }: ProbeResult): readonly Condition[] {
  if (location === undefined || location.stepUp === null || admission.session === null) return []
  return stepUpRows(location.stepUp, admission.session, { now }).map((row) => ({
    ...row,
    met: row.truth === row.wanted,
  }))
}

/** What the rehearsed rules would have made of it, where that is something else. */
function rehearsedNote({ decision, location, detail }: ShadowVerdict): string {
  const where = location === null ? '' : ` at ${location.label}`
  const why = detail === null ? '' : `: ${detail}`
  return `The rules that are only rehearsed would decide otherwise${where}: ${decision.kind}, ${decision.reason}${why}.`
}

/** What an operator may have overlooked. */
function notesOn(
  asked: Probe,
  { admission, shadow }: ProbeResult,
  locations: readonly Location[],
): readonly string[] {
  const notes: string[] = shadow !== null && differs(shadow) ? [rehearsedNote(shadow)] : []
  const { origin, clientAddress, decision, detail } = admission
  notes.push(...allowNote(admission), ...caseNote(admission, locations), ...formNote(admission, locations))
  if (decision.reason === 'destination-not-allowed' && detail !== null) notes.push(`${detail}.`)
  if (origin !== null && new URL(asked.url).protocol !== `${origin.scheme}:`) {
    notes.push(`The app's address is ${origin.origin}: that is what was judged.`)
  }
  if (asked.clientAddress !== null && clientAddress === null && origin !== null) {
    notes.push(
      `${asked.clientAddress} is one of trusted_proxies, and names no client: the address is unknown.`,
    )
  }
  if (asked.clientAddress === null && (locations.some(asksForAddress) || isBoundToNetworks(asked.person))) {
    notes.push('No --client-ip was given: no condition on the address can be met.')
  }
  if (asked.person !== null && comesByHeader(asked.person) && locations.some(isForSessionsAlone)) {
    notes.push('Tokens and keys are not looked at here: `credentials` lists `session` alone.')
  }
  return notes
}

/** What would have to be allowed for the app to be sent the path. */
function allowNote({ app, target, decision }: ProbeResult['admission']): readonly string[] {
  if (app === null || target === null || decision.kind !== 'reject') return []
  const missing = target.kinds.filter((kind) => !app.allowEncoded.has(kind))
  if (missing.length === 0) return []
  const all = [...app.allowEncoded, ...missing].join(', ')
  return [`With \`allow_encoded: [${all}]\` the app is sent such paths; every reading of them is judged.`]
}

/** Whether it identifies people by their sessions, and nobody else. */
function isForSessionsAlone({ access, credentials }: Location): boolean {
  const identifies = access.kind === 'rule' || access.kind === 'maybe_signed_in'
  return identifies && !credentials.some(isHeaderCredential)
}

/** Whether somebody comes by a key that is for some networks alone. */
export function isBoundToNetworks(person: Person | null): boolean {
  return person?.key != null && person.key.from !== null
}

/** Whether a location's rule says anything of the address. */
export function asksForAddress({ access }: Location): boolean {
  return access.kind === 'rule' && conditionsOf(access.requirement).some(({ kind }) => kind === 'client_ip')
}

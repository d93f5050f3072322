import { unsignedLine } from '../../core/assertion/assertion.ts'
import type { ConnectionCertificate } from '../../core/certificate/connection-certificate.ts'
import type { ConditionRow } from '../../core/decision.ts'
import type { App, Gateway, Location, Origin, ProviderSettings } from '../../core/gateway.ts'
import { overBudget, signatureBytesAtMost, type Unsent } from '../../core/headers/aws-budget.ts'
import { describeUnsendable } from '../../core/headers/identity.ts'
import { headerPlan } from '../../core/headers/plan.ts'
import { toUpstreamDestination } from '../../core/headers/public-address.ts'
import { upstreamHeaders } from '../../core/headers/request.ts'
import type { SentTokens } from '../../core/headers/token-headers.ts'
import { type Principal, readUserId, seenClaims } from '../../core/principal.ts'
import { upstreamPath } from '../../core/request/target.ts'
import type { Claims } from '../../core/rules/claims.ts'
import { explainRequirement } from '../../core/rules/explain.ts'
import { readJudgedAddress } from '../../core/rules/requirement.ts'
import { type EpochSeconds, noTokens } from '../../core/session/session.ts'
import type { ShadowVerdict } from '../../core/shadow.ts'
import { assuranceOf, type StepUp } from '../../core/step-up.ts'
import type { SessionLookup } from '../../runtime/sessions.ts'
import type { Admission } from './admission.ts'
import { admit } from './gate.ts'
import { ambientPrincipal, madeUpCertificate } from './probe-certificate.ts'
import { headerContext, identifiedAt } from './probe-credential.ts'
import { comesByHeader, type Person } from './probe-person.ts'
import type { AdmissionContext } from './session-lookup.ts'

/** A request that nobody sent: what `explain`, rule tests and rehearsals ask. */
export interface Probe {
  readonly method: string
  /** Absolute, as a browser would ask for it; the path is taken as it is written. */
  readonly url: string
  /** Null: nobody is signed in. */
  readonly person: Person | null
  /** Null: none is known, and conditions on it are false. */
  readonly clientAddress: string | null
  /** That of the connection; absent: it showed none. */
  readonly certificate?: ConnectionCertificate | null
  /** Lower-case names; a navigation of a browser when absent. */
  readonly headers?: Readonly<Record<string, string>>
  /** When it is asked; absent: no matter when, as only ages are written. */
  readonly now?: EpochSeconds
  /** Whether the person does what a step-up asks for, where one is needed, and asks again. */
  readonly steppedUp?: boolean
  /** What is to be said of how the person was read. */
  readonly notes?: readonly string[]
}

export { type Person, subjectOf } from './probe-person.ts'

export interface ProbeResult {
  readonly admission: Admission
  /** Whom the rules were asked about; null: nobody, or a credential that does not count. */
  readonly who: Principal | null
  /** One row a condition of the location that judged; empty where no rule was asked. */
  readonly rows: readonly ConditionRow[]
  /** The same of the rehearsed rules, with their verdict; null where none judged. */
  readonly shadow: (ShadowVerdict & { readonly rows: readonly ConditionRow[] }) | null
  /** What the app would get, name, value, name, value …, secrets included; null when it would get nothing. */
  readonly upstreamHeaders: readonly string[] | null
  /** Why what was let in cannot be sent; null: it can, or was not let in. */
  readonly unsent: Unsent | null
  /** Why the provider's settings make no user id of these claims: the sign-in itself would fail. */
  readonly userIdFault: string | null
  /** When it was asked. */
  readonly now: EpochSeconds
}

/** Asks the gate itself, without a socket and without a session. Throws a TypeError for what is no URL. */
export function probe(gateway: Gateway, asked: Probe): ProbeResult {
  const ruling = probeAs(gateway, asked, asked.person)
  const { decision } = ruling.admission
  if (!asked.steppedUp || asked.person === null || decision.kind !== 'challenge') return ruling
  if (decision.stepUp === null) return ruling
  return probeAs(gateway, asked, afterStepUp(gateway, asked.person, decision.stepUp))
}

/** Only ages count: whatever a clock would say is as good. */
export const someTime: EpochSeconds = 1_800_000_000

/** The person after the sign-in that the step-up asks for, as an honest provider says it. */
function afterStepUp(gateway: Gateway, person: Person, stepUp: StepUp): Person {
  const granted = person.scopes ?? gateway.providers.get(person.provider)?.scopes ?? []
  const { claims, scopes } = assuranceOf(stepUp, { claims: person.claims, scopes: granted })
  return { ...person, claims, scopes, authAgeSeconds: 0 }
}

function probeAs(gateway: Gateway, asked: Probe, whose: Person | null): ProbeResult {
  const now = asked.now ?? someTime
  const byHeader = whose !== null && comesByHeader(whose) ? whose : null
  const person = byHeader === null ? knownPerson(gateway, whose, now) : null
  const session = (_cookie: string, origin: Origin) => sessionOf(person, origin)
  const { host, target } = splitUrl(asked.url)
  const cookie = person === null ? {} : { cookie: anyCookie(gateway, host) }
  const headers = { host, ...(asked.headers ?? navigation), ...cookie }
  const rawHeaders = Object.entries(headers).flat()
  const certificate = asked.certificate ?? certificateOf(gateway, whose, now)
  const socket = { remoteAddress: asked.clientAddress ?? undefined, certificate }
  const facts = { method: asked.method, url: target, httpVersion: '1.1', headers, rawHeaders, socket }
  const admissionContext: AdmissionContext = {
    gateway,
    sessions: { use: session, lookUp: session },
    clock: { now: () => now },
    ...(byHeader === null ? {} : headerContext(gateway, byHeader, rawHeaders)),
  }
  const admission = admit(admissionContext, facts, 'probe', 0)
  if (admission instanceof Promise) throw new Error('a probe has no store to wait for')
  const signedIn = person?.principal ?? null
  const who =
    byHeader === null
      ? ambientPrincipal(gateway, admission, { signedIn, certificate, now })
      : identifiedAt(gateway, byHeader, admission, { origin: asked.headers?.origin ?? null, now })
  return {
    admission,
    ...consequences(gateway, admission, who, rawHeaders),
    userIdFault: person?.userIdFault ?? null,
    now,
  }
}

/** Of somebody who comes by one that is made up; null: the connection shows none. */
function certificateOf(
  gateway: Gateway,
  person: Person | null,
  now: EpochSeconds,
): ConnectionCertificate | null {
  return person?.by?.kind === 'client_certificate' ? madeUpCertificate(gateway, person.claims, now) : null
}

const navigation = { accept: 'text/html' }

/** The path and query of a URL as they stand there: `new URL` would resolve dots and encode. */
function splitUrl(url: string): { readonly host: string; readonly target: string } {
  const { host } = new URL(url)
  const rest = url.slice(url.indexOf('//') + 2)
  const from = rest.search(/[/?#]/)
  const target = from === -1 ? '/' : rest.slice(from)
  return { host, target: target.startsWith('/') ? target : `/${target}` }
}

function anyCookie(gateway: Gateway, host: string): string {
  const origin = gateway.hosts.get(host)
  return origin === undefined ? '' : `${origin.cookies.session}=probe`
}

interface KnownPerson {
  readonly settings: ProviderSettings
  readonly claims: Claims
  readonly scopes: readonly string[]
  readonly principal: Principal
  readonly userIdFault: string | null
}

/** Null: nobody, or somebody of a provider that is not configured. */
function knownPerson(gateway: Gateway, person: Person | null, now: EpochSeconds): KnownPerson | null {
  if (person === null) return null
  const { provider, authAgeSeconds } = person
  const claims =
    authAgeSeconds === undefined ? person.claims : { ...person.claims, auth_time: now - authAgeSeconds }
  const settings = gateway.providers.get(provider)
  if (settings === undefined) return null
  const id = readUserId(claims, settings)
  const principal = { user: id.ok ? id.user : '', provider, ...seenClaims(claims, settings) }
  const scopes = person.scopes ?? settings.scopes
  return { settings, claims, scopes, principal, userIdFault: id.ok ? null : id.reason }
}

/** The person as a session that was begun for another page. */
function sessionOf(person: KnownPerson | null, origin: Origin): SessionLookup {
  if (person === null) return { kind: 'none', why: 'no-session' }
  const { settings, claims, scopes, principal } = person
  const session = {
    key: '',
    origin: origin.origin,
    issuer: settings.issuer,
    clientId: settings.clientId,
    user: principal.user,
    claims,
    idToken: '',
    signedInAt: 0,
    lastSeenAt: 0,
    signIn: { stateHash: '', returnTo: '' },
    subject: '',
    sid: null,
    idTokenIssuedAt: 0,
    scopes,
    tokens: noTokens,
    checkedAt: 0,
    client: null,
    marks: {},
  }
  return { kind: 'live', session, principal, resealed: null }
}

function consequences(
  gateway: Gateway,
  admission: Admission,
  who: Principal | null,
  rawHeaders: readonly string[],
): Pick<ProbeResult, 'who' | 'rows' | 'shadow' | 'upstreamHeaders' | 'unsent'> {
  const { app, location, shadow, decision } = admission
  const allowed = decision.kind === 'allow' && app !== null && location !== null
  return {
    who,
    rows: rowsOf(location, admission, who),
    shadow: shadow === null ? null : { ...shadow, rows: rowsOf(shadow.location, admission, who) },
    ...(allowed ? sentOf(gateway, admission, { app, location }, rawHeaders) : nothingSent),
  }
}

function rowsOf(
  location: Location | null,
  { clientAddress, certificate }: Admission,
  who: Principal | null,
): readonly ConditionRow[] {
  if (location?.access.kind !== 'rule') return []
  const facts = { clientAddress: readJudgedAddress(clientAddress), certificate }
  return explainRequirement(location.access.requirement, who, facts)
}

/** That they are sent can be told of nobody’s session; they themselves are in no answer. */
const probeTokens: SentTokens = { access_token: 'access-token', id_token: 'id-token' }

type Sent = Pick<ProbeResult, 'upstreamHeaders' | 'unsent'>
const nothingSent: Sent = { upstreamHeaders: null, unsent: null }

function sentOf(
  gateway: Gateway,
  { principal, clientAddress, destination, method, target }: Admission,
  { app, location }: { readonly app: App; readonly location: Location },
  rawHeaders: readonly string[],
): Sent {
  const { forwarding } = location
  const to = destination && toUpstreamDestination(app, destination)
  const { identityAssertion } = app
  const assertion =
    principal === null || identityAssertion === null
      ? null
      : unsignedLine(principal, identityAssertion, someTime)
  const request = {
    ...{ rawHeaders, forwarding, principal, tokens: probeTokens, assertion },
    ...{ clientAddress, destination: to },
  }
  const made = upstreamHeaders(headerPlan(gateway, app), request)
  if (!made.ok) {
    const { reason } = made
    const detail = reason === 'identity-unsendable' ? describeUnsendable(made.unsendable) : null
    return { upstreamHeaders: null, unsent: { reason, detail } }
  }
  const { aws } = app.upstream
  const path = target === null ? '' : upstreamPath(app, target)
  // Whose credentials sign is not known here: the longest are.
  const added = aws === null ? 0 : signatureBytesAtMost(aws)
  const unsent = overBudget(app.upstream, { ...{ method, path }, ...made, added })
  return { upstreamHeaders: unsent === null ? made.headers : null, unsent }
}

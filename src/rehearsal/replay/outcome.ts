import type { Gateway, Location } from '../../core/gateway.ts'
import type { Claims } from '../../core/rules/claims.ts'
import type { Identification } from '../../core/rules/identification.ts'
import {
  anonymous,
  conditionsOf,
  judge,
  type Requirement,
  readJudgedAddress,
  type Situation,
} from '../../core/rules/requirement.ts'
import type { Truth } from '../../core/rules/truth.ts'
import { remaining, type Way } from '../../core/rules/way.ts'
import { waysIn } from '../../core/rules/ways-in.ts'
import { type Person, probe } from '../../http/admission/probe.ts'
import { acceptedOn, type Route, routeText } from '../access.ts'
import { waysAt, waysOnlyIn } from '../ways.ts'
import type { LoggedRequest } from './logged-request.ts'

/** What there is to ask again with. */
export interface ReplaySetup {
  readonly now: Gateway
  /** The rules under which the log was written; null: not known. */
  readonly old: Gateway | null
  /** Claims by the log's `subject`. */
  readonly claims: ReadonlyMap<string, Claims>
}

/** How a request of the log would end. `place`: the app and location that it leads to now. */
export type ReplayedRequest = { readonly place: string } & (
  | { readonly kind: 'same' | 'now-refused' | 'now-let-in' | 'answered-otherwise'; readonly now: Ended }
  | { readonly kind: 'cannot-be-told'; readonly why: 'claims' | 'asker' }
)

/** Null reason: so for whatever claims, which were not looked at. */
export interface Ended {
  readonly decision: LoggedRequest['decision']
  readonly reason: string | null
}

/** Asks a request of a log again; what the log does not hold is never guessed. */
export function replayRequest(setup: ReplaySetup, request: LoggedRequest): ReplayedRequest {
  const { asker } = request
  switch (asker.kind) {
    case 'nobody': {
      const answer = judged(setup.now, request, null)
      return asksForCertificate(answer.location)
        ? byOldRules(setup, request, answer)
        : compared(request, answer)
    }
    case 'unknown': {
      const answer = judged(setup.now, request, null)
      return isSameForAll(answer.location)
        ? compared(request, answer)
        : { place: answer.place, kind: 'cannot-be-told', why: 'asker' }
    }
    case 'somebody': {
      const person = personOf(setup, asker)
      const answer = judged(setup.now, request, person ?? { provider: asker.provider, claims: {} })
      if (isSameForAll(answer.location)) return compared(request, answer)
      if (person !== null)
        return asksForCertificate(answer.location) && asker.credential !== 'client_certificate'
          ? byOldRules(setup, request, answer)
          : compared(request, answer)
      return asker.credential === 'session'
        ? withoutClaims(setup, request, asker.provider, answer)
        : withoutClaimsByHeader(setup, request, asker, answer)
    }
  }
}

type Somebody = Extract<LoggedRequest['asker'], { kind: 'somebody' }>

/** Null: nobody knows what they claimed. A key of the file says it itself. */
function personOf({ now, claims: given }: ReplaySetup, asker: Somebody): Person | null {
  const { provider, subject, credential, key } = asker
  // What a widget claims is chosen of its key's.
  const record = credential === 'api_key' ? now.apiKeys?.keys.find(({ id }) => id === key) : undefined
  if (record !== undefined) return { provider, claims: record.claims, key: record }
  const claims = subject === null ? undefined : given.get(subject)
  if (claims === undefined) return null
  switch (credential) {
    case 'session':
      return { provider, claims }
    case 'bearer':
    case 'exchange':
      return { provider, claims, by: { kind: credential, isClient: false } }
    case 'widget':
      return { provider, claims, by: { kind: credential, id: key ?? '', name: '', endUser: null } }
    case 'client_certificate':
      return { provider, claims, by: { kind: credential, fingerprint: '' } }
    case 'api_key':
      return { provider, claims, by: { kind: 'api_key', id: key ?? '', name: '' } }
  }
}

interface Answer extends Route {
  readonly place: string
  readonly now: Ended
}

function judged(
  gateway: Gateway,
  { method, host, path, client, reason }: LoggedRequest,
  person: Person | null,
): Answer {
  const url = `https://${host}${path}`
  // Who was not asked to step up had done so, or would: a log does not tell how somebody signed in.
  const steppedUp = reason !== 'step-up-needed'
  const asked = { method, url, person, clientAddress: client, steppedUp }
  const { app, location, decision } = probe(gateway, asked).admission
  const place = app === null ? host : `${app.name} ${location?.label ?? '(no location)'}`
  const accepted = acceptedOn(gateway, { app, location })
  return { place, app, location, accepted, now: { decision: decision.kind, reason: decision.reason } }
}

/** Whether it makes no difference there who asks. */
function isSameForAll(location: Location | null): boolean {
  return location === null || location.access.kind !== 'rule'
}

function compared(
  { decision }: LoggedRequest,
  { place, now }: Pick<Answer, 'place' | 'now'>,
): ReplayedRequest {
  if (decision === now.decision) return { place, kind: 'same', now }
  if (decision === 'allow') return { place, kind: 'now-refused', now }
  return { place, kind: now.decision === 'allow' ? 'now-let-in' : 'answered-otherwise', now }
}

/** Whether the rule looks at what the connection showed: no line of a log says what that was. */
function asksForCertificate(location: Location | null): boolean {
  if (location?.access.kind !== 'rule') return false
  return conditionsOf(location.access.requirement).some(({ kind }) => kind === 'certificate')
}

/** What follows from the rules that wrote the log; of all else nothing can be told. */
function byOldRules(setup: ReplaySetup, request: LoggedRequest, answer: Answer): ReplayedRequest {
  const { place } = answer
  const decision = provenDecision(setup, request, answer)
  if (decision === null) return { place, kind: 'cannot-be-told', why: 'claims' }
  return compared(request, { place, now: { decision, reason: null } })
}

/** What can be said of somebody of whom the provider alone is known. */
function withoutClaims(
  setup: ReplaySetup,
  request: LoggedRequest,
  provider: string,
  answer: Answer,
): ReplayedRequest {
  const { app, location } = answer
  // A session of a provider that the app does not accept is none, whatever it holds.
  if (app !== null && !app.signInProviders.includes(provider)) return compared(request, answer)
  const rule = location?.access.kind === 'rule' ? location.access.requirement : null
  const truth = rule === null ? 'unknown' : truthForAll(rule, provider, request.client)
  if (truth !== 'unknown') return compared(request, answer)
  return byOldRules(setup, request, answer)
}

/**
 * The same of somebody who came by a token or key: it was good then, and is taken to be good still. Whether somebody is
 * behind a token the log does not tell.
 */
function withoutClaimsByHeader(
  setup: ReplaySetup,
  request: LoggedRequest,
  { credential, provider }: Somebody,
  answer: Answer,
): ReplayedRequest {
  const { place, location, accepted } = answer
  const own = accepted.filter((one) => one.credential === credential && one.provider === provider)
  const because = (decision: LoggedRequest['decision']): ReplayedRequest =>
    compared(request, { place, now: { decision, reason: null } })
  if (own.length === 0) return because('challenge')
  if (location?.access.kind === 'rule' && location.stepUp === null) {
    const { requirement } = location.access
    const truths = new Set(own.map((one) => truthFor(requirement, one, request.client)))
    if (truths.size === 1 && truths.has(true)) return because('allow')
    if (truths.size === 1 && truths.has(false)) return because('deny')
  }
  return byOldRules(setup, request, answer)
}

/** Whether everybody, or nobody, of this kind meets a rule from there, whatever they claim. */
function truthFor(rule: Requirement, own: Identification, client: string | null): Truth {
  const { ways, complete } = waysIn(rule, [own])
  const situation: Situation = {
    subject: anonymous,
    clientAddress: readJudgedAddress(client),
    certificate: null,
  }
  const fromThere = ways.filter((way) => {
    const { addresses, otherAddresses } = remaining(way, situation)
    return addresses === null && otherAddresses.length === 0
  })
  const isMet = ({ claims, certificate }: Way) => claims.length === 0 && certificate.length === 0
  if (fromThere.some(isMet)) return true
  return fromThere.length === 0 && complete ? false : 'unknown'
}

function truthForAll(rule: Requirement, provider: string, client: string | null): Truth {
  // The log does not say what a certificate said.
  if (conditionsOf(rule).some(({ kind }) => kind === 'certificate')) return 'unknown'
  const clientAddress = readJudgedAddress(client)
  return judge(rule, { subject: { kind: 'anyone-of', provider }, clientAddress, certificate: null })
}

/**
 * What follows from the rules that wrote the log: under a rule that is the same as before nothing changes; whoever was
 * let in is let in by a rule that lets in more, and whoever was refused is refused by one that lets in fewer.
 */
function provenDecision(
  { old }: ReplaySetup,
  request: LoggedRequest,
  answer: Answer,
): LoggedRequest['decision'] | null {
  if (old === null) return null
  const before = judged(old, request, null)
  if (routeText(before) === routeText(answer)) return request.decision
  const [was, is] = [waysAt(before), waysAt(answer)]
  if (!was.complete || !is.complete) return null
  const [narrower, wider] = request.decision === 'allow' ? [was, is] : [is, was]
  return waysOnlyIn(narrower, wider).length === 0 ? request.decision : null
}

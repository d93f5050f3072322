import type { IncomingMessage } from 'node:http'
import type { ConnectionCertificate } from '../../core/certificate/connection-certificate.ts'
import type { HeaderCredential } from '../../core/credential/credential.ts'
import type { Decision } from '../../core/decision.ts'
import type { AnyFault } from '../../core/fault.ts'
import type { App, Location, Origin, UpstreamSettings } from '../../core/gateway.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import type { PageSettings } from '../../core/pages/settings.ts'
import type { Principal } from '../../core/principal.ts'
import type { Destination } from '../../core/request/destination.ts'
import type { Target } from '../../core/request/target.ts'
import type { EpochSeconds, Session } from '../../core/session/session.ts'
import type { ShadowVerdict } from '../../core/shadow.ts'

/** Everything that was found out about one request. Filled step by step by the gate, read by everyone after it. */
export interface Admission {
  /** Ours, never the client's: in the access line, on every page, in every problem. */
  readonly requestId: string
  /** `performance.now()` when the request arrived. */
  readonly startedAt: number
  readonly method: string
  readonly origin: Origin | null
  /** One of the gateway's own addresses; null: an app's. */
  readonly address: OwnAddress | null
  readonly app: App | null
  readonly location: Location | null
  /** Locations of other readings of the path, which judged too. Nearly always none. */
  readonly others: readonly Location[]
  readonly target: Target | null
  /** Of a request that was let in: where its `Destination` leads, which was judged too. Null: it has none. */
  readonly destination: Destination | null
  readonly session: Session | null
  /** The header credential that counted, good or not; null: none did. */
  readonly header: CountedHeader | null
  readonly principal: Principal | null
  /** The session cookie sealed anew, when it came under an older secret; null otherwise. */
  readonly resealed: string | null
  /** Where the session rests in the browser: its cookie's next value, asked for as the answer goes out; null: it stays. */
  readonly renewal?: (() => string | null) | null
  /** The client's address in text; null when a trusted proxy did not say one that can be believed. */
  readonly clientAddress: string | null
  /** That of the connection, where it counts; null: it showed none. */
  readonly certificate: ConnectionCertificate | null
  /** Where the client's use is counted. */
  readonly network: ClientNetwork
  /** A browser that shows what comes, be it for a link or a form, rather than a program: page or problem. */
  readonly wantsPage: boolean
  /** How pages look, and what the browser says of its languages: the page chooses one when there is one. */
  readonly pages: PageSettings
  readonly acceptLanguage: string | undefined
  readonly decision: Decision
  /** Why no decision could be made (`undecided`); the answer is the fault's. */
  readonly fault: AnyFault | null
  /** For the log: which condition failed, with expected and actual value. */
  readonly detail: string | null
  /** The page of a form of this browser that waits, and was refused: it stays. Absent: none does. */
  readonly waitingForm?: string
  /** What the rehearsed rules say; null: none are rehearsed, or no rule was asked. For the log and the metrics alone. */
  readonly shadow: ShadowVerdict | null
}

/** A header credential that counted, good or not. */
interface CountedHeader {
  readonly credential: HeaderCredential
  /** By our clock; null: not known to end. */
  readonly endsAt: EpochSeconds | null
  /** The access token that the provider gave for a pair; absent: it was none. */
  readonly exchangedToken?: string
}

/** What the gateway itself serves below `auth_prefix`. */
export type OwnAddress =
  | 'login'
  | 'callback'
  | 'logout'
  | 'logged-out'
  | 'backchannel-logout'
  | 'frontchannel-logout'
  | 'account'
  | 'resume'
  | 'sessions'
  | 'me'
  | 'jwks'
  | 'resource-metadata'
  | 'token'
  | 'keys'
  | 'health'

/** The session that a request was let in by, and where it is one; null: nobody's. */
export function sessionOf({
  session,
  origin,
}: Pick<Admission, 'session' | 'origin'>): { readonly session: Session; readonly origin: Origin } | null {
  return session === null || origin === null ? null : { session, origin }
}

/** Where a request that was let in goes. Throws when it was for no app, which goes nowhere. */
export function upstreamOf({ app }: Pick<Admission, 'app'>): UpstreamSettings {
  if (app === null) throw new Error('what is for no app has no upstream')
  return app.upstream
}

/** The locations that judged: one, or one for each reading of the path; none where no rule was asked. */
export function judgesOf({ location, others }: Pick<Admission, 'location' | 'others'>): readonly Location[] {
  return location === null ? [] : [location, ...others]
}

const admitted = Symbol('admission')

type Carrier = IncomingMessage & { [admitted]?: Admission }

/** Hangs the admission on the raw request, where HTTP and WebSocket both find it. */
export function carryAdmission(request: IncomingMessage, admission: Admission): void {
  const carrier: Carrier = request
  carrier[admitted] = admission
}

/** Null: the request has not gone through the gate. */
export function admissionIfAny(request: IncomingMessage): Admission | null {
  const carrier: Carrier = request
  return carrier[admitted] ?? null
}

/** The admission of a request that went through the gate. Throws when there is none: a request that skipped the gate. */
export function admissionOf(request: IncomingMessage): Admission {
  const admission = admissionIfAny(request)
  if (admission === null) throw new Error('a request reached this place without passing the gate')
  return admission
}

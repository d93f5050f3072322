import type { Credential } from '../../core/credential/credential.ts'
import { isObject, parseJson } from '../../core/json.ts'

/** One access line of a log, as far as it can be asked again. The log is data: nothing in it is believed. */
export interface LoggedRequest {
  readonly requestId: string
  readonly method: string
  readonly host: string
  readonly path: string
  readonly decision: 'allow' | 'challenge' | 'deny' | 'reject'
  readonly reason: string
  readonly client: string | null
  readonly asker: Asker
}

/** Who asked, as far as the line tells. */
export type Asker =
  | { readonly kind: 'nobody' }
  /** Claims are not in the log; the subject is not where `log.subject` is off. */
  | {
      readonly kind: 'somebody'
      readonly provider: string
      readonly subject: string | null
      readonly credential: Credential
      /** The id of an API key; null: they came by something else. */
      readonly key: string | null
    }
  /** Nobody was identified, as who asks made no difference then. */
  | { readonly kind: 'unknown' }

type LineReading =
  | { readonly kind: 'request'; readonly request: LoggedRequest }
  /** An event of another kind, or no line of the gateway at all. */
  | { readonly kind: 'other' }
  /** Decided by what the log does not hold: headers, a body, the way the request came. */
  | { readonly kind: 'by-more-than-the-log' }

/** Reads one line; whatever it holds, it never throws. */
export function readLogLine(text: string): LineReading {
  const fields = parse(text)
  if (fields === null || fields.event !== 'request') return { kind: 'other' }
  const { host, path, reason } = fields
  const method = textOf(fields.method)
  const decision = decisions.find((word) => word === fields.decision)
  if (typeof reason !== 'string' || decision === undefined) return { kind: 'other' }
  const askable = typeof host === 'string' && typeof path === 'string' && path.startsWith('/')
  if (!askable || byMore.has(reason) || !/^[A-Z][A-Z0-9-]*$/.test(method)) {
    return { kind: 'by-more-than-the-log' }
  }
  if (/[\s/?#@\\]/.test(host) || !URL.canParse(`https://${host}`)) return { kind: 'by-more-than-the-log' }
  const client = typeof fields.client === 'string' ? fields.client : null
  const asker = askerOf(fields, reason)
  const requestId = textOf(fields.request_id)
  return { kind: 'request', request: { requestId, method, host, path, decision, reason, client, asker } }
}

const decisions = ['allow', 'challenge', 'deny', 'reject'] as const

const byMore: ReadonlySet<string> = new Set([
  'preflight',
  'identity-unsendable',
  'insecure-scheme',
  'websocket-origin',
  'destination-not-allowed',
  'destination-invalid',
  'cross-site',
  'undecided',
  'host-invalid',
  'host-not-of-handshake',
  'query-undecodable',
  'query-reserved',
  'body-too-large',
  'expectation-unknown',
  'websocket-disabled',
  'websocket-invalid',
  'websocket-limit',
  'upgrade-unknown',
  'connection-options',
  'content-type-ambiguous',
  'too-many-headers',
  'headers-too-large',
  'http-version',
  'credential-unknown',
  'credential-not-accepted',
  'credentials-ambiguous',
  'token-invalid',
  'token-over',
  'token-not-for-us',
  'token-wrong-origin',
  'token-expired',
  'token-request-invalid',
  'pair-invalid',
  'step-up-not-met',
  'scope-insufficient',
  'key-invalid',
  'key-over',
  'key-revoked',
  'key-asleep',
  'key-not-for-app',
  'key-restricted',
  'too-many-unknown',
  'limit-exceeded',
])

/** Reasons of lines without a provider where it is known that nobody was signed in. */
const withoutAnybody: ReadonlySet<string> = new Set([
  'rule-met',
  'maybe-signed-in',
  'client-address',
  'client-certificate',
  'no-credential',
  'no-session',
  'session-ambiguous',
  'session-unreadable',
  'session-ended',
  'session-expired',
  'session-idle',
  'session-ended-by-provider',
  'session-recheck-due',
  'session-lacks-claim',
])

function askerOf({ provider, subject, credential, key }: Fields, reason: string): Asker {
  if (typeof provider === 'string') {
    const kind = credentials.find((one) => one === (credential ?? 'session'))
    // Another version's: what it means is not known.
    if (kind === undefined) return { kind: 'unknown' }
    return {
      ...{ kind: 'somebody', provider, credential: kind },
      subject: typeof subject === 'string' ? subject : null,
      key: typeof key === 'string' ? key : null,
    }
  }
  return withoutAnybody.has(reason) ? { kind: 'nobody' } : { kind: 'unknown' }
}

const credentials = [
  ...(['session', 'bearer', 'api_key', 'exchange', 'widget', 'client_certificate'] as const),
] as const satisfies readonly Credential[]

type Fields = Readonly<Record<string, unknown>>

/** What stands before the object is somebody's prefix: `wiki-1 | {…}`. */
function parse(text: string): Fields | null {
  const value = parseJson(text.slice(Math.max(0, text.indexOf('{'))))
  return isObject(value) ? value : null
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

import type { Location } from '../gateway.ts'
import { limits } from '../limits/table.ts'
import { isNavigation, type RequestHeaders, sendsCredential } from './navigation.ts'

/** What may become of a form that meets a sign-in, by its request line and headers alone. */
export type FormToKeep =
  /** It is none, or it is not kept here: it is answered as any request is. */
  | { readonly kind: 'none' }
  /** It is one, but longer than is kept. */
  | { readonly kind: 'too-large'; readonly mostBytes: number }
  | { readonly kind: 'form'; readonly mostBytes: number }

export interface PossibleForm {
  readonly method: string
  readonly headers: RequestHeaders
  readonly origin: string
  /** Those that judged: see `judgesOf`. All must keep forms. */
  readonly locations: readonly Location[]
}

const none: FormToKeep = { kind: 'none' }
const methods = ['POST', 'PUT', 'PATCH']

/**
 * Whether a request may be kept until its person has signed in, and how long it may be: one that a browser sends as it
 * opens a page, from a page of the very origin, with nothing that a program sends. Whether the browser had a session is
 * for the caller to ask.
 */
export function formToKeep({ method, headers, origin, locations }: PossibleForm): FormToKeep {
  if (!methods.includes(method) || locations.length === 0 || !locations.every(keepsForms)) return none
  if (!isNavigation('GET', headers) || sendsCredential(headers) || !isFromOrigin(headers, origin)) return none
  if (!hasPlainBody(headers)) return none
  const mostBytes = Math.min(...locations.map(mostBytesOf))
  const { 'content-length': length } = headers
  const isTooLong = length !== undefined && Number(length) > mostBytes
  return { kind: isTooLong ? 'too-large' : 'form', mostBytes }
}

function keepsForms({ resume, unauthenticated, credentials }: Location): boolean {
  return resume === 'forms' && unauthenticated === 'sign_in' && credentials.includes('session')
}

/** What is longer than the app takes is no use to keep. */
function mostBytesOf({ maxResumedBodyBytes, forwarding }: Location): number {
  return Math.min(maxResumedBodyBytes, forwarding.maxBodyBytes ?? maxResumedBodyBytes)
}

/** Whether a page of the origin itself sent it: both must say so, as far as the browser sends them. */
export function isFromOrigin(headers: RequestHeaders, origin: string): boolean {
  const site = headers['sec-fetch-site']
  return headers.origin === origin && (site === undefined || site === 'same-origin')
}

/** No form of a browser is encoded, asks whether it may come, or names a type that no header could have. */
function hasPlainBody({
  expect,
  'content-encoding': encoding,
  'content-type': type,
}: RequestHeaders): boolean {
  if (expect !== undefined || encoding !== undefined) return false
  return type === undefined || (typeof type === 'string' && isPlainType(type))
}

function isPlainType(type: string): boolean {
  return type.length <= limits.keptFormTypeCharacters && /^[\x20-\x7e]*$/.test(type)
}

import type { IncomingMessage } from 'node:http'
import { fastifyCookie, type SerializeOptions } from '@fastify/cookie'
import { headersOfCaller } from '../../core/credential/headers-of-caller.ts'
import type { Gateway, Location } from '../../core/gateway.ts'
import { downstreamHeaders } from '../../core/headers/answer.ts'
import type { HeaderPlan } from '../../core/headers/plan.ts'
import type { AnswerHead, UpstreamRequest } from '../../core/ports.ts'
import { type Admission, admissionOf } from '../admission/admission.ts'
import { corsOf } from '../admission/cors.ts'
import { resumedFormOf } from '../admission/resumed-form.ts'
import { contextOf } from '../server/context.ts'
import { setSessionCookies } from '../sign-in/cookie.ts'
import { type Refused, readForwarded } from './forwarded.ts'

/** What is sent for one admitted request, where, and what becomes of the answer's headers. */
export interface Outbound {
  readonly request: Omit<UpstreamRequest, 'body'>
  /** Null: no limit. */
  readonly maxBodyBytes: number | null
  /** The head of the upstream's answer as the client gets it. */
  toClient(head: AnswerHead): Omit<AnswerHead, 'statusCode'>
}

type OutboundReading = { readonly ok: true; readonly outbound: Outbound } | Refused

/**
 * The same for HTTP and WebSocket: from the admission and the client's headers, and nothing else of the request.
 * `onReflectedSecret` hears when the upstream sends the shared secret back; it is taken off the answer.
 */
export function readOutbound(
  raw: IncomingMessage,
  onReflectedSecret: (admission: Admission) => void,
): OutboundReading {
  const admission = admissionOf(raw)
  const { runtime } = contextOf(raw)
  const forwarded = readForwarded(runtime, admission, resumedFormOf(raw)?.sent?.rawHeaders ?? raw.rawHeaders)
  if (!forwarded.ok) return forwarded
  const { plan, forwarding, request } = forwarded
  const { gateway } = runtime
  // A preflight is a question without a body; one that has a body is none.
  const maxBodyBytes = admission.decision.reason === 'preflight' ? 0 : forwarding.maxBodyBytes
  const toClient = (head: AnswerHead) =>
    clientHead({ plan, gateway, admission, raw }, head, onReflectedSecret)
  return { ok: true, outbound: { request, maxBodyBytes, toClient } }
}

interface Asked {
  readonly plan: HeaderPlan
  readonly gateway: Gateway
  readonly admission: Admission
  readonly raw: IncomingMessage
}

function clientHead(
  { plan, gateway, admission, raw }: Asked,
  { statusCode, reasonPhrase, headers: answered }: AnswerHead,
  onReflectedSecret: (admission: Admission) => void,
): Omit<AnswerHead, 'statusCode'> {
  const { location, others, origin, decision, destination, principal, certificate } = admission
  const renewed = admission.resealed ?? admission.renewal?.() ?? null
  const isOpen = location?.access.kind === 'anyone' && areOpen(others)
  const asked = (decision.reason !== 'preflight' && !isOpen) || destination !== null
  const answer = downstreamHeaders(plan, {
    statusCode,
    reasonPhrase,
    headers: answered,
    dependsOnSession: asked,
    change: location?.forwarding.responseHeaders,
    // What sets a cookie of ours, or came of a key, a token or a certificate, is nobody else's, whatever the app says.
    cache:
      renewed === null && principal?.by === undefined && certificate === null && mayShare(others)
        ? (location?.forwarding.cache ?? 'private')
        : 'private',
    dependsOn: location === null ? [] : headersOfCaller(location.credentials, gateway.apiKeys),
    cors: corsOf(admission, raw.headers),
  })
  if (answer.secretFound) onReflectedSecret(admission)
  if (renewed === null || origin === null) return answer
  const cookies = setSessionCookies(origin.cookies, renewed, raw.headers.cookie).flatMap(
    ({ name, value, options }) => [
      'Set-Cookie',
      fastifyCookie.serialize(name, value, options as SerializeOptions),
    ],
  )
  return { ...answer, headers: [...answer.headers, ...cookies] }
}

function areOpen(locations: readonly Location[]): boolean {
  for (const { access } of locations) if (access.kind !== 'anyone') return false
  return true
}

/** Of several readings of a path any could be the app's own: what one of them keeps private is private. */
function mayShare(others: readonly Location[]): boolean {
  for (const { forwarding } of others) if (forwarding.cache === 'private') return false
  return true
}

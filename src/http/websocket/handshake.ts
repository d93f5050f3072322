import type { IncomingMessage } from 'node:http'
import type { HeaderCredential } from '../../core/credential/credential.ts'
import type { Location } from '../../core/gateway.ts'
import { mayCall } from '../../core/headers/cors-answer.ts'
import { limits } from '../../core/limits/table.ts'
import { webSocketAccept } from '../../core/request/websocket-accept.ts'

/** What a client asked for, when its handshake is one (RFC 6455 section 4.2.1). */
export interface Handshake {
  readonly key: string
  /** As offered, in order. */
  readonly protocols: readonly string[]
  /** As offered; frames pass untouched, so what the two ends agree on is theirs. */
  readonly extensions: string | null
}

export type HandshakeReading =
  | { readonly ok: true; readonly handshake: Handshake }
  | {
      readonly ok: false
      readonly status: 400 | 426
      readonly reason: 'websocket-invalid' | 'upgrade-unknown'
    }

/** RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** Sixteen bytes. */
const keyForm = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** Whether a request names WebSocket alone as what it wants to be upgraded to. */
export function asksForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/** Reads a request that asks for an upgrade. Strict: what is almost a WebSocket becomes no tunnel. */
export function readHandshake(request: IncomingMessage): HandshakeReading {
  const { headers } = request
  if (!asksForWebSocket(request)) return refused(400, 'upgrade-unknown')
  if (request.method !== 'GET' || request.httpVersion !== '1.1' || saysBody(request)) {
    return refused(400, 'websocket-invalid')
  }
  // RFC 6455 section 4.4: another version is told which one is spoken.
  if (headers['sec-websocket-version'] !== '13') return refused(426, 'websocket-invalid')
  const key = headers['sec-websocket-key'] ?? ''
  const offered = listOf(headers['sec-websocket-protocol'])
  const extensions = headers['sec-websocket-extensions'] ?? null
  const offersHold = offered.every((name) => token.test(name)) && new Set(offered).size === offered.length
  if (!keyForm.test(key) || !offersHold || (extensions?.length ?? 0) > limits.webSocketOfferBytes) {
    return refused(400, 'websocket-invalid')
  }
  return { ok: true, handshake: { key, protocols: offered, extensions } }
}

/** Whether WebSockets are passed on: by the locations of every reading of the path. */
export function passWebSockets(judges: readonly Location[]): boolean {
  return judges.length > 0 && judges.every(({ forwarding }) => forwarding.websocketOrigins !== null)
}

/**
 * Whether a page of this origin may open a WebSocket (RFC 6455 section 10.2). Browsers always say their Origin; a
 * program that says none may come where nobody's session is used: where all is open, or with a credential in a header,
 * which no page can add. It shall say one elsewhere. A widget's token says of which pages it may come, and was held
 * against this very origin: it needs no more than what `cors` says of them.
 */
export function originMayConnect(
  judges: readonly Location[],
  origin: string | undefined,
  header: { readonly credential: HeaderCredential } | null,
): boolean {
  if (origin === undefined) return header !== null || judges.every(({ access }) => access.kind === 'anyone')
  const isWidget = header?.credential === 'widget'
  return judges.every((location) => {
    const { websocketOrigins } = location.forwarding
    if (websocketOrigins === null) return false
    return websocketOrigins.includes(origin) || (isWidget && mayCall([location], origin))
  })
}

/** Nobody looks at the answer to a handshake: no page, and no redirect to a sign-in. */
export function asProgram({ method, url, httpVersion, headers, rawHeaders, socket }: IncomingMessage) {
  const asked = { ...headers, 'sec-fetch-mode': 'websocket', 'sec-fetch-dest': 'websocket' }
  return { method, url, httpVersion, headers: asked, rawHeaders, socket }
}

/** What the upstream chose, or null when it chose what the client never offered. */
export function negotiated(
  handshake: Handshake,
  answered: readonly string[],
): { readonly protocol: string | null; readonly extensions: string | null } | null {
  const protocols = valuesOf(answered, 'sec-websocket-protocol')
  const extensions = valuesOf(answered, 'sec-websocket-extensions')
  const protocol = protocols[0] ?? null
  if (protocols.length > 1 || (protocol !== null && !handshake.protocols.includes(protocol))) return null
  const offered = new Set(listOf(handshake.extensions ?? undefined).map(nameOf))
  const chosen = listOf(extensions.join(', '))
  if (!chosen.every((extension) => offered.has(nameOf(extension)))) return null
  return { protocol, extensions: chosen.length === 0 ? null : chosen.join(', ') }
}

/** The headers by which an upstream is offered what the client offers. */
export function offers({ protocols, extensions }: Handshake): readonly string[] {
  return [
    ...(protocols.length === 0 ? [] : ['Sec-WebSocket-Protocol', protocols.join(', ')]),
    ...(extensions === null ? [] : ['Sec-WebSocket-Extensions', extensions]),
  ]
}

/** The headers by which the client is told that it is open (RFC 6455 section 4.2.2). */
export function acceptance(
  { key }: Handshake,
  { protocol, extensions }: NonNullable<ReturnType<typeof negotiated>>,
): readonly string[] {
  return [
    ...['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Accept', webSocketAccept(key)],
    ...(protocol === null ? [] : ['Sec-WebSocket-Protocol', protocol]),
    ...(extensions === null ? [] : ['Sec-WebSocket-Extensions', extensions]),
  ]
}

function refused(status: 400 | 426, reason: 'websocket-invalid' | 'upgrade-unknown'): HandshakeReading {
  return { ok: false, status, reason }
}

function saysBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function listOf(value: string | undefined): readonly string[] {
  const items = (value ?? '').split(',').map((item) => item.trim())
  return items.length === 1 && items[0] === '' ? [] : items
}

function nameOf(extension: string): string {
  return (extension.split(';')[0] ?? '').trim()
}

function valuesOf(headers: readonly string[], name: string): readonly string[] {
  return headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === name)
}

import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Decision } from '../../core/decision.ts'
import { isFault, UpstreamFault } from '../../core/fault.ts'
import { limits } from '../../core/limits/table.ts'
import type { UpstreamSocket } from '../../core/ports.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { type Admission, carryAdmission } from '../admission/admission.ts'
import { admit } from '../admission/gate.ts'
import { verdictAnswer } from '../admission/verdict-answer.ts'
import { type Answer, faultAnswer, withHeaders } from '../pages/answer.ts'
import { type Outbound, readOutbound } from '../proxy/outbound.ts'
import {
  attachContext,
  type RequestContext,
  requestContextIn,
  type ServerContext,
} from '../server/context.ts'
import { clientWentAway, requestIds } from '../server/request-listener.ts'
import { closeCodes } from './frames.ts'
import { acceptKey, type Handshake, negotiated, originMayConnect, readHandshake } from './handshake.ts'
import { openTunnel, type Tunnel } from './tunnel.ts'

export interface Upgrades {
  /** Tells every client that the gateway goes away, and closes. */
  closeAll(): void
}

interface Tunnels {
  /** With the handshake that opened each: new rules judge it again. */
  readonly open: Map<Tunnel, IncomingMessage>
  /** The gateway goes away: what is opened from now on, as it was under way, is told so at once. */
  closing: boolean
}

/** A request for an upgrade on its way: the client's socket is not read before it is decided. */
interface Upgrade {
  readonly request: IncomingMessage
  readonly client: Duplex
  readonly admission: Admission
}

/**
 * WebSockets by code of our own (@fastify/http-proxy says 101 before the upstream has, and drops our headers):
 * judged by the same gate, then by Origin; then the upstream is asked, and only when it agrees is the client told so.
 * Any other upgrade is refused, and nothing of it reaches an upstream.
 */
export function serveUpgrades(server: Server, serverContext: ServerContext): Upgrades {
  const { editions, log } = serverContext
  const nextId = requestIds(editions.current().random)
  const tunnels: Tunnels = { open: new Map(), closing: false }
  server.on('upgrade', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => {})
    request.socket.setTimeout(0).setKeepAlive(true, limits.webSocketKeepAliveMs)
    // What came behind the handshake waits, as does the rest: nothing is read before there is a tunnel.
    if (head.length > 0) client.unshift(head)
    const edition = editions.enter()
    client.once('close', () => editions.leave(edition))
    const context = requestContextIn(serverContext, edition)
    attachContext(request, context)
    serve(context, request, client, nextId(), tunnels).catch((thrown) => {
      log.fault('internal.failed', thrown, {})
      client.destroy()
    })
  })
  editions.onSwap((next) => {
    for (const [tunnel, request] of tunnels.open) {
      mayStay(next, request).then(
        (stays) => stays || tunnel.close(closeCodes.policyViolation),
        () => tunnel.close(closeCodes.policyViolation),
      )
    }
  })
  return {
    closeAll() {
      tunnels.closing = true
      for (const tunnel of tunnels.open.keys()) tunnel.close(closeCodes.goingAway)
    },
  }
}

async function serve(
  context: RequestContext,
  request: IncomingMessage,
  client: Duplex,
  requestId: string,
  tunnels: Tunnels,
): Promise<void> {
  const admission = await admit(context.runtime, asProgram(request), requestId, performance.now())
  await decide(context, { request, client, admission }, tunnels)
}

/** Whether an open WebSocket would be opened under the rules that are in force now. Being asked keeps no session alive. */
async function mayStay({ gateway, sessions }: Runtime, request: IncomingMessage): Promise<boolean> {
  const lookUp = sessions.lookUp.bind(sessions)
  const admissionContext = { gateway, sessions: { use: lookUp, lookUp } }
  const { decision, location } = await admit(admissionContext, asProgram(request), 'again', 0)
  const serves = location !== null && location.forwarding.websocketOrigins !== null
  return decision.kind === 'allow' && serves && originMayConnect(location, request.headers.origin)
}

/** Nobody looks at the answer to a handshake: no page, and no redirect to a sign-in. */
function asProgram({ method, url, httpVersion, headers, rawHeaders, socket }: IncomingMessage) {
  const asked = { ...headers, 'sec-fetch-mode': 'websocket', 'sec-fetch-dest': 'websocket' }
  return { method, url, httpVersion, headers: asked, rawHeaders, socket }
}

async function decide(context: RequestContext, upgrade: Upgrade, tunnels: Tunnels): Promise<void> {
  const { request, admission } = upgrade
  const refused = (decision: Decision) =>
    refuse(context, { ...upgrade, admission: { ...admission, decision } })
  if (admission.decision.kind !== 'allow') return refused(admission.decision)
  const reading = readHandshake(request)
  if (!reading.ok) return refused({ kind: 'reject', status: reading.status, reason: reading.reason })
  const { location, principal } = admission
  if (location === null || location.forwarding.websocketOrigins === null) {
    return refused({ kind: 'reject', status: 400, reason: 'websocket-disabled' })
  }
  if (!originMayConnect(location, request.headers.origin)) {
    return refused({ kind: 'deny', reason: 'websocket-origin', principal })
  }
  carryAdmission(request, admission)
  const outbound = readOutbound(request, () => {})
  if (!outbound.ok) return refused(outbound.decision)
  try {
    await connect(context, upgrade, reading.handshake, outbound.outbound, tunnels)
  } catch (thrown) {
    if (isFault(thrown)) context.metrics.fault(thrown.code)
    context.log.fault('upstream.failed', thrown, {
      request_id: admission.requestId,
      app: admission.app?.name,
    })
    end(context, upgrade, faultAnswer({ ...admission, wantsPage: false }, isFault(thrown) ? thrown : null))
  }
}

async function refuse(context: RequestContext, upgrade: Upgrade): Promise<void> {
  const { request, admission } = upgrade
  carryAdmission(request, admission)
  const answer = await verdictAnswer(request)
  const { decision } = admission
  const tooOld = decision.kind === 'reject' && decision.status === 426
  // RFC 6455 section 4.4, RFC 9110 section 15.5.22.
  end(
    context,
    upgrade,
    tooOld ? withHeaders(answer, { upgrade: 'websocket', 'sec-websocket-version': '13' }) : answer,
  )
}

/** Asks the upstream; what it refuses is refused, in the gateway's own words. */
async function connect(
  context: RequestContext,
  upgrade: Upgrade,
  handshake: Handshake,
  outbound: Outbound,
  tunnels: Tunnels,
): Promise<void> {
  const headers = [...outbound.request.headers, ...offers(handshake)]
  const answer = await context.runtime.upstreams.upgrade({ ...outbound.request, headers, body: null })
  if (answer.kind === 'refused') {
    const status = answer.statusCode >= 400 ? answer.statusCode : 502
    end(context, upgrade, { status, headers: { 'cache-control': 'no-store' }, body: '' })
    return
  }
  const chosen = negotiated(handshake, answer.headers)
  if (chosen === null) {
    answer.socket.on('error', () => {}).destroy()
    throw new UpstreamFault('UPSTREAM_RESPONSE_INVALID', 'the upstream chose a protocol that was not offered')
  }
  const lines = [
    ...['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Accept', acceptKey(handshake.key)],
    ...(chosen.protocol === null ? [] : ['Sec-WebSocket-Protocol', chosen.protocol]),
    ...(chosen.extensions === null ? [] : ['Sec-WebSocket-Extensions', chosen.extensions]),
    ...outbound.toClient(answer.headers),
  ]
  if (upgrade.client.destroyed) {
    answer.socket.destroy()
    note(context, upgrade.admission, clientWentAway)
    return
  }
  upgrade.client.write(headText(101, lines), 'latin1')
  open(context, upgrade, answer, tunnels)
}

function open(
  context: RequestContext,
  { request, client, admission }: Upgrade,
  { socket }: UpstreamSocket,
  tunnels: Tunnels,
): void {
  const { log, metrics, runtime } = context
  const { session, origin } = admission
  const fields = {
    request_id: admission.requestId,
    app: admission.app?.name,
    location: admission.location?.label,
  }
  const tunnel = openTunnel(client, socket, () => {
    tunnels.open.delete(tunnel)
    unwatch()
    metrics.websocket(-1)
    log.event('info', 'websocket.closed', fields)
  })
  tunnels.open.set(tunnel, request)
  // Who could not open it now shall not keep it: signed out, expired, revoked.
  const unwatch =
    session === null || origin === null
      ? () => {}
      : runtime.sessions.onEnd(session, origin, () => tunnel.close(closeCodes.policyViolation))
  note(context, admission, 101)
  metrics.websocket(1)
  log.event('info', 'websocket.opened', fields)
  if (tunnels.closing) tunnel.close(closeCodes.goingAway)
}

function offers({ protocols, extensions }: Handshake): readonly string[] {
  return [
    ...(protocols.length === 0 ? [] : ['Sec-WebSocket-Protocol', protocols.join(', ')]),
    ...(extensions === null ? [] : ['Sec-WebSocket-Extensions', extensions]),
  ]
}

/** Answers in plain HTTP and closes: nothing that the client sent behind its handshake is looked at (S-190). */
function end(
  context: RequestContext,
  { client, admission }: Upgrade,
  { status, headers, body }: Answer,
): void {
  const lines = [
    ...Object.entries(headers).flat(),
    ...['Content-Length', String(Buffer.byteLength(body)), 'Connection', 'close'],
  ]
  note(context, admission, client.destroyed ? clientWentAway : status)
  client.end(headText(status, lines) + Buffer.from(body).toString('latin1'), 'latin1', () => client.destroy())
}

/** The end of a handshake, however it ended: the upstream may have heard of it. */
function note({ log, metrics, runtime }: RequestContext, admission: Admission, status: number): void {
  log.access(admission, status, runtime.edition)
  metrics.request(admission, status)
}

function headText(status: number, lines: readonly string[]): string {
  const texts = lines.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`))
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Answer'}\r\n${texts.join('')}\r\n`
}

import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Decision } from '../../core/decision.ts'
import { UpstreamFault } from '../../core/fault.ts'
import { limits } from '../../core/limits/table.ts'
import type { UpstreamSocket } from '../../core/ports.ts'
import type { Editions } from '../../runtime/editions.ts'
import { carryAdmission, judgesOf, sessionOf, upstreamOf } from '../admission/admission.ts'
import { watchCaller } from '../admission/caller-watch.ts'
import { countClientUse } from '../admission/client-use.ts'
import { admit } from '../admission/gate.ts'
import { reportFault, reportUndecided } from '../operations/report-fault.ts'
import { type Outbound, readOutbound } from '../proxy/outbound.ts'
import { whenConnectionEnds } from '../server/certified-connections.ts'
import {
  attachContext,
  type RequestContext,
  requestContextIn,
  type ServerContext,
} from '../server/context.ts'
import { holdEarlyBytes } from './early-bytes.ts'
import { closeCodes } from './frames.ts'
import {
  acceptance,
  asProgram,
  type Handshake,
  negotiated,
  offers,
  originMayConnect,
  passWebSockets,
  readHandshake,
} from './handshake.ts'
import { OpenWebSockets } from './open-websockets.ts'
import { headText } from './plain-answer.ts'
import { failed, passOnRefusal, refuse } from './refusal.ts'
import { openTunnel } from './tunnel.ts'
import { invalid, note, type Upgrade } from './upgrade.ts'

export interface Upgrades {
  /** Takes the upgrades of a server; those of all servers count together. */
  serve(server: Server): void
  /** Tells every client that the gateway goes away, and closes. */
  closeAll(): void
}

/** What all upgrades of the process share. */
interface Shared {
  readonly editions: Editions
  readonly webSockets: OpenWebSockets
}

/**
 * WebSockets by code of our own (@fastify/http-proxy says 101 before the upstream has, and drops our headers):
 * judged by the same gate, then by Origin; then the upstream is asked, and only when it agrees is the client told so.
 * Any other upgrade is refused, and nothing of it reaches an upstream.
 */
export function openUpgrades(serverContext: ServerContext): Upgrades {
  const { editions, log, requestIds } = serverContext
  const webSockets = new OpenWebSockets()
  const take = (request: IncomingMessage, client: Duplex, head: Buffer): void => {
    client.on('error', () => {})
    request.socket.setTimeout(0).setKeepAlive(true, limits.webSocketKeepAliveMs)
    const edition = editions.enter()
    client.once('close', () => editions.leave(edition))
    const signal = webSockets.begin(client)
    const context = requestContextIn(serverContext, edition)
    attachContext(request, context)
    const earlyBytes = holdEarlyBytes(client, head)
    serve(context, { request, client, earlyBytes, signal }, requestIds.next(), {
      editions,
      webSockets,
    }).catch((thrown) => {
      log.fault('internal.failed', thrown, {})
      client.destroy()
    })
  }
  editions.subscribe('webSockets', (next) => void webSockets.judgeAgain(next))
  return {
    serve: (server) => void server.on('upgrade', take),
    closeAll: () => webSockets.closeAll(),
  }
}

async function serve(
  context: RequestContext,
  upgrade: Omit<Upgrade, 'admission'>,
  requestId: string,
  shared: Shared,
): Promise<void> {
  const facts = asProgram(upgrade.request)
  const admission = await admit(context.runtime, facts, requestId, performance.now())
  reportUndecided(context, admission)
  await decide(context, { ...upgrade, admission }, shared)
}

async function decide(context: RequestContext, upgrade: Upgrade, shared: Shared): Promise<void> {
  const { request, client, admission } = upgrade
  const refused = (decision: Decision, detail = admission.detail) =>
    refuse(context, { ...upgrade, admission: { ...admission, decision, detail } })
  if (admission.decision.kind !== 'allow') return refused(admission.decision)
  const reading = readHandshake(request)
  if (!reading.ok) return refused({ kind: 'reject', status: reading.status, reason: reading.reason })
  const { principal } = admission
  const judges = judgesOf(admission)
  if (!passWebSockets(judges)) {
    return refused({ kind: 'reject', status: 400, reason: 'websocket-disabled' })
  }
  if (!originMayConnect(judges, request.headers.origin, admission.header)) {
    return refused({ kind: 'deny', reason: 'websocket-origin', principal })
  }
  if (!shared.webSockets.countFor(admission, client)) {
    return refused({ kind: 'reject', status: 429, reason: 'websocket-limit' })
  }
  carryAdmission(request, admission)
  const outbound = readOutbound(request, () => {})
  if (!outbound.ok) return refused(outbound.decision, outbound.detail)
  try {
    await connect(context, upgrade, reading.handshake, outbound.outbound, shared)
  } catch (thrown) {
    failed(context, upgrade, thrown)
  }
}

/** Asks the upstream; what it refuses is refused, in its own words. */
async function connect(
  context: RequestContext,
  upgrade: Upgrade,
  handshake: Handshake,
  outbound: Outbound,
  shared: Shared,
): Promise<void> {
  const headers = [...outbound.request.headers, ...offers(handshake)]
  const answer = await context.runtime.upstreams.upgrade(
    { ...outbound.request, headers, body: null },
    upgrade.signal,
  )
  if (answer.kind === 'refused') {
    passOnRefusal(context, upgrade, outbound, answer)
    return
  }
  const chosen = negotiated(handshake, answer.headers)
  if (chosen === null) {
    answer.socket.on('error', () => {}).destroy()
    throw invalid(outbound, 'it chose a protocol or extension for the WebSocket that was not offered')
  }
  const { headers: passedOn } = outbound.toClient({
    statusCode: 101,
    reasonPhrase: null,
    headers: answer.headers,
  })
  const lines = [...acceptance(handshake, chosen), ...passedOn]
  if (upgrade.signal.aborted) {
    answer.socket.on('error', () => {}).destroy()
    throw new UpstreamFault('UPSTREAM_ABORTED', 'nobody waits for it any more')
  }
  upgrade.client.write(headText({ statusCode: 101, reasonPhrase: null, headers: lines }), 'latin1')
  open(context, upgrade, answer, shared)
}

function open(
  context: RequestContext,
  { request, client, earlyBytes, admission }: Upgrade,
  { socket }: UpstreamSocket,
  { editions, webSockets }: Shared,
): void {
  const { log, metrics, runtime } = context
  const { requestId } = admission
  const fields = { request_id: requestId, app: admission.app?.name, location: admission.location?.label }
  const ofSession = sessionOf(admission)
  const of = { request_id: requestId, app: admission.app?.name }
  const report = (thrown: unknown) => reportFault(context, 'store.failed', thrown, of)
  earlyBytes.putBack()
  let reason: string | undefined
  const tunnel = openTunnel(client, socket, {
    onClosed() {
      webSockets.delete(tunnel)
      unwatch?.()
      forget()
      metrics.websocket(-1)
      log.event('info', 'websocket.closed', { ...fields, reason })
    },
    onClientData:
      ofSession === null ? null : countClientUse(editions.current, request, ofSession.origin, report),
  })
  const onRefused = (why: string) => {
    reason = why
  }
  webSockets.add(tunnel, { request, upstream: upstreamOf(admission), onRefused })
  const judge = () => webSockets.judge(tunnel, editions.current())
  // Who could not open it now shall not keep it: signed out, expired, revoked, or allowed less by what is said now.
  const signedOut = () => {
    onRefused('session-ended')
    tunnel.close(closeCodes.policyViolation)
  }
  const unwatch = watchCaller(runtime, admission, { ended: signedOut, judge })
  const forget = whenConnectionEnds(request.socket, () => {
    tunnel.close(closeCodes.serviceRestart)
    return true
  })
  note(context, admission, 101)
  metrics.websocket(1)
  log.event('info', 'websocket.opened', fields)
  // It was let in by rules that are no longer in force.
  if (editions.current() !== runtime) judge()
}

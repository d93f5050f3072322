import type http from 'node:http'
import type { Server } from 'node:http'
import fastifyCookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Decision } from '../../core/decision.ts'
import { errorCode } from '../../core/error-code.ts'
import { isFault, LoginFault, ProviderFault, StoreFault, UpstreamFault } from '../../core/fault.ts'
import { limits } from '../../core/limits/table.ts'
import { type Admission, admissionOf, carryAdmission, sessionOf } from '../admission/admission.ts'
import { countClientUse } from '../admission/client-use.ts'
import { verdictAnswer } from '../admission/verdict-answer.ts'
import { believedOf } from '../operations/mark.ts'
import { reportFault } from '../operations/report-fault.ts'
import { changeOwnKeys } from '../own-keys/change.ts'
import { ownKeys } from '../own-keys/own-keys.ts'
import { type Answer, faultAnswer, refusal, send } from '../pages/answer.ts'
import { OpenEventStreams } from '../proxy/event-streams.ts'
import { proxy } from '../proxy/proxy.ts'
import { account } from '../sign-in/account.ts'
import { backChannelLogout } from '../sign-in/backchannel-logout.ts'
import { callback } from '../sign-in/callback.ts'
import { frontChannelLogout } from '../sign-in/frontchannel-logout.ts'
import { login, takeUp } from '../sign-in/login.ts'
import { askToLogOut, loggedOut, logOut } from '../sign-in/logout.ts'
import { me } from '../sign-in/me.ts'
import { endOwnSessions, ownSessions } from '../sign-in/own-sessions.ts'
import { resourceMetadataPreflight, showResourceMetadata } from '../sign-in/resource-metadata.ts'
import { resumeForm } from '../sign-in/resume.ts'
import { giveToken } from '../token/token.ts'
import { asTokenError } from '../token/token-answer.ts'
import { openUpgrades } from '../websocket/websocket.ts'
import { whenConnectionEnds } from './certified-connections.ts'
import { contextOf, type RequestContext, type ServerContext } from './context.ts'
import { noteCut } from './cut-answer.ts'
import { createRequestListener } from './request-listener.ts'
import { createServer, serverLimits } from './server.ts'
import { tlsOf } from './tls.ts'
import { dropRest } from './unread-body.ts'

export interface ServedApp {
  /** Its own server is the first of the first place of `listen`. */
  readonly app: FastifyInstance
  /** Makes one more server, which serves the same, for a place of `listen`. Who calls it closes it. */
  readonly makeServer: (index: number) => Server
}

/**
 * What the gateway serves, and where each of it stands. The request listener has judged before any of
 * this runs, and shows Fastify a constant address: its router never sees what a client wrote. `onServer` hears of each
 * server when it is made, before it listens.
 */
export async function createApp(
  serverContext: ServerContext,
  onServer: (server: Server, index: number) => void = () => {},
): Promise<ServedApp> {
  const { editions, log } = serverContext
  const requestListener = createRequestListener(serverContext)
  const upgrades = openUpgrades(serverContext)
  let handle: http.RequestListener = () => {}
  const makeServer = (index: number): Server => {
    const { gateway } = editions.current()
    const listener = gateway.listeners[index]
    if (listener === undefined) throw new Error(`there is no place ${index} of \`listen\``)
    const server = createServer(
      listener,
      serverLimits,
      requestListener,
      (request, response) => handle(request, response),
      (code) => log.event('info', 'request.unreadable', { code }),
      tlsOf(listener, gateway),
    )
    upgrades.serve(server)
    onServer(server, index)
    return server
  }
  const eventStreams = new OpenEventStreams()
  editions.subscribe('eventStreams', (next) => void eventStreams.judgeAgain(next))
  const app = Fastify({
    // A URL that its router would refuse or repair does not occur: see request-listener.ts.
    exposeHeadRoutes: false,
    return503OnClosing: false,
    // Its own would write into an answer that is under way: see server.ts.
    clientErrorHandler: () => {},
    serverFactory: (handler) => {
      handle = handler
      return makeServer(0)
    },
  })
  app.setErrorHandler(answerFault)
  app.setNotFoundHandler(() => {
    throw new Error('the request listener showed an address that is not served')
  })
  // WebSockets and server-sent events are never done by themselves: the server would wait for them, and cut them.
  app.addHook('preClose', async () => {
    upgrades.closeAll()
    eventStreams.closeAll()
  })
  // Only to write: it decodes what it reads, and takes the first of two. See core/cookies.
  await app.register(fastifyCookie, { hook: false })
  await app.register(ownAddresses)
  await app.register(proxy, {
    refuse: (request, reply, decision, detail) => {
      refuse(request, reply, decision, detail).catch((thrown) => answerFault(thrown, request, reply))
    },
    onCut: (fault, raw) => {
      if (isFault(fault)) noteCut(raw, fault.code)
      tellOf(contextOf(raw), fault, admissionOf(raw))
    },
    onBody: (raw) => {
      const admission = admissionOf(raw)
      const used = sessionOf(admission)
      const of = { request_id: admission.requestId, app: admission.app?.name }
      const report = (thrown: unknown) => reportFault(contextOf(raw), 'store.failed', thrown, of)
      return used === null ? null : countClientUse(editions.current, raw, used.origin, report)
    },
    onBodyLeft: (raw) => dropRest(contextOf(raw), raw),
    onEventStream: (raw, end) => {
      const { runtime } = contextOf(raw)
      const admission = admissionOf(raw)
      const { requestId: request_id, app: of, location } = admission
      const endFor = (reason?: string) => {
        const fields = { request_id, app: of?.name, location: location?.label, reason }
        if (reason !== undefined) log.event('info', 'event-stream.ended', fields)
        end()
      }
      const leave = eventStreams.add(runtime, raw, admission, endFor, editions.current)
      const forget = whenConnectionEnds(raw.socket, () => {
        eventStreams.end(raw)
        return false
      })
      // Let in by rules that are gone meanwhile.
      if (editions.current() !== runtime) eventStreams.judge(editions.current(), raw)
      return () => {
        forget()
        leave()
      }
    },
    onReflectedSecret: ({ requestId, app: reflecting }) => {
      log.event('error', 'upstream.secret-reflected', { request_id: requestId, app: reflecting?.name })
    },
  })
  return { app, makeServer }
}

/** A preflight has no page of its own: what it is told stands in the headers of its location. */
const preflightAnswer: Answer = { status: 204, headers: { 'cache-control': 'no-store' }, body: '' }

/** The gateway's own addresses, and its own answers. Small forms are read here and nowhere else. */
async function ownAddresses(scope: FastifyInstance): Promise<void> {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: limits.formBytes },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  )
  const query = (request: FastifyRequest) => new URLSearchParams(admissionOf(request.raw).target?.query)
  const form = (request: FastifyRequest) =>
    request.body instanceof URLSearchParams ? request.body : new URLSearchParams()

  scope.get('/answer', async (request, reply) => send(reply, await verdictAnswer(request.raw)))
  scope.get('/preflight', async (_request, reply) => send(reply, preflightAnswer))
  scope.get('/own/health', async (request, reply) => {
    const believed = believedOf(contextOf(request.raw).runtime, request.raw)
    if (believed !== null) return reply.header('cache-control', 'no-store').send(believed)
    return reply.type('text/plain').header('cache-control', 'no-store').send('ok\n')
  })
  scope.get('/own/login', async (request, reply) =>
    send(reply, await login(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.post('/own/login', async (request, reply) =>
    send(reply, takeUp(contextOf(request.raw), admissionOf(request.raw), request.headers, form(request))),
  )
  scope.get('/own/callback', async (request, reply) =>
    send(
      reply,
      await callback(contextOf(request.raw), admissionOf(request.raw), request.headers, query(request)),
    ),
  )
  scope.post('/own/callback', async (request, reply) =>
    send(
      reply,
      await callback(contextOf(request.raw), admissionOf(request.raw), request.headers, form(request)),
    ),
  )
  scope.get('/own/logout', async (request, reply) =>
    send(reply, await askToLogOut(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.post('/own/logout', async (request, reply) =>
    send(
      reply,
      await logOut(contextOf(request.raw), admissionOf(request.raw), request.headers, form(request)),
    ),
  )
  scope.get('/own/logged-out', async (request, reply) =>
    send(reply, loggedOut(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.post('/own/backchannel-logout', { bodyLimit: limits.logoutFormBytes }, async (request, reply) =>
    send(reply, await backChannelLogout(contextOf(request.raw), admissionOf(request.raw), form(request))),
  )
  scope.post('/own/token', { bodyLimit: limits.tokenFormBytes }, async (request, reply) =>
    send(reply, await giveToken(request)),
  )
  scope.get('/own/frontchannel-logout', async (request, reply) =>
    send(reply, await frontChannelLogout(contextOf(request.raw), admissionOf(request.raw))),
  )
  scope.get('/own/account', async (request, reply) =>
    send(reply, await account(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.get('/own/sessions', async (request, reply) =>
    send(reply, await ownSessions(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.post('/own/sessions', async (request, reply) =>
    send(
      reply,
      await endOwnSessions(contextOf(request.raw), admissionOf(request.raw), request.headers, form(request)),
    ),
  )
  scope.get('/own/keys', async (request, reply) =>
    send(reply, await ownKeys(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.post('/own/keys', async (request, reply) =>
    send(
      reply,
      await changeOwnKeys(contextOf(request.raw), admissionOf(request.raw), request.headers, form(request)),
    ),
  )
  scope.get('/own/resume', async (request, reply) =>
    send(reply, await resumeForm(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.get('/own/resource-metadata', async (request, reply) =>
    send(reply, showResourceMetadata(contextOf(request.raw), admissionOf(request.raw))),
  )
  scope.options('/own/resource-metadata', async (_request, reply) => send(reply, resourceMetadataPreflight))
  scope.get('/own/me', async (request, reply) =>
    send(reply, await me(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
}

/** A request that was let in and cannot be sent as it is: the verdict changes, and the access line says so. */
async function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  decision: Decision,
  detail: string | null,
): Promise<void> {
  carryAdmission(request.raw, { ...admissionOf(request.raw), decision, detail })
  send(reply, await verdictAnswer(request.raw))
}

const bodyTooLarge = { kind: 'reject', status: 413, reason: 'body-too-large' } as const

/** The one place where something thrown becomes an answer. */
function answerFault(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const admission = admissionOf(request.raw)
  // A client that went away in the middle of its body is nobody's fault; the access line has it.
  const goneAway = request.raw.destroyed && !request.raw.complete
  if (reply.raw.headersSent || goneAway) {
    reply.raw.destroy()
    return
  }
  const answer = (told: Answer) => {
    if (admission.address !== 'token') send(reply, told)
    else {
      contextOf(request.raw).metrics.token(told.status < 500 ? 'refused' : 'failed')
      send(reply, asTokenError(told))
    }
  }
  switch (errorCode(thrown)) {
    // Counted as it came, or announced: the same refusal, and the access line says so.
    case 'REQUEST_BODY_TOO_LARGE':
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      carryAdmission(request.raw, { ...admission, decision: bodyTooLarge })
      answer(refusal(admission, bodyTooLarge.status, bodyTooLarge.reason))
      return
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      answer(refusal(admission, 415, 'media-type-unknown'))
      return
    default:
      tellOf(contextOf(request.raw), thrown, admission)
      answer(faultAnswer(admission, isFault(thrown) ? thrown : null))
  }
}

function tellOf(context: RequestContext, thrown: unknown, admission: Admission): void {
  const of = { request_id: admission.requestId, app: admission.app?.name }
  const isOfClient = isFault(thrown) && (thrown.status === 413 || thrown.status === 408)
  // A body that is too long or stands still is the client's; the access line has it.
  if (isOfClient) context.metrics.fault(thrown.code, of.app ?? null)
  else reportFault(context, eventOf(thrown), thrown, of)
}

function eventOf(fault: unknown) {
  if (fault instanceof UpstreamFault) return 'upstream.failed'
  if (fault instanceof StoreFault) return 'store.failed'
  if (fault instanceof ProviderFault) return 'provider.failed'
  return fault instanceof LoginFault ? 'login.failed' : 'internal.failed'
}

import type http from 'node:http'
import type { Server } from 'node:http'
import fastifyCookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Decision } from '../../core/decision.ts'
import { isFault } from '../../core/fault.ts'
import { admissionOf, carryAdmission, sessionOf } from '../admission/admission.ts'
import { countClientUse } from '../admission/client-use.ts'
import { verdictAnswer } from '../admission/verdict-answer.ts'
import { reportFault } from '../operations/report-fault.ts'
import { send } from '../pages/answer.ts'
import { OpenEventStreams } from '../proxy/event-streams.ts'
import { proxy } from '../proxy/proxy.ts'
import { openUpgrades } from '../websocket/websocket.ts'
import { whenConnectionEnds } from './certified-connections.ts'
import { contextOf, type ServerContext } from './context.ts'
import { noteCut } from './cut-answer.ts'
import { answerFault, tellOf } from './fault-answer.ts'
import { ownAddresses } from './own-addresses.ts'
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

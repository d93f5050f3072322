import type { IncomingMessage, ServerResponse } from 'node:http'
import { announcesBody, expectsContinue } from '../../core/request/body.ts'
import { takesWholeBodies } from '../../core/upstream-settings.ts'
import { type Admission, admissionOf, carryAdmission } from '../admission/admission.ts'
import { isOwnPreflight } from '../admission/cors.ts'
import { admitForm } from '../admission/resumption.ts'
import { reportUndecided } from '../operations/report-fault.ts'
import { noteUntrustedProxy } from '../operations/untrusted-proxy.ts'
import { handOver } from '../proxy/proxy.ts'
import { attachContext, type RequestContext, requestContextIn, type ServerContext } from './context.ts'
import { cutOf } from './cut-answer.ts'
import { limitFormTime } from './form-time.ts'
import type { RequestListener } from './server.ts'
import { dropRest } from './unread-body.ts'

/**
 * Stands before Fastify: judges each request, notes its end in the access line, and shows Fastify a constant address
 * in place of what the client wrote. Nobody behind it looks at the request line again.
 */
export function createRequestListener(serverContext: ServerContext): RequestListener {
  const { editions, log, metrics, requestIds } = serverContext
  const noteProxy = noteUntrustedProxy(log)
  return (request, response, next) => {
    const edition = editions.enter()
    const context = requestContextIn(serverContext, edition)
    let judged = false
    let over = false
    const noteEnd = (): void => {
      const cut = response.writableFinished ? null : cutOf(request)
      const status = response.writableFinished || cut !== null ? response.statusCode : clientWentAway
      // Asked only now: a request that was let in may prove impossible to send.
      const admission = admissionOf(request)
      log.access(admission, status, context.runtime.edition, cut)
      metrics.request(admission, status)
    }
    // Whether the answer was sent or the client went away. Not `once`, which costs a request its own closure.
    response.on('close', () => {
      if (over) return
      editions.leave(edition)
      over = true
      if (judged) noteEnd()
    })
    const passOn = (admission: Admission): void => {
      judged = true
      noteProxy(admission)
      attachContext(request, context)
      carryAdmission(request, admission)
      reportUndecided(context, admission)
      // The client left while its session was looked up: the edition is left, and nobody is to be served by it.
      if (over) noteEnd()
      else {
        showAddress(context, request, response, admission)
        next()
      }
    }
    const failed = (thrown: unknown): void => {
      log.fault('internal.failed', thrown, {})
      if (response.headersSent) {
        response.destroy()
        return
      }
      if (announcesBody(request.headers)) dropRest(context, request)
      response.writeHead(500, { connection: 'close', 'cache-control': 'no-store' }).end()
    }
    try {
      const admission = admitForm(context, request, requestIds.next(), performance.now())
      if (admission instanceof Promise) admission.then(passOn).catch(failed)
      else passOn(admission)
    } catch (thrown) {
      failed(thrown)
    }
  }
}

/** In the log only: no client ever saw it. */
export const clientWentAway = 499

/** Where Fastify takes the request; see app.ts. Only here is a body promised to be read. */
function showAddress(
  context: RequestContext,
  request: IncomingMessage,
  response: ServerResponse,
  admission: Admission,
): void {
  const { decision, address, app } = admission
  if (decision.kind !== 'allow') {
    request.url = '/answer'
    request.method = 'GET'
    return
  }
  if (isOwnPreflight(admission)) {
    request.url = '/preflight'
    request.method = 'GET'
    return
  }
  // A body that is held is asked for where it is known that there is room for it.
  const isHeld = address === null && app !== null && takesWholeBodies(app.upstream)
  if (!isHeld && expectsContinue(request)) response.writeContinue()
  if (address === null) handOver(request)
  else {
    request.url = `/own/${address}`
    if (request.method === 'HEAD') request.method = 'GET'
    if (request.method === 'POST') limitFormTime(request, context.runtime.gateway.bodyRate)
  }
}

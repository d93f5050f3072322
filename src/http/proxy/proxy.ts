import type { IncomingMessage } from 'node:http'
import httpProxy, { type FastifyHttpProxyOptions } from '@fastify/http-proxy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Decision } from '../../core/decision.ts'
import { heldShare } from '../../runtime/held-share.ts'
import { type Admission, admissionOf } from '../admission/admission.ts'
import { contextOf } from '../server/context.ts'
import { Exchange, type ExchangeObserver } from './exchange.ts'
import { readOutbound } from './outbound.ts'

/** The one address that Fastify routes to the proxy. */
const proxyPath = '/'

/**
 * Shows Fastify one constant request line in place of the client's. Its router and its body parsers would judge
 * path, method and Content-Type by rules of their own; the gate has judged already, and what is sent comes from
 * the admission alone. Node has noted by then whether the answer has a body (HEAD).
 */
export function handOver(request: IncomingMessage): void {
  request.url = proxyPath
  request.method = 'GET'
}

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange | null
  }
}

const carried = Symbol('request')
const none = Object.freeze({})

/** What @fastify/reply-from hands to `undici.request`, as far as we look at it. */
interface Call {
  readonly headers: { readonly [carried]: Exchange }
}

interface ProxyOptions extends ExchangeObserver {
  /** An app sent the shared secret back; it was taken off the answer. */
  readonly onReflectedSecret: (admission: Admission) => void
  /** Answers a request that was let in and cannot be sent as it is (an identity that no header can hold). */
  /** `detail` is for the log alone. */
  readonly refuse: (
    request: FastifyRequest,
    reply: FastifyReply,
    decision: Decision,
    detail: string | null,
  ) => void
}

/**
 * Admitted requests go to their upstream by @fastify/http-proxy, through its extension points: `undici.request` is
 * where a request leaves, `onResponse` where its answer comes back. What lies between is left without work, and
 * each default that is wrong for us is stated.
 */
export async function proxy(scope: FastifyInstance, options: ProxyOptions): Promise<void> {
  // Bodies are streams that nobody here reads: a parser that stays (text/plain) would.
  scope.removeAllContentTypeParsers()
  scope.decorateRequest('exchange', null)
  await scope.register(httpProxy, {
    // Never resolved nor dialled: each request names its own upstream.
    upstream: 'http://upstream.invalid',
    // Theirs does not verify certificates.
    undici: { request: send as never },
    routes: [proxyPath],
    httpMethods: ['GET'],
    proxyPayloads: false,
    // Theirs says 101 before the upstream has, drops our headers and asks no Origin: see websocket.ts.
    websocket: false,
    // Takes the request over, and so never calls `done`. Behind it http-proxy would work out a destination from
    // `request.url`, by four URLs each time; ours stands in the admission.
    preHandler: (request, reply, _done) => {
      const reading = readOutbound(request.raw, options.onReflectedSecret)
      if (!reading.ok) {
        options.refuse(request, reply, reading.decision, reading.detail)
        return
      }
      const { outbound } = reading
      const { runtime } = contextOf(request.raw)
      request.exchange = new Exchange({
        request: request.raw,
        response: reply.raw,
        outbound,
        upstreams: runtime.upstreams,
        share: heldShare(runtime, admissionOf(request.raw).network, {
          upstream: outbound.request.upstream,
          maxBodyBytes: outbound.maxBodyBytes,
        }),
        observer: options,
      })
      reply.from(proxyPath, replyOptions)
    },
  })

  function send(call: Call, callback: (fault: Error | null, answer?: object) => void): void {
    const exchange = call.headers[carried]
    exchange.start((fault, statusCode) =>
      fault === null ? callback(null, { statusCode, headers: none, body: exchange }) : callback(fault),
    )
  }
}

/** How @fastify/reply-from treats a request of ours, and its answer. */
const replyOptions: NonNullable<FastifyHttpProxyOptions['replyOptions']> = {
  // The headers that are sent come from core/headers, not from a copy with some taken off.
  rewriteRequestHeaders: (request) => ({ [carried]: request.exchange }) as never,
  rewriteHeaders: () => none,
  onResponse: (request, reply) => request.exchange?.begin(reply.statusCode),
  // The default repeats a GET that was answered 503 ten times; `maxRetriesOn503: 0` means ten as well.
  retryDelay: () => null,
  // The default answers 500 with the upstream's address in it.
  onError: (reply, { error }) => {
    // What is left of a body must not be read as a next request.
    if (!reply.request.raw.complete) reply.header('connection', 'close')
    reply.send(error.cause ?? error)
  },
}

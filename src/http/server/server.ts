import { X509Certificate } from 'node:crypto'
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { coversHost } from '../../core/certificate.ts'
import type { ListenSettings } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import { asksForWebSocket } from '../websocket/handshake.ts'
import { Connection, connectionOf } from './connection.ts'

/** Takes a request before Fastify sees it; `next` hands it on. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

export interface ServerLimits {
  /**
   * A socket that says nothing is closed after this long (slowloris); the handshake of TLS and the headers of a
   * request must be complete in the same time.
   */
  readonly silenceMs: number
  /** How often requests are looked for whose headers take too long. */
  readonly checkEveryMs: number
  /** How long an answer that has ended may stand in the gateway without a byte of it being taken. */
  readonly unreadMs: number
}

export const serverLimits: ServerLimits = {
  silenceMs: limits.silenceMs,
  checkEveryMs: 5_000,
  unreadMs: limits.answerUnreadMs,
}

/**
 * The HTTP server under Fastify, with the limits that Fastify leaves open. `Expect: 100-continue` takes the same
 * path as any request: nothing is promised to a client before it was let in (RFC 9110 section 10.1.1).
 */
export function createServer(
  listen: ListenSettings,
  limits: ServerLimits,
  requestListener: RequestListener,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  onUnreadable: (code: string, socket: Socket) => void,
): Server {
  const { unreadMs } = limits
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    // While the gateway stops, a connection ends with what is under way on it.
    if (!server.listening) response.shouldKeepAlive = false
    requestListener(request, response, () => handler(request, response))
  }
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request
    const connection = connectionOf(socket) ?? new Connection(socket, unreadMs)
    connection.take(request, response, serve)
  }
  // Behind an answer that is still to come a tunnel would overtake it, and get it in the midst of its frames.
  const upgrades = (request: IncomingMessage): boolean =>
    asksForWebSocket(request) && (connectionOf(request.socket)?.isIdle() ?? true)
  const options = optionsOf(limits, upgrades)
  const server = listen.tls.length > 0 ? createTlsServer(listen, limits, options) : http.createServer(options)
  server.on('request', onRequest)
  server.on('checkContinue', onRequest)
  server.on('checkExpectation', onRequest)
  server.on(listen.tls.length > 0 ? 'secureConnection' : 'connection', (socket: Socket) => {
    socket.setTimeout(limits.silenceMs, () => socket.destroy())
  })
  const unreadable = new WeakSet<Socket>()
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // The parser says it of each piece that is still on its way; the first one has ended the connection.
    if (unreadable.has(socket)) return
    // The client broke off in a body that was being dropped: it has its answer.
    if (socket.writableEnded && (connectionOf(socket)?.isIdle() ?? false)) {
      socket.destroy()
      return
    }
    unreadable.add(socket)
    endUnreadable(error.code ?? '', socket)
    // Nothing was unreadable: of a request that was under way the access line tells.
    if (!isBrokenConnection(error.code)) onUnreadable(error.code ?? 'unknown', socket)
  })
  return server
}

function optionsOf(
  { silenceMs, checkEveryMs }: ServerLimits,
  upgrades: (request: IncomingMessage) => boolean,
): http.ServerOptions {
  return {
    insecureHTTPParser: false,
    maxHeaderSize: limits.requestHeaderBytes,
    requireHostHeader: true,
    headersTimeout: silenceMs,
    // Bodies have their own idle time-out in the proxy: a long upload is no attack.
    requestTimeout: 0,
    keepAliveTimeout: limits.idleBetweenRequestsMs,
    connectionsCheckingInterval: checkEveryMs,
    // What is not upgraded (h2c and its like) is a plain request: RFC 9110 section 7.8 lets a server ignore an Upgrade.
    shouldUpgradeCallback: upgrades,
  }
}

/** The first certificate serves clients that name no host; the others by the names they hold (SNI, RFC 6066). */
function createTlsServer(
  listen: ListenSettings,
  limits: ServerLimits,
  options: http.ServerOptions,
): https.Server {
  const clients =
    listen.clientCa === null ? {} : { ca: listen.clientCa, requestCert: true, rejectUnauthorized: true }
  const server: https.Server = https.createServer({
    ...options,
    handshakeTimeout: limits.silenceMs,
    ...clients,
    SNICallback: (name, done) => done(null, contextFor(server, name)),
  })
  useCertificates(server, listen)
  return server
}

/** From the next handshake on: at the start, and when a certificate was renewed. Nothing for a server without TLS. */
export function useCertificates(server: Server, listen: ListenSettings): void {
  if (!(server instanceof https.Server)) return
  const contextOf = ({ certificate, key }: ListenSettings['tls'][number]): SecureContextOptions => ({
    cert: certificate,
    key: key.reveal(),
    minVersion: 'TLSv1.2',
    ...(listen.clientCa === null ? {} : { ca: listen.clientCa }),
  })
  const [first, ...others] = listen.tls
  if (first !== undefined) server.setSecureContext(contextOf(first))
  const named = others.map((pair) => ({
    names: dnsNames(pair.certificate),
    context: createSecureContext(contextOf(pair)),
  }))
  contexts.set(server, named)
}

interface NamedContext {
  readonly names: readonly string[]
  readonly context: SecureContext
}

/** Ours, as the server's own list (`addContext`) only ever grows: it would go on with certificates that were replaced. */
const contexts = new WeakMap<https.Server, readonly NamedContext[]>()

/** Of two certificates for one name the later; none: the server takes the first of all. */
function contextFor(server: https.Server, name: string): SecureContext | undefined {
  const asked = name.toLowerCase()
  return contexts.get(server)?.findLast(({ names }) => names.some((own) => coversHost(own, asked)))?.context
}

function dnsNames(certificate: string): readonly string[] {
  const names = new X509Certificate(certificate).subjectAltName ?? ''
  return names.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4).toLowerCase()] : []))
}

/**
 * Bytes that are no HTTP end a connection. What was asked for before them is still answered; nothing is written into
 * an answer that has begun, where a client would read it as a part of that.
 */
function endUnreadable(code: string, socket: Socket): void {
  const connection = connectionOf(socket)
  const newest = connection?.newest() ?? null
  // A broken handshake or connection: who could be told?
  const isHttp = code.startsWith('HPE_') || code.startsWith('ERR_HTTP_')
  if (newest?.req.complete && isHttp) connection?.endAfterTaken()
  else if (isHttp && (newest === null || (connection?.servesOne() && !newest.headersSent))) {
    answerUnreadable(code, socket)
  } else {
    socket.destroy()
  }
}

/** The client, or its network, is gone. Nothing of it was read that could be no HTTP. */
function isBrokenConnection(code: string | undefined): boolean {
  switch (code) {
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENETDOWN':
      return true
    default:
      return false
  }
}

/** What a client that speaks no HTTP is told: the status alone, and the connection is over. */
function answerUnreadable(code: string, socket: Socket): void {
  if (!socket.writable) return
  const [status, text] =
    code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'Request Header Fields Too Large']
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout']
        : [400, 'Bad Request']
  socket.write(
    `HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 0\r\n\r\n`,
  )
  // Whether the client closes its side or not.
  socket.destroySoon()
}

import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ListenSettings } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import { asksForWebSocket } from '../websocket/handshake.ts'
import { Connection, connectionOf } from './connection.ts'
import { createTlsServer, type TlsSettings } from './tls.ts'

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

/** A connection, with what the gate is to know of each of its requests: see `RequestFacts`. */
type Accepted = (Socket | TLSSocket) & { isUnix?: boolean; handshakeName?: string | null }

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
  tls: TlsSettings = listen,
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
  const server = listen.tls.length > 0 ? createTlsServer(tls, limits, options) : http.createServer(options)
  server.on('request', onRequest)
  server.on('checkContinue', onRequest)
  server.on('checkExpectation', onRequest)
  server.on(listen.tls.length > 0 ? 'secureConnection' : 'connection', (socket: Socket) => {
    const accepted: Accepted = socket
    accepted.isUnix = listen.socketPath !== null
    if (listen.asksCertificates) accepted.handshakeName = nameInHandshake(accepted)
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

function nameInHandshake(socket: Accepted): string | null {
  const name = 'servername' in socket ? socket.servername : null
  return typeof name === 'string' && name !== '' ? name.toLowerCase() : null
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

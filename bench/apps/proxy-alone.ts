import http from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import pino from 'pino'
import { handOver, proxy } from '../../src/http/proxy.ts'
import { createUpstreams } from '../../src/upstream/agents.ts'

/** The forwarding of claimgate behind a stand-in for the gate: for work on the proxy, not part of the bench. */
const url = new URL(process.argv[2] ?? '')
const upstream = {
  scheme: 'http',
  hostname: url.hostname,
  port: Number(url.port),
  origin: url.origin,
  host: url.host,
  basePath: '',
  ca: null,
  headers: [],
  preserveHost: false,
  stripPrefix: false,
} as const
const timeouts = { connectSeconds: 5, responseSeconds: 60, idleSeconds: 300 }
const upstreams = createUpstreams()

import { writeSync } from 'node:fs'

function turnDestination() {
  let lines = ''
  let due = false
  const flush = () => {
    due = false
    const out = lines
    lines = ''
    writeSync(1, out)
  }
  return {
    write(line: string) {
      lines += line
      if (!due) {
        due = true
        setImmediate(flush)
      }
    },
  }
}
const dest = {
  async: () => pino.destination({ fd: 1, sync: false }),
  sync: () => pino.destination({ fd: 1, sync: true }),
  min: () => pino.destination({ fd: 1, sync: false, minLength: 4096 }),
  turn: turnDestination,
}[process.env.LOG ?? 'async'] as () => never
const logger = pino(
  { base: null, timestamp: pino.stdTimeFunctions.isoTime, enabled: process.env.LOG !== 'off' },
  (dest ?? turnDestination)(),
)
const sessions = new Map([['abc', { user: 'alice', groups: ['staff', 'admin'] }]])
const targets = new WeakMap<
  http.IncomingMessage,
  { path: string; method: string; at: number; user: string }
>()
const skipped = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'te',
  'trailer',
  'cookie',
  'proxy-connection',
  'content-length',
])
const safe = /^[A-Za-z0-9-]+$/
function headersOf(request: http.IncomingMessage, user: string): string[] {
  const out = ['host', upstream.host]
  const raw = request.rawHeaders
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? ''
    const folded = name.toLowerCase()
    if (!safe.test(name) || skipped.has(folded)) continue
    out.push(name, raw[i + 1] ?? '')
  }
  out.push(
    'X-Forwarded-For',
    request.socket.remoteAddress ?? '',
    'X-Forwarded-Proto',
    'https',
    'X-Forwarded-Host',
    'a.example',
    'X-Forwarded-User',
    user,
    'X-Gateway-Secret',
    'secretsecretsecretsecretsecret12',
  )
  return out
}
const app = Fastify({
  loggerInstance: undefined as never,
  serverFactory: (handler) =>
    http.createServer((request, response) => {
      const cookie = request.headers.cookie ?? ''
      const session = sessions.get(cookie.slice(cookie.indexOf('=') + 1))
      if (session === undefined || !session.groups.includes('admin')) {
        response.writeHead(403).end()
        return
      }
      targets.set(request, {
        path: request.url ?? '/',
        method: request.method ?? 'GET',
        at: performance.now(),
        user: session.user,
      })
      response.on('close', () => {
        const t = targets.get(request)
        logger.info({
          event: 'request',
          method: t?.method,
          path: t?.path,
          app: 'a',
          location: '/admin',
          decision: 'allow',
          reason: 'rule-met',
          status: response.statusCode,
          ms: Math.round((performance.now() - (t?.at ?? 0)) * 10) / 10,
          client: request.socket.remoteAddress,
          subject: 'abcdef',
        })
      })
      handOver(request)
      handler(request, response)
    }),
})
await app.register(proxy, {
  outbound: (request) => {
    const t = targets.get(request)
    return {
      upstreams,
      request: {
        upstream,
        timeouts,
        method: t?.method ?? 'GET',
        path: t?.path ?? '/',
        headers: headersOf(request, t?.user ?? ''),
      },
      maxBodyBytes: 10_000_000,
      toClient: (_status, headers) => {
        const out: string[] = []
        for (let i = 0; i + 1 < headers.length; i += 2) {
          const name = headers[i] ?? ''
          const folded = name.toLowerCase()
          if (
            folded === 'connection' ||
            folded === 'keep-alive' ||
            folded === 'transfer-encoding' ||
            folded === 'trailer'
          )
            continue
          out.push(name, headers[i + 1] ?? '')
        }
        out.push('Cache-Control', 'private')
        return out
      },
    }
  },
})
await app.listen({ port: Number(process.argv[3] ?? 0), host: '127.0.0.1' })
process.stderr.write(`${JSON.stringify({ port: (app.server.address() as AddressInfo).port })}\n`)

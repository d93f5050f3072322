import { isIP } from 'node:net'
import { buildConnector, Pool } from 'undici'
import type { Timeouts, UpstreamSettings } from '../core/gateway.ts'
import { limits } from '../core/limits/table.ts'
import type {
  UpstreamExchange,
  UpstreamRequest,
  UpstreamSink,
  Upstreams,
  UpstreamUpgrade,
} from '../core/ports.ts'
import { Exchange } from './exchange.ts'
import { newHandshakeKey, UpgradeExchange } from './socket.ts'

/**
 * Speaks to the apps over HTTP/1.1. A request is sent once: nothing is repeated, no redirect is followed, and no
 * environment variable (HTTP_PROXY) is read, as the requests bear the shared secret. Certificates are verified
 * against the upstream's own name, whatever Host is sent.
 */
export function createUpstreams(): Upstreams {
  // Settings are one frozen object an app; the connect time-out is what belongs to a connection beside them.
  const pools = new Map<UpstreamSettings, Map<number, Pool>>()

  function poolOf(upstream: UpstreamSettings, timeouts: Timeouts): Pool {
    const byTimeout = pools.get(upstream) ?? new Map<number, Pool>()
    const pool = byTimeout.get(timeouts.connectSeconds)
    if (pool !== undefined) return pool
    const created = createPool(upstream, timeouts)
    pools.set(upstream, byTimeout.set(timeouts.connectSeconds, created))
    return created
  }

  return {
    request(request: UpstreamRequest, sink: UpstreamSink): UpstreamExchange {
      const exchange = new Exchange(sink)
      poolOf(request.upstream, request.timeouts).dispatch(
        {
          method: request.method,
          path: request.path,
          headers: request.headers as string[],
          body: request.body,
          headersTimeout: request.timeouts.responseSeconds * 1000,
          bodyTimeout: request.timeouts.idleSeconds * 1000,
        },
        exchange,
      )
      return exchange
    },
    upgrade(request: UpstreamRequest): Promise<UpstreamUpgrade> {
      const key = newHandshakeKey()
      const ours = ['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', key]
      return new Promise((resolve, reject) => {
        poolOf(request.upstream, request.timeouts).dispatch(
          {
            method: 'GET',
            path: request.path,
            headers: [...request.headers, ...ours],
            upgrade: 'websocket',
            headersTimeout: request.timeouts.responseSeconds * 1000,
          },
          new UpgradeExchange(key, resolve, reject),
        )
      })
    },
    async close(): Promise<void> {
      const open = [...pools.values()].flatMap((byTimeout) => [...byTimeout.values()])
      await Promise.all(open.map((pool) => pool.destroy()))
    },
  }
}

function createPool(upstream: UpstreamSettings, timeouts: Timeouts): Pool {
  const connect = buildConnector({
    timeout: timeouts.connectSeconds * 1000,
    rejectUnauthorized: true,
    ...(upstream.ca === null ? {} : { ca: upstream.ca }),
  })
  // An address has no server name (RFC 6066 3); the certificate is then held against the address itself.
  const servername = isIP(upstream.hostname) === 0 ? upstream.hostname : undefined
  return new Pool(upstream.origin, {
    // undici takes the server name from the Host header, which is the public one under `preserve_host`.
    connect: (options, callback) => connect({ ...options, ...(servername && { servername }) }, callback),
    maxHeaderSize: limits.upstreamHeaderBytes,
    allowH2: false,
    pipelining: 1,
    // The time-outs come with each request: locations may differ.
    headersTimeout: 0,
    bodyTimeout: 0,
    strictContentLength: true,
  })
}

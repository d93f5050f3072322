import { randomBytes } from 'node:crypto'
import type { AwsCredentialEvent } from '../core/aws-credential-event.ts'
import type { Timeouts, UpstreamSettings } from '../core/gateway.ts'
import type {
  UpstreamExchange,
  UpstreamRequest,
  UpstreamSink,
  Upstreams,
  UpstreamUpgrade,
} from '../core/ports.ts'
import { type CredentialSources, createCredentialSources } from './aws/credentials.ts'
import { createSigner } from './aws/signing.ts'
import { type CertificateSeen, type ConnectionOptions, createConnect } from './connection.ts'
import { UpgradeExchange } from './handshake.ts'
import { AnswerRoom } from './lambda/answer-room.ts'
import { prepareEventStreams } from './lambda/event-stream.ts'
import { invoke } from './lambda/invocation.ts'
import { ConnectionPool } from './pool.ts'
import { RequestExchange } from './request-exchange.ts'
import { systemTiming, type Timing } from './timing.ts'

/** What all editions share for one upstream, as its bound holds for all of them. */
interface Pools {
  readonly requests: ConnectionPool
  /** WebSockets last: they are counted apart, so that they and requests leave each other room. */
  readonly webSockets: ConnectionPool
}

/**
 * Speaks to the apps over HTTP/1.1. A request is sent once, but for what `RequestExchange` says of connections that were
 * closed while idle; no redirect is followed, and no environment variable (HTTP_PROXY) is read, as the requests bear
 * the shared secret.
 */
export function createUpstreams(
  timing: Timing = systemTiming,
  onCertificate: CertificateSeen = () => {},
  processes = 1,
  onCredentials: (event: AwsCredentialEvent) => void = () => {},
): Upstreams {
  const sources = createCredentialSources({ timing, random: Math.random, note: onCredentials })
  return openEdition(new Map(), { timing, onCertificate, processes, sources, room: new AnswerRoom() })
}

interface Around {
  readonly timing: Timing
  readonly onCertificate: CertificateSeen
  /** How many share what is bounded for an upstream. */
  readonly processes: number
  /** Of the credentials that sign, of one edition. */
  readonly sources: CredentialSources
  /** For the answers of functions, of all editions. */
  readonly room: AnswerRoom
}

/** Pools by `addressOf`. */
function openEdition(poolsByAddress: Map<string, Pools>, around: Around): Upstreams {
  const { timing, onCertificate, processes, sources, room } = around
  // Settings are one frozen object an app; these times are what belongs to a connection beside them.
  const known = new Map<UpstreamSettings, ConnectionOptions[]>()
  const own = new Set<ConnectionOptions>()

  function optionsOf(upstream: UpstreamSettings, timeouts: Timeouts): ConnectionOptions {
    const { connectSeconds, keepAliveSeconds } = timeouts
    const ofUpstream = known.get(upstream) ?? []
    for (const one of ofUpstream)
      if (one.connectSeconds === connectSeconds && one.keepAliveSeconds === keepAliveSeconds) return one
    const connect = createConnect(upstream, timeouts, onCertificate)
    const options = { upstream, connectSeconds, keepAliveSeconds, connect }
    known.set(upstream, [...ofUpstream, options])
    own.add(options)
    return options
  }

  function poolsOf(upstream: UpstreamSettings): Pools {
    const address = addressOf(upstream)
    const found = poolsByAddress.get(address)
    if (found !== undefined) return found
    const created = {
      requests: new ConnectionPool(timing, processes),
      webSockets: new ConnectionPool(timing, processes),
    }
    poolsByAddress.set(address, created)
    return created
  }

  function plain(request: UpstreamRequest, sink: UpstreamSink): UpstreamExchange {
    const { upstream, timeouts } = request
    const pool = poolsOf(upstream).requests
    const exchange = new RequestExchange(request, optionsOf(upstream, timeouts), pool, sink)
    exchange.start()
    return exchange
  }

  const signer = createSigner(sources, timing, plain)

  const invoking = { send: signer.request, room, timing, epochMs: Date.now }

  return {
    request(request, sink) {
      const { aws, lambda } = request.upstream
      if (lambda !== null) return invoke(request, invoking, sink)
      return aws === null ? plain(request, sink) : signer.request(request, sink)
    },
    upgrade(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamUpgrade> {
      const { upstream, timeouts } = request
      if (upstream.aws !== null) {
        // The file cannot say both: a handshake that came here would go without a signature.
        return Promise.reject(new Error('no WebSocket goes to an upstream whose requests are signed'))
      }
      return new Promise((resolve, reject) => {
        const key = randomBytes(16).toString('base64')
        const exchange = new UpgradeExchange(request, optionsOf(upstream, timeouts), key, (outcome) => {
          signal.removeEventListener('abort', cancel)
          if (outcome instanceof Error) reject(outcome)
          else resolve(outcome)
        })
        const cancel = () => exchange.cancel()
        if (signal.aborted) {
          cancel()
          return
        }
        signal.addEventListener('abort', cancel)
        exchange.start(poolsOf(upstream).webSockets)
      })
    },
    headerBytes: signer.headerBytes,
    prepare(upstreams): void {
      signer.prepare(upstreams)
      if (upstreams.some(({ lambda }) => lambda?.streaming === true)) prepareEventStreams()
    },
    renew: () => openEdition(poolsByAddress, { ...around, sources: sources.renew() }),
    close(): void {
      sources.close()
      for (const [address, { requests, webSockets }] of poolsByAddress) {
        requests.close(own)
        webSockets.close(own)
        if (requests.unused && webSockets.unused) poolsByAddress.delete(address)
      }
    },
  }
}

/** What is bounded as one: all functions of a region are behind one host, and none is to hold up another. */
function addressOf({ origin, socketPath, lambda }: UpstreamSettings): string {
  return lambda === null ? (socketPath ?? origin) : `${origin} ${lambda.functionName}`
}

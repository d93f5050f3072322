import {
  Agent,
  type Dispatcher,
  EnvHttpProxyAgent,
  Pool,
  type RequestInit,
  fetch as undiciFetch,
} from 'undici'
import { errorCode } from '../core/error-code.ts'
import { ProviderFault } from '../core/fault.ts'
import type { ProviderSettings } from '../core/gateway.ts'
import type { Clock } from '../core/ports.ts'
import { networkFault } from './fault.ts'
import { internalAddress } from './internal-url.ts'
import type { Limits } from './limits.ts'
import { redirectStatuses, sameOriginTarget } from './metadata-redirect.ts'
import { type ProviderObserver, readDate, type TlsOptions, watchedConnect } from './observer.ts'

/** From the environment, read once by whoever assembles the gateway. `HTTP_PROXY` is never used. */
export interface ProxyEnv {
  readonly httpsProxy: string | null
  readonly noProxy: string | null
}

export interface TransportRequest {
  readonly method?: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | null
  /** The query of the address, where it may hold a credential: no message repeats it. The address itself has none then. */
  readonly query?: URLSearchParams
  /** One redirect to the same origin is followed: for the metadata alone, with which nothing secret goes. */
  readonly followsOne?: boolean
  /** A redirect is an answer, with its `Location`: for what is asked to see where it would lead. Never followed. */
  readonly showsRedirect?: boolean
}

/** The only way to a provider. Throws `ProviderFault` and nothing else. */
export interface Transport {
  /** The answer, read to its end. Statuses below 500 other than redirects are the caller's to judge. */
  request(address: string, request: TransportRequest, deadline?: AbortSignal): Promise<Response>
  close(): Promise<void>
}

export interface TransportDeps {
  readonly clock: Pick<Clock, 'now'>
  readonly observer?: ProviderObserver | undefined
}

/**
 * Every call to a provider goes through here, so that its limits hold for all of them: size after decoding, time
 * from the queue to the last byte, sockets, no redirect, TLS verified, the proxy of the environment.
 */
export function createTransport(
  settings: ProviderSettings,
  proxyEnv: ProxyEnv,
  limits: Limits,
  { clock, observer }: TransportDeps,
): Transport {
  const dispatcher = createDispatcher(
    settings,
    proxyEnv,
    limits,
    watchedConnect(tlsOf(settings), observer, clock),
  )

  async function request(
    address: string,
    request: TransportRequest,
    deadline?: AbortSignal,
  ): Promise<Response> {
    const stop = new AbortController()
    const time = AbortSignal.timeout(limits.timeoutMs)
    const signal = AbortSignal.any([time, stop.signal, ...(deadline === undefined ? [] : [deadline])])
    const url = internalAddress(address, settings.issuer, settings.internalUrl)
    let answered = false
    try {
      const init = { ...toInit(request), signal, dispatcher }
      const query = request.query === undefined ? '' : `?${request.query}`
      const follow = request.followsOne ? targetOf(settings, address, url) : never
      const answer = await readHead({ url, query }, init, follow, request.showsRedirect === true)
      answered = true
      const date = readDate(answer.headers)
      if (date !== null) observer?.dated(date)
      return await readAnswer(url, answer, limits)
    } catch (thrown) {
      // What was not read to its end must not go on arriving.
      stop.abort()
      throw networkFault(thrown, url, answered)
    }
  }

  return { request, close: () => dispatcher.destroy() }
}

function toInit(request: TransportRequest): RequestInit {
  return {
    method: request.method ?? 'GET',
    headers: request.headers,
    body: request.body ?? null,
    redirect: 'manual',
  }
}

/** From `Location` to where to ask instead; null: nowhere. */
type Follow = (location: string | null) => string | null

const never: Follow = () => null

/** The public origin of the address counts too: a provider that is reached by `internal_url` knows itself by that. */
function targetOf({ issuer, internalUrl }: ProviderSettings, address: string, url: string): Follow {
  const origins = [new URL(url).origin, new URL(address).origin]
  return (location) => {
    const target = sameOriginTarget(location, url, origins)
    return target === null ? null : internalAddress(target, issuer, internalUrl)
  }
}

type Answered = Awaited<ReturnType<typeof undiciFetch>>

/** Where a request goes; messages have the address alone. */
interface Destination {
  readonly url: string
  readonly query: string
}

/** The head of an answer that is worth reading. */
async function readHead(
  { url, query }: Destination,
  init: RequestInit,
  follow: Follow,
  showsRedirect: boolean,
): Promise<Answered> {
  const answer = await undiciFetch(url + query, init)
  const target = redirectStatuses.has(answer.status) ? follow(answer.headers.get('location')) : null
  if (target !== null) {
    await answer.body?.cancel()
    return readHead({ url: target, query: '' }, init, never, false)
  }
  // A redirect would take the code, the client's secret or the access token to a place that nobody configured.
  if (answer.status >= 300 && answer.status < 400 && !showsRedirect)
    throw new ProviderFault(
      'PROVIDER_RESPONSE_INVALID',
      `${url}: answered ${answer.status}; redirects are not followed`,
    )
  if (answer.status >= 500 || answer.status === 429)
    throw new ProviderFault(
      'PROVIDER_UNREACHABLE',
      `${url}: answered ${answer.status}: ${answer.status === 429 ? 'it is asked too often' : 'it has a fault of its own, so see its log'}`,
    )
  return answer
}

async function readAnswer(url: string, answer: Answered, limits: Limits): Promise<Response> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of answer.body ?? []) {
    if (!(part instanceof Uint8Array)) continue
    size += part.byteLength
    if (size > limits.maxBytes)
      throw new ProviderFault(
        'PROVIDER_RESPONSE_INVALID',
        `${url}: answered more than ${limits.maxBytes} bytes`,
      )
    parts.push(part)
  }
  const bodiless = [204, 205, 304].includes(answer.status)
  return new Response(bodiless ? null : Buffer.concat(parts), {
    status: answer.status,
    headers: [...answer.headers].filter(([name]) => keptHeaders.has(name)),
  })
}

/** What callers judge by; of an answer that is no redirect `location` is nobody's. */
const keptHeaders: ReadonlySet<string> = new Set(['content-type', 'www-authenticate', 'location'])

function tlsOf({ ca, clientCertificate }: ProviderSettings): TlsOptions {
  return {
    // Stated, because NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would otherwise decide.
    rejectUnauthorized: true,
    ...(ca === null ? {} : { ca }),
    ...(clientCertificate === null
      ? {}
      : { cert: clientCertificate.certificate, key: clientCertificate.key.reveal() }),
  }
}

function createDispatcher(
  settings: ProviderSettings,
  proxyEnv: ProxyEnv,
  limits: Limits,
  connect: ReturnType<typeof watchedConnect>,
): Dispatcher {
  const options = {
    connect,
    connections: limits.maxSockets,
    pipelining: 1,
  }
  if (proxyEnv.httpsProxy === null) return new Agent(options)
  return new EnvHttpProxyAgent({
    ...options,
    requestTls: tlsOf(settings),
    httpProxy: '',
    httpsProxy: proxyEnv.httpsProxy,
    noProxy: proxyEnv.noProxy ?? '',
    clientFactory: (origin, options) => new ProxyPool(origin, options),
  })
}

type ConnectOptions = Parameters<Pool['connect']>[0]
type Connected = (error: Error | null, found: Dispatcher.ConnectData) => void

/**
 * Connections to the proxy. One that breaks off before it answers is taken by undici for a connection that had been idle:
 * it asks again at once, thousands of times a second, until the time of the request is over. A code of its own ends it.
 */
class ProxyPool extends Pool {
  override connect(options: ConnectOptions): Promise<Dispatcher.ConnectData>
  override connect(options: ConnectOptions, connected: Connected): void
  override connect(
    options: ConnectOptions,
    connected?: Connected,
  ): Promise<Dispatcher.ConnectData> | undefined {
    if (connected === undefined) return super.connect(options).catch(throwProxyFault)
    super.connect(options, connected)
    return undefined
  }
}

function throwProxyFault(thrown: unknown): never {
  if (errorCode(thrown) !== 'UND_ERR_SOCKET') throw thrown
  throw Object.assign(new Error('the proxy closed the connection'), { code: 'HTTPS_PROXY_CLOSED' })
}

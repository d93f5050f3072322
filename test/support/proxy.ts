import http, { type IncomingMessage } from 'node:http'
import fastifyCookie from '@fastify/cookie'
import Fastify from 'fastify'
import { isFault } from '../../src/core/fault.ts'
import type { App, Forwarding, Gateway, Location, Origin, UpstreamSettings } from '../../src/core/gateway.ts'
import { ownedHeaderNames } from '../../src/core/headers/names.ts'
import type { Principal } from '../../src/core/principal.ts'
import { readTarget } from '../../src/core/request/target.ts'
import { Secret } from '../../src/core/secret.ts'
import { type Admission, carryAdmission } from '../../src/http/admission/admission.ts'
import { handOver, proxy } from '../../src/http/proxy/proxy.ts'
import { attachContext, type RequestContext } from '../../src/http/server/context.ts'
import { createUpstreams } from '../../src/upstream/agents.ts'
import { builtInPages } from './pages.ts'
import { portOf } from './ports.ts'
import { createWaits } from './waiting.ts'

export const sharedSecret = 'a-shared-secret-of-32-bytes-or-more'

export interface ProxySettings {
  readonly upstreamPort: number
  readonly upstream?: Partial<UpstreamSettings>
  readonly forwarding?: Partial<Forwarding>
  readonly principal?: Principal | null
  readonly resealed?: string
  readonly prefix?: readonly string[]
}

/** The proxy in a Fastify of its own, behind a gate that lets everything in. */
export interface RunningProxy {
  readonly port: number
  /** What was thrown to the error handler, in order. */
  readonly faults: unknown[]
  /** The status of each answer that was sent to its end, or `gone`: one entry a request. */
  readonly ended: (number | 'gone')[]
  readonly reflected: number[]
  /** Until so many requests have ended. */
  over(count: number): Promise<readonly (number | 'gone')[]>
  close(): Promise<void>
}

export const alice: Principal = {
  user: 'alice',
  provider: 'acme',
  claims: { email: 'alice@example.com' } as never,
}

export async function startProxy(settings: ProxySettings): Promise<RunningProxy> {
  const { gateway, app, origin, location } = model(settings)
  const upstreams = createUpstreams()
  // Of a context the proxy needs the edition's model, its upstreams, and what apps are told in signed statements.
  const assertions = { line: () => null }
  const context = { runtime: { gateway, upstreams, assertions } } as unknown as RequestContext
  const faults: unknown[] = []
  const ended: (number | 'gone')[] = []
  const reflected: number[] = []
  const waits = createWaits()
  const server = Fastify({
    serverFactory: (handler) => {
      const judge = (request: IncomingMessage, response: http.ServerResponse): void => {
        const reading = readTarget(request.url ?? '')
        if (!reading.ok) {
          response.writeHead(400).end()
          return
        }
        const admission: Admission = {
          requestId: 'test-1',
          startedAt: 0,
          method: request.method ?? '',
          origin,
          address: null,
          app,
          location,
          others: [],
          target: reading.target,
          destination: null,
          session: null,
          header: null,
          principal: settings.principal ?? null,
          resealed: settings.resealed ?? null,
          clientAddress: '192.0.2.7',
          certificate: null,
          network: { key: '192.0.2.7', hidden: false },
          wantsPage: false,
          pages: builtInPages,
          acceptLanguage: undefined,
          decision: { kind: 'allow', reason: 'rule-met', principal: settings.principal ?? null },
          fault: null,
          detail: null,
          shadow: null,
        }
        carryAdmission(request, admission)
        attachContext(request, context)
        response.once('close', () => {
          ended.push(response.writableFinished ? response.statusCode : 'gone')
          waits.wake()
        })
        if (request.headers.expect !== undefined) response.writeContinue()
        handOver(request)
        handler(request, response)
      }
      return http.createServer(judge).on('checkContinue', judge)
    },
  })
  server.setErrorHandler((thrown, _request, reply) => {
    faults.push(thrown)
    reply.code(isFault(thrown) ? thrown.status : 500).send('')
  })
  await server.register(fastifyCookie)
  await server.register(proxy, {
    onBody: () => null,
    onCut: (fault) => faults.push(fault),
    onBodyLeft: () => {},
    onEventStream: () => () => {},
    onReflectedSecret: () => reflected.push(1),
    refuse: (_request, reply, decision) =>
      reply.code(decision.kind === 'deny' ? 403 : 400).send(decision.reason),
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  return {
    port: portOf(server.server),
    faults,
    ended,
    reflected,
    over: (count) =>
      waits.until({
        what: `${count} requests to end`,
        look: () => (ended.length >= count ? ended : undefined),
        seen: () => ended,
      }),
    close: async () => {
      server.server.closeAllConnections()
      await server.close()
      await upstreams.close()
    },
  }
}

function model({ upstreamPort, upstream, forwarding, prefix = [] }: ProxySettings): {
  gateway: Gateway
  app: App
  origin: Origin
  location: Location
} {
  const location: Location = {
    label: '/',
    pattern: { segments: [], written: [], exact: false },
    methods: null,
    access: { kind: 'rule', requirement: { kind: 'signed_in' } as never },
    unauthenticated: 'sign_in',
    credentials: ['session'],
    stepUp: null,
    limits: [],
    limitsFail: 'open',
    resume: 'none',
    maxResumedBodyBytes: 0,
    forwarding: {
      tokenHeaders: [],
      identityHeaders: [
        { name: 'X-Forwarded-User', from: 'user' },
        { name: 'X-Forwarded-Email', from: 'email' as never },
      ],
      timeouts: {
        connectSeconds: 60,
        responseSeconds: 60,
        idleSeconds: 60,
        keepAliveSeconds: null,
        body: null,
      },
      maxBodyBytes: 100_000,
      websocketOrigins: null,
      corsPreflight: 'deny',
      cache: 'private',
      upstreamAuthorization: 'pass',
      cors: { kind: 'deny' },
      corsHeaders: [],
      ...forwarding,
    },
  }
  const app: App = {
    name: 'wiki',
    url: 'https://wiki.example.com',
    origin: 'https://wiki.example.com',
    prefix,
    upstream: {
      socketPath: null,
      scheme: 'http',
      hostname: '127.0.0.1',
      port: upstreamPort,
      origin: `http://127.0.0.1:${upstreamPort}`,
      ownOrigin: `http://127.0.0.1:${upstreamPort}`,
      host: `127.0.0.1:${upstreamPort}`,
      basePath: '',
      ca: null,
      headers: [],
      preserveHost: false,
      stripPrefix: false,
      maxConnections: 1000,
      aws: null,
      lambda: null,
      ...upstream,
    },
    identityAssertion: null,
    sharedSecret: { header: 'X-Gateway-Secret', value: new Secret(sharedSecret) },
    providers: ['acme'],
    signInProviders: [],
    allowEncoded: new Set(),
    ignoreCase: false,
    keepFragment: false,
    title: null,
    contact: null,
    fallback: location,
    locations: { literal: new Map(), star: null, subtree: [], exact: [] },
    allLocations: [],
  }
  const origin: Origin = {
    origin: app.origin,
    scheme: 'https',
    host: 'wiki.example.com',
    redirectUris: [],
    resourceMetadata: [],
    postLogoutRedirectUri: `${app.origin}/.auth/logged-out`,
    providers: ['acme'],
    idleTimeoutSeconds: 3600,
    maxLifetimeSeconds: 28800,
    cookies: {
      session: '__Host-claimgate',
      transactionPrefix: '__Host-claimgate-tx-',
      secure: true,
      sameSite: 'Lax',
    },
    apps: [app],
  }
  const gateway = {
    hosts: new Map([[origin.host, origin]]),
    apps: [app],
    ownedHeaders: ownedHeaderNames([app]),
    apiKeys: null,
  } as unknown as Gateway
  return { gateway, app, origin, location }
}

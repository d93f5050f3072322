// A gateway with apps of every kind, its callers, and requests for its gate.
import type { IncomingHttpHeaders } from 'node:http'
import { readFromDisk } from '../../../src/config/files.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import type { Session } from '../../../src/core/session/session.ts'
import { admit } from '../../../src/http/admission/gate.ts'
import type { RequestFacts } from '../../../src/http/admission/request-facts.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import type { SessionLookup } from '../../../src/runtime/sessions.ts'
import { sessionOfAlice } from '../../support/issued.ts'
import { orRejected } from '../../support/thrown.ts'

export const text = `
trusted_proxies: [10.0.0.1]
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9:5000
    shared_secret: the-secret-that-the-wiki-checks-on-each-request
    allow_encoded: [slash]
    max_body: 1KiB
    require: signed_in
    locations:
      - { path: /public, require: anyone }
      - { path: /maybe, require: maybe_signed_in }
      - { path: /admin, require: { groups: admins } }
      - { path: /form, methods: [POST], require: signed_in }
      - { path: /office, require: { client_ip: 192.0.2.0/24 } }
      - { path: /cors, require: signed_in, cors_preflight: pass }
      - { path: /cors/closed/part, require: signed_in }
      - { path: /cors/nobody/part, require: nobody, cors_preflight: pass }
      - { path: /public/secret/part, require: { groups: admins } }
  docs:
    url: https://wiki.example/docs
    upstream: http://10.9.9.9:5001
    shared_secret: the-secret-that-the-docs-check-on-each-request
    locations:
      - { path: /docs/open, require: anyone }
`

export const gateway = load(text)

export function load(yaml: string): Gateway {
  const loaded = loadGatewayFromText(yaml, {
    file: 'gate.yaml',
    folder: '/',
    env: {},
    readFile: readFromDisk,
  })
  if (!loaded.ok) throw new Error(loaded.issues.map((issue) => issue.message).join('\n'))
  return loaded.gateway
}

export const session = (user: string): Session => ({
  key: 'k'.repeat(64),
  origin: 'https://wiki.example',
  issuer: 'https://acme.example.com',
  clientId: 'id',
  user,
  claims: {},
  idToken: '',
  ...sessionOfAlice,
  signedInAt: 0,
  lastSeenAt: 0,
  signIn: { stateHash: '', returnTo: '/' },
})

export const live = (user: string, groups: readonly string[]): SessionLookup => ({
  kind: 'live',
  session: session(user),
  principal: { user, provider: 'op', claims: { groups } },
  resealed: null,
})

export const callers: Readonly<Record<string, SessionLookup>> = {
  alice: live('alice', []),
  adam: live('adam', ['admins']),
  gone: { kind: 'none', why: 'session-ended' },
}

/** A runtime of which the gate needs the model and the sessions; `lookedUp` counts what it asked. */
export function runtime(find?: () => SessionLookup): {
  readonly runtime: Runtime
  readonly lookedUp: () => number
} {
  let count = 0
  const sessions = {
    use: (cookie: string) => {
      count += 1
      return find === undefined ? (callers[cookie] ?? { kind: 'none', why: 'session-unreadable' }) : find()
    },
  }
  const clock = { now: () => 1_800_000_000 }
  return { runtime: { gateway, sessions, clock } as unknown as Runtime, lookedUp: () => count }
}

export function admitted(request: RequestFacts, find?: () => SessionLookup): Promise<unknown> {
  return orRejected(async () => admit(runtime(find).runtime, request, 'request-7', 12.5))
}

export interface Ask {
  readonly method?: string
  readonly host?: string
  readonly as?: string
  readonly headers?: IncomingHttpHeaders
  readonly peer?: string
}

export function facts(url: string, ask: Ask = {}): RequestFacts {
  const cookie = ask.as === undefined ? {} : { cookie: `__Host-claimgate=${ask.as}` }
  const headers: IncomingHttpHeaders = {
    host: ask.host ?? 'wiki.example',
    accept: 'text/html',
    ...cookie,
    ...ask.headers,
  }
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [name, String(value)])
  const remoteAddress = ask.peer ?? '198.51.100.7'
  return {
    method: ask.method ?? 'GET',
    url,
    httpVersion: '1.1',
    headers,
    rawHeaders,
    socket: { remoteAddress },
  }
}

/** Nothing else is known of what is refused before it is looked at. */
export function refused(status: number, reason: string) {
  return {
    decision: { kind: 'reject', status, reason },
    origin: null,
    target: null,
    address: null,
    app: null,
  }
}

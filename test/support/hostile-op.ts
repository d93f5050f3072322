// A provider that does as it is told, and whatever else a test wants it to: every document, header, claim, signature
// and byte can be bent. It speaks OpenID Connect just well enough that an unbent one is a proper provider.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import {
  createRefreshTokens,
  type Granted,
  type RefreshTokenBooks,
  type RefreshTokens,
} from './refresh-tokens.ts'
import { type Fields, firstKey, type SigningKey, signJwt } from './signed-jwt.ts'

export { encode, type Fields, firstKey, leftHalf, newKey, type SigningKey, signJwt } from './signed-jwt.ts'

export type Endpoint =
  | 'metadata'
  | 'jwks'
  | 'token'
  | 'userinfo'
  | 'revocation'
  | 'introspection'
  | 'tokeninfo'
  | 'other'

/** Each bends one thing; what it returns is used. Absent: the proper thing. */
export interface Bends {
  metadata?: (document: Fields) => unknown
  jwks?: (document: { keys: Fields[] }) => unknown
  /** Of the ID token. */
  header?: (header: Fields) => Fields
  claims?: (claims: Fields, asked: URLSearchParams) => Fields
  /** Signs header and claims of the ID token; see `signJwt`. */
  signing?: (header: Fields, claims: Fields) => string
  /** The finished ID token. */
  idToken?: (token: string) => unknown
  token?: (answer: Fields) => unknown
  /** In place of the five above where a refresh token is used; absent: as they are. */
  refresh?: Pick<Bends, 'header' | 'claims' | 'signing' | 'idToken' | 'token'>
  /** `accessToken` is what it was asked with. */
  userinfo?: (claims: Fields, accessToken: string) => unknown
  /** What is said of an access token, by its name: `opaque-of-PERSON…` is good (RFC 7662). */
  introspection?: (answer: Fields, token: string) => unknown
  /** The same of `/tokeninfo?access_token=`, as Google has it. */
  tokeninfo?: (answer: Fields, token: string) => unknown
  /** Is waited for before anything is done: a provider that takes its time. */
  before?: Partial<Record<Endpoint, (request: TokenRequest) => Promise<void>>>
  /** Is waited for when all is done, a token spent and rotated, and nothing answered yet: an answer that comes late. */
  late?: Partial<Record<Endpoint, (request: TokenRequest) => Promise<void>>>
  /** Takes an answer over whole: statuses, redirects, drips, silence. */
  answer?: Partial<Record<Endpoint, (request: IncomingMessage, response: ServerResponse) => void>>
}

export interface TokenRequest {
  readonly authorization: string | undefined
  readonly body: URLSearchParams
  readonly query?: URLSearchParams
}

export interface HostileOp {
  readonly issuer: string
  /** Changed by tests at will. */
  bends: Bends
  /** The first one signs. */
  keys: SigningKey[]
  now: number
  readonly counts: Record<Endpoint, number>
  readonly tokenRequests: TokenRequest[]
  /** Issues none until a test says so. */
  readonly refreshTokens: RefreshTokens
  /** Access tokens that userinfo refuses with 401. */
  readonly refusedAccessTokens: Set<string>
  /** Sockets open at this moment, and the most there ever were. */
  readonly sockets: { open: number; most: number }
  /** The sign-in that a browser would do, as this person or Alice: what comes back on the redirect URI. */
  authorize(url: URL, subject?: string): URLSearchParams
  close(): Promise<void>
}

export interface HostileOptions {
  readonly tls?: {
    readonly key: string
    readonly cert: string
    readonly ca?: string
    readonly requestCert?: boolean
  }
  /** Host of the issuer; both mean the loopback. */
  readonly host?: '127.0.0.1' | 'localhost'
}

interface Grant extends Granted {
  readonly challenge: string | null
}

/** What the provider remembers. */
interface Books {
  readonly codes: Map<string, Grant>
  readonly refreshTokens: RefreshTokenBooks
}

export async function startHostileOp(options: HostileOptions = {}): Promise<HostileOp> {
  const server: Server =
    options.tls === undefined
      ? createServer()
      : createTlsServer({ ...options.tls, rejectUnauthorized: false })
  const sockets = trackSockets(server, options.tls !== undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo
  const issuer = `${options.tls === undefined ? 'http' : 'https'}://${options.host ?? '127.0.0.1'}:${address.port}`
  const books: Books = { codes: new Map(), refreshTokens: createRefreshTokens() }
  let codes = 0

  const op: HostileOp = {
    issuer,
    bends: {},
    keys: [firstKey()],
    now: Math.floor(Date.now() / 1000),
    counts: {
      metadata: 0,
      jwks: 0,
      token: 0,
      userinfo: 0,
      revocation: 0,
      introspection: 0,
      tokeninfo: 0,
      other: 0,
    },
    tokenRequests: [],
    refreshTokens: books.refreshTokens,
    refusedAccessTokens: new Set(),
    sockets: sockets.numbers,
    authorize: (url, subject = 'alice') => {
      codes += 1
      const code = `code-${codes}-${Math.random().toString(36).slice(2)}`
      const asked = new URLSearchParams(url.searchParams)
      books.codes.set(code, {
        clientId: asked.get('client_id') ?? '',
        subject,
        asked,
        nonce: asked.get('nonce'),
        challenge: asked.get('code_challenge'),
      })
      return new URLSearchParams({ code, state: asked.get('state') ?? '' })
    },
    close: async () => {
      sockets.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  server.on('request', (request, response) => {
    serve(op, books, request, response).catch(() => response.destroy())
  })
  return op
}

function trackSockets(
  server: Server,
  tls: boolean,
): { numbers: { open: number; most: number }; destroy(): void } {
  const all = new Set<Socket>()
  const numbers = { open: 0, most: 0 }
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    all.add(socket)
    numbers.open = all.size
    numbers.most = Math.max(numbers.most, all.size)
    socket.on('close', () => {
      all.delete(socket)
      numbers.open = all.size
    })
  })
  return { numbers, destroy: () => all.forEach((socket) => void socket.destroy()) }
}

const endpoints: Record<string, Endpoint> = {
  '/.well-known/openid-configuration': 'metadata',
  '/jwks': 'jwks',
  '/token': 'token',
  '/userinfo': 'userinfo',
  '/revoke': 'revocation',
  '/introspect': 'introspection',
  '/tokeninfo': 'tokeninfo',
}

async function serve(
  op: HostileOp,
  books: Books,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const endpoint = endpoints[(request.url ?? '').split('?')[0] ?? ''] ?? 'other'
  op.counts[endpoint] += 1
  const body = await readBody(request)
  const query = new URL(request.url ?? '/', op.issuer).searchParams
  const asked = { authorization: request.headers.authorization, body, query }
  if (endpoint === 'token') op.tokenRequests.push(asked)
  await op.bends.before?.[endpoint]?.(asked)
  const takeover = op.bends.answer?.[endpoint]
  if (takeover !== undefined) return takeover(request, response)
  const answer = answerOf(op, books, endpoint, asked)
  await op.bends.late?.[endpoint]?.(asked)
  sendJson(response, answer.body, answer.status)
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

function answerOf(op: HostileOp, books: Books, endpoint: Endpoint, asked: TokenRequest): Answer {
  const ok = (body: unknown): Answer => ({ status: 200, body })
  switch (endpoint) {
    case 'metadata':
      return ok(bend(op.bends.metadata, metadataOf(op.issuer)))
    case 'jwks':
      return ok(bend(op.bends.jwks, { keys: op.keys.map(({ jwk }) => jwk) }))
    case 'token':
      return asked.body.get('grant_type') === 'refresh_token'
        ? refreshAnswer(op, books, asked.body)
        : tokenAnswer(op, books, asked.body)
    case 'userinfo':
      return userinfoAnswer(op, asked.authorization?.replace(/^Bearer /, '') ?? '')
    case 'revocation':
      books.refreshTokens.revoke(asked.body.get('token') ?? '')
      return ok('')
    case 'introspection':
      return ok(introspectionOf(op, asked.body.get('token') ?? ''))
    case 'tokeninfo':
      return tokeninfoAnswer(op, asked)
    case 'other':
      return { status: 404, body: '' }
  }
}

function userinfoAnswer(op: HostileOp, accessToken: string): Answer {
  if (op.refusedAccessTokens.has(accessToken)) return { status: 401, body: { error: 'invalid_token' } }
  const sub = /^(?:access-token|opaque)-of-([a-z]+)/.exec(accessToken)?.[1] ?? 'alice'
  const name = `${sub.slice(0, 1).toUpperCase()}${sub.slice(1)}`
  const claims = { sub, name, email: `${sub}@example.test` }
  const { userinfo } = op.bends
  return { status: 200, body: userinfo === undefined ? claims : userinfo(claims, accessToken) }
}

function ownerOf(token: string): string | null {
  return /^opaque-of-([a-z]+)/.exec(token)?.[1] ?? null
}

/** Of an access token that this provider gave to `a-mobile-app`. */
function introspectionOf(op: HostileOp, token: string): unknown {
  const sub = ownerOf(token)
  if (sub === null) return { active: false }
  const answer = {
    active: true,
    iss: op.issuer,
    sub,
    client_id: 'a-mobile-app',
    aud: 'https://api.example.com',
    scope: 'openid read',
    token_type: 'Bearer',
    exp: op.now + 300,
    iat: op.now,
  }
  return op.bends.introspection === undefined ? answer : op.bends.introspection(answer, token)
}

function tokeninfoAnswer(op: HostileOp, { query, authorization }: TokenRequest): Answer {
  const token = query?.get('access_token') ?? authorization?.replace(/^Bearer /, '') ?? ''
  const sub = ownerOf(token)
  if (sub === null)
    return { status: 400, body: { error: 'invalid_token', error_description: 'Invalid Value' } }
  const client = 'a-mobile-app'
  const exp = String(op.now + 300)
  const answer = { azp: client, aud: client, sub, scope: 'openid email', exp, expires_in: '300' }
  const { tokeninfo } = op.bends
  return { status: 200, body: tokeninfo === undefined ? answer : tokeninfo(answer, token) }
}

export function metadataOf(issuer: string): Fields {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    userinfo_endpoint: `${issuer}/userinfo`,
    end_session_endpoint: `${issuer}/logout`,
    revocation_endpoint: `${issuer}/revoke`,
    introspection_endpoint: `${issuer}/introspect`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  }
}

const refusedGrant: Answer = { status: 400, body: { error: 'invalid_grant' } }

function tokenAnswer(op: HostileOp, { codes, refreshTokens }: Books, body: URLSearchParams): Answer {
  const code = body.get('code') ?? ''
  const grant = codes.get(code)
  codes.delete(code)
  const challenge = createHash('sha256')
    .update(body.get('code_verifier') ?? '')
    .digest('base64url')
  if (grant === undefined || challenge !== grant.challenge) return refusedGrant
  const refreshToken = refreshTokens.issue(grant)
  const answer = {
    access_token: `access-token-of-${grant.subject}`,
    token_type: 'Bearer',
    expires_in: 300,
    id_token: signedFor(op, grant, op.bends, { nonce: grant.nonce }),
    scope: grant.asked.get('scope') ?? undefined,
    ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
  }
  return { status: 200, body: bend(op.bends.token, answer) }
}

/** RFC 6749 6. The ID token has no nonce, as OpenID Connect Core 12.2 would have it. */
function refreshAnswer(op: HostileOp, { refreshTokens }: Books, body: URLSearchParams): Answer {
  const used = refreshTokens.use(body.get('refresh_token') ?? '')
  if (used === null) return refusedGrant
  const { granted, use } = used
  const bends = op.bends.refresh ?? op.bends
  const answer = {
    access_token: `access-token-of-${granted.subject}-${use}`,
    token_type: 'Bearer',
    expires_in: 300,
    ...(refreshTokens.bringsIdToken ? { id_token: signedFor(op, granted, bends, {}) } : {}),
    ...(used.token === null ? {} : { refresh_token: used.token }),
  }
  return { status: 200, body: bend(bends.token, answer) }
}

function signedFor(
  op: HostileOp,
  { clientId, subject, asked }: Granted,
  bends: Pick<Bends, 'header' | 'claims' | 'signing' | 'idToken'>,
  more: Fields,
): unknown {
  const [key] = op.keys
  if (key === undefined) throw new Error('a provider without keys cannot sign')
  const header = bend(bends.header, { alg: key.jwk.alg, kid: key.kid })
  const proper = {
    iss: op.issuer,
    sub: subject,
    aud: clientId,
    exp: op.now + 300,
    iat: op.now,
    ...more,
    organization_id: 'acme',
  }
  const claims = bends.claims === undefined ? proper : bends.claims(proper, asked)
  const signed = bends.signing?.(header, claims) ?? signJwt(header, claims, key.privateKey)
  return bend(bends.idToken, signed)
}

function bend<T, U>(how: ((proper: T) => U) | undefined, proper: T): T | U {
  return how === undefined ? proper : how(proper)
}

async function readBody(request: IncomingMessage): Promise<URLSearchParams> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return new URLSearchParams(Buffer.concat(parts).toString('latin1'))
}

/** A string is sent as it is. */
export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

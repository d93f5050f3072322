// A provider that does as it is told, and whatever else a test wants it to: every document, header, claim, signature
// and byte can be bent. It speaks OpenID Connect just well enough that an unbent one is a proper provider.
import { constants, createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

export type Fields = Record<string, unknown>
export type Endpoint = 'metadata' | 'jwks' | 'token' | 'userinfo' | 'other'

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly jwk: Fields
}

/** Each bends one thing; what it returns is used. Absent: the proper thing. */
export interface Bends {
  metadata?: (document: Fields) => unknown
  jwks?: (document: { keys: Fields[] }) => unknown
  /** Of the ID token. */
  header?: (header: Fields) => Fields
  claims?: (claims: Fields) => Fields
  /** Signs header and claims of the ID token; see `signJwt`. */
  signing?: (header: Fields, claims: Fields) => string
  /** The finished ID token. */
  idToken?: (token: string) => unknown
  token?: (answer: Fields) => unknown
  userinfo?: (claims: Fields) => unknown
  /** Is waited for before anything is answered: a provider that takes its time. */
  before?: Partial<Record<Endpoint, (request: TokenRequest) => Promise<void>>>
  /** Takes an answer over whole: statuses, redirects, drips, silence. */
  answer?: Partial<Record<Endpoint, (request: IncomingMessage, response: ServerResponse) => void>>
}

export interface TokenRequest {
  readonly authorization: string | undefined
  readonly body: URLSearchParams
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
  /** Sockets open at this moment, and the most there ever were. */
  readonly sockets: { open: number; most: number }
  /** The sign-in that a browser would do: what comes back on the redirect URI. */
  authorize(url: URL): URLSearchParams
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

const rsa = newKey('k1', 'RS256')

/** The pair that every provider begins with; made once, as RSA keys take their time. */
export function firstKey(): SigningKey {
  return rsa
}

export function newKey(kid: string, algorithm: string, bits = 2048): SigningKey {
  const { privateKey, publicKey } = generate(algorithm, bits)
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: algorithm }
  return { kid, privateKey, jwk }
}

function generate(algorithm: string, bits: number): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  if (algorithm.startsWith('ES'))
    return generateKeyPairSync('ec', { namedCurve: `P-${algorithm.slice(2)}`.replace('512', '521') })
  return generateKeyPairSync('rsa', { modulusLength: bits })
}

export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** Signs as the header's `alg` says, however unwise; for HMAC the key is a string. */
export function signJwt(header: Fields, claims: unknown, key: KeyObject | string): string {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${signature(String(header.alg), Buffer.from(input), key)}`
}

function signature(algorithm: string, input: Buffer, key: KeyObject | string): string {
  const hash = `sha${algorithm.slice(2)}`
  if (typeof key === 'string')
    return algorithm.startsWith('HS') ? createHmac(hash, key).update(input).digest('base64url') : ''
  if (algorithm.startsWith('PS')) {
    const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    return sign(hash, input, { key, ...padding }).toString('base64url')
  }
  if (algorithm.startsWith('ES'))
    return sign(hash, input, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  if (algorithm === 'EdDSA') return sign(null, input, key).toString('base64url')
  return sign(algorithm.startsWith('RS') ? hash : 'sha256', input, key).toString('base64url')
}

/** Half of a hash, as `at_hash` wants it (OpenID Connect Core 3.1.3.8). */
export function leftHalf(text: string, hash = 'sha256'): string {
  const digest = createHash(hash).update(text).digest()
  return digest.subarray(0, digest.length / 2).toString('base64url')
}

interface Grant {
  readonly clientId: string
  readonly nonce: string | null
  readonly challenge: string | null
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
  const grants = new Map<string, Grant>()

  const op: HostileOp = {
    issuer,
    bends: {},
    keys: [rsa],
    now: Math.floor(Date.now() / 1000),
    counts: { metadata: 0, jwks: 0, token: 0, userinfo: 0, other: 0 },
    tokenRequests: [],
    sockets: sockets.numbers,
    authorize: (url) => {
      const code = `code-${grants.size + 1}-${Math.random().toString(36).slice(2)}`
      const asked = url.searchParams
      grants.set(code, {
        clientId: asked.get('client_id') ?? '',
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
    serve(op, grants, request, response).catch(() => response.destroy())
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
}

async function serve(
  op: HostileOp,
  grants: Map<string, Grant>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const endpoint = endpoints[(request.url ?? '').split('?')[0] ?? ''] ?? 'other'
  op.counts[endpoint] += 1
  const body = await readBody(request)
  const asked = { authorization: request.headers.authorization, body }
  if (endpoint === 'token') op.tokenRequests.push(asked)
  await op.bends.before?.[endpoint]?.(asked)
  const takeover = op.bends.answer?.[endpoint]
  if (takeover !== undefined) return takeover(request, response)
  switch (endpoint) {
    case 'metadata':
      return sendJson(response, bend(op.bends.metadata, metadataOf(op.issuer)))
    case 'jwks':
      return sendJson(response, bend(op.bends.jwks, { keys: op.keys.map(({ jwk }) => jwk) }))
    case 'token': {
      const answer = tokenAnswer(op, grants, body)
      return sendJson(response, answer.body, answer.status)
    }
    case 'userinfo':
      return sendJson(
        response,
        bend(op.bends.userinfo, { sub: 'alice', name: 'Alice', email: 'alice@example.test' }),
      )
    case 'other':
      response.writeHead(404).end()
  }
}

export function metadataOf(issuer: string): Fields {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    userinfo_endpoint: `${issuer}/userinfo`,
    end_session_endpoint: `${issuer}/logout`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  }
}

function tokenAnswer(
  op: HostileOp,
  grants: Map<string, Grant>,
  body: URLSearchParams,
): { status: number; body: unknown } {
  const code = body.get('code') ?? ''
  const grant = grants.get(code)
  grants.delete(code)
  const challenge = createHash('sha256')
    .update(body.get('code_verifier') ?? '')
    .digest('base64url')
  if (grant === undefined || challenge !== grant.challenge)
    return { status: 400, body: { error: 'invalid_grant' } }
  const [key] = op.keys
  if (key === undefined) throw new Error('a provider without keys cannot sign')
  const header = bend(op.bends.header, { alg: key.jwk.alg, kid: key.kid })
  const claims = bend(op.bends.claims, {
    iss: op.issuer,
    sub: 'alice',
    aud: grant.clientId,
    exp: op.now + 300,
    iat: op.now,
    nonce: grant.nonce,
    organization_id: 'acme',
  })
  const signed = op.bends.signing?.(header, claims) ?? signJwt(header, claims, key.privateKey)
  const answer = {
    access_token: 'access-token-of-alice',
    token_type: 'Bearer',
    expires_in: 300,
    id_token: op.bends.idToken === undefined ? signed : op.bends.idToken(signed),
  }
  return {
    status: 200,
    body: bend(op.bends.token, answer),
  }
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

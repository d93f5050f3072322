// A user pool of Amazon Cognito as far as `InitiateAuth` goes, as its documents have it (API reference "InitiateAuth",
// "Understanding user pool JSON web tokens", "Computing secret hash values", "Managing error responses", "Creating user
// accounts as administrator", and the lockout of the developer guide: five wrong passwords, then a second that doubles).
import { createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Fields, firstKey, newKey, type SigningKey, signJwt } from './signed-jwt.ts'

export interface PoolUser {
  password: string
  readonly sub: string
  /** As the pool calls it; the key by which it is found may be an alias, such as an address. */
  readonly username?: string
  /** `FORCE_CHANGE_PASSWORD`: an administrator made it, and its password is one for once. */
  status: 'CONFIRMED' | 'UNCONFIRMED' | 'FORCE_CHANGE_PASSWORD' | 'RESET_REQUIRED'
  enabled?: boolean
  /** What it has to answer beside its password. */
  mfa?: 'SMS_MFA' | 'SOFTWARE_TOKEN_MFA'
  groups?: readonly string[]
  /** Of the ID token alone: `email`, `custom:…`. */
  attributes?: Fields
}

export interface AppClient {
  readonly secret: string | null
  readonly flows: readonly string[]
}

export interface Asked {
  readonly headers: IncomingMessage['headers']
  readonly flow: string
  readonly parameters: Readonly<Record<string, string>>
}

export interface Cognito {
  readonly issuer: string
  readonly poolId: string
  readonly users: Map<string, PoolUser>
  readonly clients: Map<string, AppClient>
  /** Each `InitiateAuth` that came. */
  readonly asked: Asked[]
  /** By its clock; set by tests. */
  now: number
  accessTokenSeconds: number
  /** Whether an unknown user looks as a wrong password does (`PreventUserExistenceErrors`). */
  hidesUsers: boolean
  /** Changes claims of tokens. */
  access: (claims: Fields) => Fields
  idToken: (claims: Fields) => Fields
  /** The finished result: `AuthenticationResult`. */
  result: (result: Fields) => Fields
  /** In place of an answer; null: as documented. */
  bend: ((asked: Asked, response: ServerResponse) => boolean) | null
  /** As an administrator does by `AdminUserGlobalSignOut`. */
  signOutEverywhere(username: string): void
  close(): Promise<void>
}

interface Lock {
  wrong: number
  untilMs: number
}

interface Pool extends Cognito {
  readonly key: SigningKey
  readonly refreshTokens: Map<string, { readonly user: string; readonly client: string }>
  readonly locks: Map<string, Lock>
}

const region = 'eu-west-1'

export async function startCognito(): Promise<Cognito> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const poolId = `${region}_Ab12Cd34E`
  const same = (fields: Fields): Fields => fields
  const pool: Pool = {
    issuer: `http://localhost:${port}/${poolId}`,
    poolId,
    users: new Map(),
    clients: new Map(),
    asked: [],
    now: Math.floor(Date.now() / 1000),
    accessTokenSeconds: 3600,
    hidesUsers: true,
    access: same,
    idToken: same,
    result: same,
    bend: null,
    key: { ...firstKey() },
    refreshTokens: new Map(),
    locks: new Map(),
    signOutEverywhere: (username) => {
      for (const [token, { user }] of pool.refreshTokens)
        if (user === username) pool.refreshTokens.delete(token)
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  server.on('request', (request, response) => {
    serve(pool, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  return pool
}

/** One that nobody published. */
export function strangeKey(): SigningKey {
  return newKey('strange', 'RS256')
}

async function serve(pool: Pool, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const below = new URL(pool.issuer).pathname
  if (request.url === `${below}/.well-known/jwks.json`)
    return void answer(response, 200, { keys: [pool.key.jwk] }, 'application/json')
  if (request.url === `${below}/.well-known/openid-configuration`)
    return void answer(response, 200, metadataOf(pool), 'application/json')
  const target = request.headers['x-amz-target']
  const isAsked = request.method === 'POST' && request.url === '/'
  if (!isAsked || target !== 'AWSCognitoIdentityProviderService.InitiateAuth')
    return void fail(response, 'UnknownOperationException', '')
  if (request.headers['content-type'] !== 'application/x-amz-json-1.1')
    return void fail(response, 'SerializationException', '')
  let text = ''
  for await (const part of request) text += part
  const body = JSON.parse(text) as {
    AuthFlow: string
    ClientId: string
    AuthParameters: Record<string, string>
  }
  const asked: Asked = { headers: request.headers, flow: body.AuthFlow, parameters: body.AuthParameters }
  pool.asked.push(asked)
  if (pool.bend?.(asked, response) === true) return
  initiate(pool, body.ClientId, asked, response)
}

function metadataOf({ issuer }: Pool): Fields {
  const domain = 'https://acme.auth.eu-west-1.amazoncognito.com'
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    authorization_endpoint: `${domain}/oauth2/authorize`,
    token_endpoint: `${domain}/oauth2/token`,
    userinfo_endpoint: `${domain}/oauth2/userInfo`,
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'token'],
    subject_types_supported: ['public'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  }
}

function initiate(pool: Pool, clientId: string, { flow, parameters }: Asked, response: ServerResponse): void {
  const client = pool.clients.get(clientId)
  if (client === undefined)
    return void fail(response, 'ResourceNotFoundException', `User pool client ${clientId} does not exist.`)
  if (!client.flows.includes(`ALLOW_${flow}`))
    return void fail(response, 'InvalidParameterException', `${flow} flow not enabled for this client`)
  if (flow === 'REFRESH_TOKEN_AUTH') return void byRefreshToken(pool, clientId, client, parameters, response)
  const { USERNAME: name = '', PASSWORD: password = '' } = parameters
  if (name === '' || password === '')
    return void fail(response, 'InvalidParameterException', 'Missing required parameter USERNAME')
  if (name.length > 128)
    return void fail(response, 'InvalidParameterException', '1 validation error detected: Value is too long')
  if (!hashHolds(client, clientId, name, parameters, response)) return
  byPassword(pool, clientId, name, password, response)
}

function hashHolds(
  { secret }: AppClient,
  clientId: string,
  user: string,
  { SECRET_HASH: hash }: Asked['parameters'],
  response: ServerResponse,
): boolean {
  if (secret === null) return true
  const right = createHmac('sha256', secret)
    .update(user + clientId)
    .digest('base64')
  if (hash === right) return true
  fail(
    response,
    'NotAuthorizedException',
    hash === undefined
      ? `Client ${clientId} is configured with secret but SECRET_HASH was not received`
      : `Unable to verify secret hash for client ${clientId}`,
  )
  return false
}

function byPassword(
  pool: Pool,
  clientId: string,
  name: string,
  password: string,
  response: ServerResponse,
): void {
  const user = pool.users.get(name)
  const lock = pool.locks.get(name) ?? { wrong: 0, untilMs: 0 }
  pool.locks.set(name, lock)
  const nowMs = pool.now * 1000
  if (nowMs < lock.untilMs) return void fail(response, 'NotAuthorizedException', 'Password attempts exceeded')
  if (user === undefined && !pool.hidesUsers)
    return void fail(response, 'UserNotFoundException', 'User does not exist.')
  if (user?.password !== password) {
    lock.wrong += 1
    if (lock.wrong >= 5) lock.untilMs = nowMs + Math.min(900, 2 ** (lock.wrong - 5)) * 1000
    return void fail(response, 'NotAuthorizedException', 'Incorrect username or password.')
  }
  lock.wrong = 0
  if (user.enabled === false) return void fail(response, 'NotAuthorizedException', 'User is disabled.')
  switch (user.status) {
    case 'UNCONFIRMED':
      return void fail(response, 'UserNotConfirmedException', 'User is not confirmed.')
    case 'RESET_REQUIRED':
      return void fail(response, 'PasswordResetRequiredException', 'Password reset required for the user')
    case 'FORCE_CHANGE_PASSWORD':
      return void challenge(response, 'NEW_PASSWORD_REQUIRED', {
        USER_ID_FOR_SRP: user.username ?? name,
        requiredAttributes: '[]',
        userAttributes: JSON.stringify(user.attributes ?? {}),
      })
    case 'CONFIRMED':
      if (user.mfa !== undefined)
        return void challenge(response, user.mfa, { USER_ID_FOR_SRP: user.username ?? name })
      return void grant(pool, clientId, { name, user }, true, response)
  }
}

function byRefreshToken(
  pool: Pool,
  clientId: string,
  client: AppClient,
  parameters: Asked['parameters'],
  response: ServerResponse,
): void {
  const known = pool.refreshTokens.get(parameters.REFRESH_TOKEN ?? '')
  const user = pool.users.get(known?.user ?? '')
  if (known === undefined || user === undefined || known.client !== clientId)
    return void fail(response, 'NotAuthorizedException', 'Invalid Refresh Token')
  // The hash is of the name in the pool, not of an alias.
  if (!hashHolds(client, clientId, user.username ?? known.user, parameters, response)) return
  if (user.enabled === false) return void fail(response, 'NotAuthorizedException', 'User is disabled.')
  grant(pool, clientId, { name: known.user, user }, false, response)
}

function grant(
  pool: Pool,
  clientId: string,
  { name, user }: { readonly name: string; readonly user: PoolUser },
  isFirst: boolean,
  response: ServerResponse,
): void {
  const common = {
    sub: user.sub,
    ...(user.groups === undefined ? {} : { 'cognito:groups': user.groups }),
    iss: pool.issuer,
    origin_jti: randomUUID(),
    event_id: randomUUID(),
    auth_time: pool.now,
    exp: pool.now + pool.accessTokenSeconds,
    iat: pool.now,
  }
  const username = user.username ?? name
  const access = pool.access({
    ...common,
    ...{ client_id: clientId, token_use: 'access', scope: 'aws.cognito.signin.user.admin' },
    ...{ jti: randomUUID(), username },
  })
  const id = pool.idToken({
    ...common,
    ...{ aud: clientId, token_use: 'id', 'cognito:username': username, jti: randomUUID() },
    ...user.attributes,
  })
  const signed = (claims: Fields) => signJwt({ kid: pool.key.kid, alg: 'RS256' }, claims, pool.key.privateKey)
  const refreshToken = `eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIn0.${randomUUID()}.a.b.c`
  if (isFirst) pool.refreshTokens.set(refreshToken, { user: name, client: clientId })
  const result = pool.result({
    AccessToken: signed(access),
    ExpiresIn: pool.accessTokenSeconds,
    IdToken: signed(id),
    // Not rotated: it comes with the password alone.
    ...(isFirst ? { RefreshToken: refreshToken } : {}),
    TokenType: 'Bearer',
  })
  answer(response, 200, { AuthenticationResult: result, ChallengeParameters: {} })
}

function challenge(response: ServerResponse, name: string, parameters: Fields): void {
  answer(response, 200, {
    ChallengeName: name,
    Session: `AYABe${randomUUID()}`,
    ChallengeParameters: parameters,
  })
}

/** AWS JSON 1.1: errors of the client are 400, whatever they are. */
export function fail(response: ServerResponse, type: string, message: string, status = 400): void {
  answer(response, status, { __type: type, message })
}

function answer(
  response: ServerResponse,
  status: number,
  document: Fields,
  type = 'application/x-amz-json-1.1',
): void {
  const text = JSON.stringify(document)
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text)
}

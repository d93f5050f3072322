// What gives credentials to a machine and to a container, on a port of loopback each.
// - The instance metadata service, version 2: EC2 User Guide, "Use IMDS to access instance metadata" (a token by PUT with its
//   time to live, then GET with the token; what came through a proxy gets none) and "Retrieve security credentials".
// - The address of a container (ECS Developer Guide, "Task IAM role") or of a pod (EKS User Guide, "EKS Pod Identity"), with an
//   authorization token from a file that changes.

import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface LocalKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly endsAt: Date
}

/** Instead of the right answer: a status and a body, or none at all, or a connection that breaks off. */
export type LocalTrouble = { readonly status: number; readonly body: string } | 'silent' | 'slow' | 'broken'

export interface LocalCredentials {
  readonly origin: string
  keys: LocalKeys
  /** For each path; `PUT /latest/api/token` too. */
  readonly trouble: Map<string, LocalTrouble>
  /** `METHOD /path`, in order. */
  readonly seen: string[]
  close(): Promise<void>
}

type Answer = (request: IncomingMessage, path: string, keys: LocalKeys) => Said

interface Said {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

const longestTtlSeconds = 21_600

/** For AWS_EC2_METADATA_SERVICE_ENDPOINT. `role`: null where the machine has none. */
export function startInstanceMetadata(
  t: Pick<Test, 'teardown'>,
  keys: LocalKeys,
  role: string | null = 'gateway-role',
): Promise<LocalCredentials> {
  const tokens = new Map<string, number>()
  const folder = '/latest/meta-data/iam/security-credentials/'
  return start(t, keys, (request, path, now) => {
    if (path === '/latest/api/token') {
      const ttl = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds'])
      if (request.method !== 'PUT') return { status: 405, body: '' }
      if (request.headers['x-forwarded-for'] !== undefined) return { status: 403, body: '' }
      if (!Number.isInteger(ttl) || ttl < 1 || ttl > longestTtlSeconds) return { status: 400, body: '' }
      const token = Buffer.from(randomUUID()).toString('base64')
      tokens.set(token, Date.now() + ttl * 1000)
      return { status: 200, body: token, headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(ttl) } }
    }
    const given = request.headers['x-aws-ec2-metadata-token']
    if (typeof given !== 'string' || Date.now() > (tokens.get(given) ?? 0)) return { status: 401, body: '' }
    if (role === null || !path.startsWith(folder)) return { status: 404, body: '' }
    if (path === folder) return { status: 200, body: role }
    if (path !== folder + role) return { status: 404, body: '' }
    const times = { LastUpdated: isoSeconds(new Date()), Expiration: isoSeconds(now.endsAt) }
    return {
      status: 200,
      body: JSON.stringify({ Code: 'Success', Type: 'AWS-HMAC', ...keysOf(now), ...times }),
    }
  })
}

/** For AWS_CONTAINER_CREDENTIALS_FULL_URI, with `path`. `authorization`: what must stand there now; null: nothing. */
export function startContainerCredentials(
  t: Pick<Test, 'teardown'>,
  keys: LocalKeys,
  authorization: () => string | null,
): Promise<LocalCredentials> {
  return start(t, keys, (request, path, now) => {
    if (path !== '/v1/credentials') return { status: 404, body: '' }
    const expected = authorization()
    if (expected !== null && request.headers.authorization !== expected)
      return {
        status: 401,
        body: JSON.stringify({ Code: 'AccessDenied', Message: 'Unable to authenticate' }),
      }
    const roleArn = 'arn:aws:iam::123456789012:role/gateway'
    const ends = { Expiration: isoSeconds(now.endsAt) }
    return { status: 200, body: JSON.stringify({ RoleArn: roleArn, ...keysOf(now), ...ends }) }
  })
}

/** The portal of IAM Identity Center, for AWS_ENDPOINT_URL_SSO: IAM Identity Center Portal API Reference, "GetRoleCredentials". */
export function startPortal(
  t: Pick<Test, 'teardown'>,
  keys: LocalKeys,
  accessToken: string,
): Promise<LocalCredentials> {
  return start(t, keys, (request, path, now) => {
    const { pathname, searchParams } = new URL(path, 'http://portal')
    const asked = [pathname, searchParams.get('account_id'), searchParams.get('role_name')]
    if (asked.join(' ') !== '/federation/credentials 123456789012 Gateway') return { status: 404, body: '{}' }
    if (request.headers['x-amz-sso_bearer_token'] !== accessToken)
      return {
        status: 401,
        headers: { 'x-amzn-errortype': 'UnauthorizedException' },
        body: JSON.stringify({ message: 'Session token not found or invalid' }),
      }
    const { accessKeyId, secretAccessKey, sessionToken, endsAt } = now
    const roleCredentials = { accessKeyId, secretAccessKey, sessionToken, expiration: endsAt.getTime() }
    return { status: 200, body: JSON.stringify({ roleCredentials }) }
  })
}

function keysOf({ accessKeyId, secretAccessKey, sessionToken }: LocalKeys) {
  return { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken }
}

/** `2026-11-29T10:00:00Z`, as both write it. */
function isoSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}

async function start(t: Pick<Test, 'teardown'>, keys: LocalKeys, answer: Answer): Promise<LocalCredentials> {
  const trouble = new Map<string, LocalTrouble>()
  const seen: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    seen.push(`${request.method} ${path}`)
    const wrong = trouble.get(path)
    const said = wrong === undefined || typeof wrong === 'string' ? answer(request, path, local.keys) : wrong
    send(response, said, typeof wrong === 'string' ? wrong : null)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  t.teardown(close)
  const local: LocalCredentials = { origin: `http://127.0.0.1:${port}`, keys, trouble, seen, close }
  return local
}

/** `silent` says nothing, `slow` its head and half its body, and then nothing; `broken` breaks off there. */
function send(response: ServerResponse, said: Said, how: 'silent' | 'slow' | 'broken' | null): void {
  if (how === 'silent') return
  const body = Buffer.from(said.body)
  response.writeHead(said.status, {
    'content-type': 'text/plain',
    'content-length': body.length,
    ...said.headers,
  })
  if (how === null) {
    response.end(body)
    return
  }
  response.write(body.subarray(0, Math.max(1, body.length >> 1)), () => {
    if (how === 'broken') response.destroy()
  })
}

// Facebook's Graph API as far as access tokens of Facebook Login go: `debug_token` and `me`, as its documents have them
// (Graph API reference "Debug-Token", "Access Tokens: Debugging and Error Handling", "Secure Graph API Calls").
import { createHmac } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerJson, type FixedNames, startFixedNames } from './fixed-names.ts'

export interface FacebookToken {
  readonly app: string
  readonly type?: 'USER' | 'PAGE' | 'APP'
  readonly user?: string
  readonly name?: string
  readonly email?: string
  readonly isValid?: boolean
  /** 0: never. */
  readonly expiresAt?: number
  readonly scopes?: readonly string[]
}

export interface Facebook extends FixedNames {
  /** By the token itself. */
  readonly tokens: Map<string, FacebookToken>
  /** Secrets of apps, by their id. */
  readonly apps: Map<string, string>
  /** Paths that were asked for, without their queries. */
  readonly asked: string[]
  /** In place of an answer: status and document. */
  bend: ((path: string) => readonly [number, unknown] | null) | null
}

type Answer = readonly [number, unknown]

export async function startFacebook(): Promise<Facebook> {
  const tokens = new Map<string, FacebookToken>()
  const apps = new Map<string, string>()
  const asked: string[] = []
  const names = await startFixedNames(['graph.facebook.com'], (request, response) =>
    serve(facebook, request, response),
  )
  const facebook: Facebook = { ...names, tokens, apps, asked, bend: null }
  return facebook
}

function serve(facebook: Facebook, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'https://graph.facebook.com')
  const path = url.pathname.replace(/^\/v\d+\.\d+/, '')
  facebook.asked.push(path)
  const [status, document] = facebook.bend?.(path) ?? answerOf(facebook, path, url.searchParams)
  answerJson(response, status, document)
}

function answerOf(facebook: Facebook, path: string, query: URLSearchParams): Answer {
  if (path === '/debug_token') return debugged(facebook, query)
  if (path === '/me') return me(facebook, query)
  return graphError(`(#2500) Unknown path components: ${path}`, 2500)
}

function debugged({ tokens, apps }: Facebook, query: URLSearchParams): Answer {
  const [app = '', secret] = (query.get('access_token') ?? '').split('|')
  if (secret === undefined || apps.get(app) !== secret)
    return graphError('Invalid OAuth access token signature.', 190)
  const token = tokens.get(query.get('input_token') ?? '')
  if (token === undefined) {
    const error = { code: 190, message: 'Invalid OAuth access token - Cannot parse access token' }
    return [200, { data: { error, is_valid: false, scopes: [] } }]
  }
  if (token.app !== app)
    return graphError('(#100) The App_id in the input_token did not match the Viewing App', 100)
  return [200, { data: debugDocument(token) }]
}

function debugDocument(token: FacebookToken): object {
  return {
    app_id: token.app,
    type: token.type ?? 'USER',
    application: 'A mobile app',
    data_access_expires_at: 2_000_000_000,
    expires_at: token.expiresAt ?? 2_000_000_000,
    is_valid: token.isValid ?? true,
    scopes: token.scopes ?? ['public_profile'],
    ...(token.user === undefined ? {} : { user_id: token.user }),
  }
}

function me({ tokens, apps }: Facebook, query: URLSearchParams): Answer {
  const raw = query.get('access_token') ?? ''
  const token = tokens.get(raw)
  if (token === undefined || token.isValid === false)
    return graphError('Error validating access token: The session has been invalidated.', 190)
  const proof = createHmac('sha256', apps.get(token.app) ?? '')
    .update(raw)
    .digest('hex')
  if (query.get('appsecret_proof') !== proof) return graphError('Invalid appsecret_proof provided', 100)
  const { user: id, name, email } = token
  const fields = new Set((query.get('fields') ?? 'id,name').split(','))
  const known = Object.entries({ id, name, email })
  return [200, Object.fromEntries(known.filter(([field, value]) => fields.has(field) && value !== undefined))]
}

function graphError(message: string, code: number): Answer {
  return [400, { error: { message, type: 'OAuthException', code, fbtrace_id: 'AbCdEf' } }]
}

// Google as far as access tokens go: its metadata, `tokeninfo`, and userinfo, each at its own host, as its documents have
// them. Numbers and booleans of `tokeninfo` are texts there.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerJson, type FixedNames, startFixedNames } from './fixed-names.ts'

export interface GoogleToken {
  readonly azp: string
  /** That of `azp` where it is absent. */
  readonly aud?: string
  readonly sub?: string
  readonly email?: string
  readonly expiresAt: number
  readonly scope?: string
}

export interface GoogleTokens extends FixedNames {
  readonly tokens: Map<string, GoogleToken>
  /** Hosts and paths that were asked for, without their queries. */
  readonly asked: string[]
  /** What userinfo says instead of the `sub` of a token. */
  otherSubject: string | null
}

type Answer = readonly [number, unknown]

const accounts = 'accounts.google.com'

export async function startGoogleTokens(now: number): Promise<GoogleTokens> {
  const tokens = new Map<string, GoogleToken>()
  const asked: string[] = []
  const names = await startFixedNames(
    [accounts, 'oauth2.googleapis.com', 'openidconnect.googleapis.com', 'www.googleapis.com'],
    (request, response) => serve(google, now, request, response),
  )
  const google: GoogleTokens = { ...names, tokens, asked, otherSubject: null }
  return google
}

function serve(google: GoogleTokens, now: number, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', `https://${request.headers.host}`)
  const place = url.host + url.pathname
  google.asked.push(place)
  const bearer = request.headers.authorization?.replace(/^Bearer /, '')
  const [status, document] = answerOf(
    google,
    now,
    place,
    url.searchParams.get('access_token') ?? bearer ?? '',
  )
  answerJson(response, status, document)
}

function answerOf(google: GoogleTokens, now: number, place: string, raw: string): Answer {
  const token = google.tokens.get(raw)
  switch (place) {
    case `${accounts}/.well-known/openid-configuration`:
      return [200, metadata]
    case 'oauth2.googleapis.com/tokeninfo':
      return token === undefined || token.expiresAt <= now
        ? [400, { error: 'invalid_token', error_description: 'Invalid Value' }]
        : [200, tokeninfo(token, now)]
    case 'openidconnect.googleapis.com/v1/userinfo':
      return token?.sub === undefined
        ? [401, { error: 'invalid_request', error_description: 'Invalid Credentials' }]
        : [200, userinfo(token, google.otherSubject ?? token.sub)]
    default:
      return [404, {}]
  }
}

function tokeninfo({ azp, aud, sub, email, expiresAt, scope }: GoogleToken, now: number): object {
  return {
    azp,
    aud: aud ?? azp,
    ...(sub === undefined ? {} : { sub }),
    scope: scope ?? 'openid https://www.googleapis.com/auth/userinfo.email',
    exp: String(expiresAt),
    expires_in: String(expiresAt - now),
    ...(email === undefined ? {} : { email, email_verified: 'true' }),
    access_type: 'online',
  }
}

function userinfo({ email }: GoogleToken, sub: string): object {
  return { sub, picture: 'https://lh3.googleusercontent.com/a/x', email, email_verified: true }
}

const metadata = {
  issuer: `https://${accounts}`,
  authorization_endpoint: `https://${accounts}/o/oauth2/v2/auth`,
  token_endpoint: 'https://oauth2.googleapis.com/token',
  userinfo_endpoint: 'https://openidconnect.googleapis.com/v1/userinfo',
  revocation_endpoint: 'https://oauth2.googleapis.com/revoke',
  jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
}

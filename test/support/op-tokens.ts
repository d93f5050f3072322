// Tokens of oidc-provider as programs get them: by an authorization code, for themselves, and what becomes of them.
import { createHash, randomBytes } from 'node:crypto'
import { type Op, type PersonId, signInAs } from './op.ts'

/** A program that gets tokens, beside the gateway. */
export const mobileApp = {
  client_id: 'a-mobile-app',
  client_secret: 'the-secret-of-the-mobile-app',
  redirect_uris: ['https://mobile.example/callback'],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  response_types: ['code'],
}

export interface OpTokens {
  readonly access: string
  readonly refresh: string | null
  readonly id: string | null
}

/** By the authorization code flow, as a native app does it (RFC 8252). */
export async function tokensOf(op: Op, person: PersonId, scope = 'openid profile email'): Promise<OpTokens> {
  const verifier = randomBytes(32).toString('base64url')
  const redirectUri = mobileApp.redirect_uris[0] ?? ''
  const url = new URL(`${op.issuer}/auth`)
  const parameters = {
    client_id: mobileApp.client_id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope,
    state: 's',
    login_hint: person,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  const back = await signInAs(person, url)
  const code = back.searchParams.get('code') ?? ''
  const grant = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  return askToken(op, grant)
}

/** RFC 6749 4.4: the program's own. */
export function ownToken(op: Op, scope = ''): Promise<OpTokens> {
  return askToken(op, { grant_type: 'client_credentials', ...(scope === '' ? {} : { scope }) })
}

/** RFC 7009. */
export async function revoke(op: Op, token: string): Promise<void> {
  await post(`${op.issuer}/token/revocation`, { token })
}

async function askToken(op: Op, form: Record<string, string>): Promise<OpTokens> {
  const answer = await post(`${op.issuer}/token`, form)
  const document: unknown = await answer.json()
  const text = (name: string): string | null => {
    const value = Object(document)[name]
    return typeof value === 'string' ? value : null
  }
  const access = text('access_token')
  if (access === null) throw new Error(`no access token: ${JSON.stringify(document)}`)
  return { access, refresh: text('refresh_token'), id: text('id_token') }
}

function post(address: string, form: Record<string, string>): Promise<Response> {
  const { client_id: id, client_secret: secret } = mobileApp
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  return fetch(address, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) })
}

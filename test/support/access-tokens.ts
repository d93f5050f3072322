// Programs that come to a provider for access tokens, as a mobile app and a cron job do.
import { createHash, randomBytes } from 'node:crypto'
import { type Op, type PersonId, signInAs } from './op.ts'

/** With both kinds of grant; the secret goes in the form. */
export const program = {
  client_id: 'program',
  client_secret: 'the-secret-of-the-program-of-a-test',
  redirect_uris: ['https://program.example/back'],
  grant_types: ['authorization_code', 'client_credentials'],
  response_types: ['code'],
  token_endpoint_auth_method: 'client_secret_post',
} as const

export interface Wanted {
  readonly resource: string
  readonly scope: string
}

/** RFC 6749 4.4: a token behind which nobody is. */
export async function tokenOfProgram(op: Op, { resource, scope }: Wanted): Promise<string> {
  return askForToken(op, { grant_type: 'client_credentials', resource, scope })
}

/** RFC 6749 4.1 with PKCE, as this person, for whom the provider asks nothing. The ID token comes along. */
export async function tokensOfPerson(
  op: Op,
  id: PersonId,
  { resource, scope }: Wanted,
): Promise<{ readonly accessToken: string; readonly idToken: string; readonly refreshToken: string }> {
  const verifier = randomBytes(32).toString('base64url')
  const [redirectUri = ''] = program.redirect_uris
  const url = new URL(`${op.issuer}/auth`)
  url.search = new URLSearchParams({
    client_id: program.client_id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: `openid ${scope}`,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource,
  }).toString()
  const back = await signInAs(id, url)
  const code = back.searchParams.get('code')
  if (code === null) throw new Error(`no code came back: ${back.search}`)
  const answer = await askFor(op, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    resource,
  })
  return {
    accessToken: String(answer.access_token),
    idToken: String(answer.id_token),
    refreshToken: String(answer.refresh_token),
  }
}

async function askForToken(op: Op, form: Readonly<Record<string, string>>): Promise<string> {
  return String((await askFor(op, form)).access_token)
}

async function askFor(op: Op, form: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const { client_id, client_secret } = program
  const body = new URLSearchParams({ ...form, client_id, client_secret })
  const answer = await fetch(`${op.issuer}/token`, { method: 'POST', body })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`the token endpoint answered ${answer.status}: ${text}`)
  return JSON.parse(text) as Record<string, unknown>
}

import { ProviderFault } from '../../core/fault.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import { readJsonObject } from '../../core/json-object.ts'
import { authenticate, proofKeys } from '../client-auth.ts'
import { canonicalRedirectUri } from '../login.ts'
import type { Metadata } from '../metadata.ts'
import { quoteWithout } from '../quote.ts'
import type { Registration } from '../token-request.ts'

/** What a token endpoint says to a code that nobody issued (RFC 6749 5.2). */
export type TokenAnswer =
  /** `invalid_grant`: it knows the client, and refuses the code alone. */
  | { readonly kind: 'client-accepted' }
  /** `invalid_client`, or a status that says the same; `proofKeys` names the keys of the file that prove it. */
  | { readonly kind: 'client-refused'; readonly said: string; readonly proofKeys: string }
  /** Something else, from which nothing follows. */
  | { readonly kind: 'unclear'; readonly said: string }

/** One token request, as a sign-in makes it, with a code and a verifier that are made up. Throws `ProviderFault`. */
export async function askForTokens(
  registration: Registration,
  redirectUri: string,
  random: (bytes: number) => Buffer,
): Promise<TokenAnswer> {
  const { settings, metadata, transport } = registration
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: `claimgate-doctor-${random(16).toString('base64url')}`,
    redirect_uri: canonicalRedirectUri(redirectUri),
    code_verifier: random(32).toString('base64url'),
  })
  const headers = new Headers({
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  })
  await authenticate(registration, body, headers)
  const request = { method: 'POST', headers: Object.fromEntries(headers), body: String(body) }
  const answer = await transport.request(metadata.tokenEndpoint, request)
  if (answer.status < 400)
    throw new ProviderFault(
      'PROVIDER_RESPONSE_INVALID',
      `${metadata.tokenEndpoint}: answered ${answer.status} to a code that nobody issued`,
    )
  const error = readJsonObject(await answer.text())?.error
  return judge(answer.status, typeof error === 'string' ? error : null, settings, metadata)
}

function judge(
  status: number,
  error: string | null,
  settings: ProviderSettings,
  metadata: Metadata,
): TokenAnswer {
  const secret = settings.clientSecret?.reveal() ?? ''
  const said =
    error === null ? `${status}` : `${status} ${quoteWithout(error, secret === '' ? [] : [secret])}`
  if (error === 'invalid_grant') return { kind: 'client-accepted' }
  if (error === 'invalid_client' || error === 'unauthorized_client' || status === 401)
    return { kind: 'client-refused', said, proofKeys: proofKeys(settings, metadata) }
  return { kind: 'unclear', said }
}

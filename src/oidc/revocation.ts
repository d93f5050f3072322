import { ProviderFault } from '../core/fault.ts'
import { readJsonObject } from '../core/json-object.ts'
import { authenticate, proofKeys } from './client-auth.ts'
import { quoteWithout } from './quote.ts'
import type { Registration } from './token-request.ts'

/**
 * RFC 7009 2.1, by the client's own authentication. Nothing is sent where the metadata names no `revocation_endpoint`. A
 * server that cannot revoke this kind of token (2.2.1) has said all that it can. Throws a `ProviderFault`, whose message
 * holds no credential.
 */
export async function revokeRefreshToken(
  registration: Registration,
  refreshToken: string,
  deadline: AbortSignal,
): Promise<void> {
  const { settings, metadata, transport } = registration
  const endpoint = metadata.revocationEndpoint
  if (endpoint === null) return
  const body = new URLSearchParams({ token: refreshToken, token_type_hint: 'refresh_token' })
  const headers = new Headers({
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  })
  await authenticate(registration, body, headers)
  const request = { method: 'POST', headers: Object.fromEntries(headers), body: String(body) }
  const answer = await transport.request(endpoint, request, deadline)
  if (answer.status === 200) return
  const error = readJsonObject(await answer.text())?.error
  if (error === 'unsupported_token_type') return
  const secret = settings.clientSecret?.reveal() ?? ''
  const said = typeof error === 'string' ? ` ${quoteWithout(error, [refreshToken, secret])}` : ''
  const isAboutProof = error === 'invalid_client' || [401, 403].includes(answer.status)
  throw new ProviderFault(
    isAboutProof ? 'PROVIDER_CLIENT_REFUSED' : 'PROVIDER_RESPONSE_INVALID',
    `the revocation endpoint answered ${answer.status}${said}${isAboutProof ? `. ${proofKeys(settings, metadata)}` : ''}`,
  )
}

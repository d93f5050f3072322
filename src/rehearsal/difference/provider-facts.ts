import type { ProviderSettings } from '../../core/gateway.ts'
import { bearerFacts } from './credential-facts.ts'
import { fileText, secretText } from './digest.ts'
import { type Facts, named } from './fact.ts'
import { exchangeFacts } from './machine-facts.ts'

/** What of a provider people or apps notice; its secrets are told apart and never shown. */
export function providerFacts(one: ProviderSettings): Facts {
  return named({
    issuer: one.issuer,
    client_id: one.clientId,
    client_secret: one.clientSecret && secretText(one.clientSecret),
    token_endpoint_auth_method: one.authMethod,
    client_key: one.clientKey && secretText(one.clientKey),
    client_key_id: one.clientKeyId,
    client_assertion_alg: one.clientAssertionAlg,
    client_certificate:
      one.clientCertificate &&
      `${fileText(one.clientCertificate.certificate)} ${secretText(one.clientCertificate.key)}`,
    preset: one.preset,
    label: one.label,
    display_name: one.displayName.join(', '),
    icon: one.icon?.startsWith('data:') ? fileText(one.icon) : one.icon,
    internal_url: one.internalUrl,
    ca_file: one.ca && fileText(one.ca),
    allow_insecure_http: one.allowInsecureHttp ? 'true' : null,
    response_mode: one.responseMode,
    response_iss: one.responseIssRequired ? 'required' : null,
    scopes: `${one.scopes.join(' ')}${one.recheck !== null && one.scopesWritten ? ', and none for a refresh token' : ''}`,
    pass_parameters: one.passParameters.join(' ') || null,
    metadata_url: one.metadataUrl,
    id_token_signed_response_alg: one.signingAlgorithms?.join(' ') ?? null,
    extra_audiences: one.extraAudiences.join(' ') || null,
    claims_from: `${one.claimsFrom.join(' ')}${one.claimsFromWritten ? '' : ' where it has them'}`,
    user_id: one.userId,
    user_id_prefix: one.userIdPrefix || null,
    jwks_uri: one.jwksUri,
    'signs people in': String(one.signsIn),
    ...bearerFacts(one.bearer),
    ...exchangeFacts(one.exchange),
    trust_email: String(one.trustEmail),
    authorization_parameters: [...one.authorizationParameters]
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  })
}

/**
 * Parameters of an authorization request that the gateway alone sets (RFC 6749 4.1.1, RFC 7636 4.3, OIDC Core 3.1.2.1):
 * neither configuration nor metadata may. A sign-in hangs on each; `request` and `request_uri` would replace all others.
 */
export const ownAuthorizationParameters: ReadonlySet<string> = new Set([
  'client_id',
  'code_challenge',
  'code_challenge_method',
  'nonce',
  'redirect_uri',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
  'scope',
  'state',
])

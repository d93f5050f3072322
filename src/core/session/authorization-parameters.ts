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

/**
 * What no link may choose, though the configuration may set it: what is asked for, for whom, how strongly and whether
 * somebody is asked at all (OIDC Core 3.1.2.1, RFC 8707, RFC 9396), what binds the code (RFC 9449), and what
 * `/.auth/login` itself reads.
 */
const neverPassed: ReadonlySet<string> = new Set([
  ...ownAuthorizationParameters,
  ...['prompt', 'max_age', 'acr_values', 'claims', 'scope', 'resource', 'audience', 'authorization_details'],
  ...['registration', 'id_token_hint', 'dpop_jkt'],
  ...['return_to', 'provider', 'account', 'kept', 'fragment', 'attempt', 'form', 'step_up'],
])

/** Whether `pass_parameters` may list a parameter. In any case: some providers read names without regard to it. */
export function mayBePassed(name: string): boolean {
  return !neverPassed.has(name.toLowerCase())
}

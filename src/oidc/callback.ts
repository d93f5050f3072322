import { type FaultCode, LoginFault } from '../core/fault.ts'
import { limits } from '../core/limits/table.ts'
import { quote, quoteWithout } from './quote.ts'

/** What an authorization response must fit. */
export interface CallbackExpectation {
  readonly issuer: string
  /** The metadata promises `iss` in every response (RFC 9207 2.3), or the operator asks for it. */
  readonly issuerInResponse: boolean
  readonly state: string
  /** It was asked that nobody be shown anything (`prompt=none`). */
  readonly silent: boolean
  /** It was asked for more than a sign-in (RFC 9470). */
  readonly steppingUp: boolean
}

const single = [
  'code',
  'state',
  'iss',
  'error',
  'error_description',
  'error_uri',
  'response',
  'id_token',
  'access_token',
  'token',
]
/** Of the implicit and hybrid flows, and of signed responses: none was asked for. */
const foreign = ['response', 'id_token', 'access_token', 'token']

/**
 * The code of an authorization response. Everything is judged before the code is sent anywhere; other parameters
 * are ignored, as RFC 6749 4.1.2 asks. Throws `LoginFault`.
 */
export function readCallback(parameters: URLSearchParams, expected: CallbackExpectation): string {
  const twice = single.find((name) => parameters.getAll(name).length > 1)
  if (twice !== undefined) throw invalid(`${twice} came more than once`)
  const unasked = foreign.find((name) => parameters.has(name))
  if (unasked !== undefined) throw invalid(`${unasked} came, and only a code was asked for`)
  if (parameters.get('state') !== expected.state)
    throw new LoginFault('LOGIN_STATE_UNKNOWN', 'the state of the response is not that of this sign-in')
  checkIssuer(parameters.get('iss'), expected)
  const code = parameters.get('code')
  const error = parameters.get('error')
  if (error !== null && code !== null) throw invalid('code and error came together')
  if (error !== null) throw refusal(error, parameters.get('error_description'), expected)
  if (code === null || code === '') throw invalid('neither a code nor an error came')
  if (code.length > limits.authorizationCodeBytes)
    throw invalid(`the code has ${code.length} characters, at most ${limits.authorizationCodeBytes} are read`)
  // RFC 6749 A.11: visible ASCII and spaces.
  if (!/^[\x20-\x7e]+$/.test(code)) throw invalid('the code has characters that no code has')
  return code
}

/** RFC 9207 2.4: compared before anything else, for the code of one provider must not reach another. */
function checkIssuer(iss: string | null, expected: CallbackExpectation): void {
  if (iss === null && !expected.issuerInResponse) return
  if (iss === expected.issuer) return
  const found =
    iss === null ? 'missing, though the metadata promises it or `response_iss` asks for it' : quote(iss)
  throw new LoginFault(
    'LOGIN_ISSUER_MISMATCH',
    `iss of the response is ${found}; expected ${quote(expected.issuer)}`,
  )
}

/** The words are the provider's, or anybody's who made the link: capped, escaped, and for the operator alone. */
function refusal(error: string, description: string | null, expected: CallbackExpectation): LoginFault {
  const { state } = expected
  const said = description === null || description === '' ? '' : `: ${quoteWithout(description, [state])}`
  const cure = cures.get(error)
  return new LoginFault(
    codeOf(error, expected),
    `the provider answered ${quoteWithout(error, [state])}${said}${cure === undefined ? '' : `. ${cure}`}`,
  )
}

/** What would be right, of errors (RFC 6749 4.1.2.1, OIDC Core 3.1.2.6) that say what is wrong with the request. */
const cures: ReadonlyMap<string, string> = new Map([
  ['invalid_scope', 'See `scopes` of the provider in the file, and what the client may ask for there'],
  ['unauthorized_client', 'Let the provider allow this client the authorization code flow'],
  ['unsupported_response_type', 'Let the provider allow this client the authorization code flow'],
  ['invalid_request', 'See `authorization_parameters` in the file, and the client’s registration'],
  ['redirect_uri_mismatch', 'Register the `redirect_uri` of the line `login.started` at the provider'],
  [
    'unmet_authentication_requirements',
    'See what `acr_values` and `auth_context` ask for in the file, and whether this person can do that at the provider',
  ],
  ['consent_required', 'Let an administrator of the provider consent for this client'],
])

/**
 * Errors that say nothing of the person: the provider's own (RFC 6749 4.1.2.1), and a sign-in there that was lost or
 * timed out (OIDC Core 3.1.2.6, and what Keycloak says of it). Beginning again may help with these.
 */
function codeOf(
  error: string,
  { silent, steppingUp }: Pick<CallbackExpectation, 'silent' | 'steppingUp'>,
): FaultCode {
  switch (error) {
    case 'server_error':
    case 'temporarily_unavailable':
      return 'LOGIN_UNAVAILABLE'
    case 'login_required':
    case 'interaction_required':
    case 'authentication_expired':
      return 'LOGIN_UNFINISHED'
    // Somebody who is asked can choose and consent; else only whoever runs the provider can.
    case 'account_selection_required':
    case 'consent_required':
      return silent ? 'LOGIN_UNFINISHED' : 'LOGIN_REFUSED'
    case 'access_denied':
      return 'LOGIN_CANCELLED'
    // OpenID Connect Core Error Code unmet_authentication_requirements 1.0, RFC 9470 section 5.
    case 'unmet_authentication_requirements':
      return steppingUp ? 'LOGIN_STEP_UP_NOT_MET' : 'LOGIN_REFUSED'
    default:
      return 'LOGIN_REFUSED'
  }
}

function invalid(message: string): LoginFault {
  return new LoginFault('LOGIN_RESPONSE_INVALID', message)
}

/**
 * What can go wrong beyond a verdict: the one list of codes; what each means stands in `fault-meaning`. Faults are
 * thrown; each has a code for operators, a status and a fixed sentence for people. The cause is for the log alone.
 */
const table = {
  CONFIG_INVALID: { status: 500, level: 'fatal', public: 'Something went wrong.' },
  LOGIN_STATE_UNKNOWN: { status: 400, level: 'info', public: 'This sign-in is no longer valid.' },
  LOGIN_RESPONSE_INVALID: { status: 400, level: 'warn', public: 'This sign-in could not be completed.' },
  LOGIN_ISSUER_MISMATCH: { status: 400, level: 'warn', public: 'This sign-in could not be completed.' },
  LOGIN_CANCELLED: { status: 403, level: 'info', public: 'The sign-in was cancelled or refused.' },
  LOGIN_REFUSED: { status: 403, level: 'warn', public: 'The sign-in was cancelled or refused.' },
  LOGIN_UNAVAILABLE: { status: 503, level: 'warn', public: 'The sign-in service is not available.' },
  LOGIN_UNFINISHED: { status: 400, level: 'info', public: 'The sign-in was not finished.' },
  LOGIN_CODE_REFUSED: { status: 400, level: 'warn', public: 'This sign-in could not be completed.' },
  LOGIN_CLOCK_DIFFERS: { status: 400, level: 'warn', public: 'This sign-in could not be completed.' },
  LOGIN_TOKEN_INVALID: { status: 400, level: 'warn', public: 'This sign-in could not be completed.' },
  LOGIN_USERINFO_INVALID: { status: 400, level: 'warn', public: 'This sign-in could not be completed.' },
  LOGIN_USER_ID_INVALID: { status: 403, level: 'warn', public: 'Your account cannot be used here.' },
  LOGIN_FAILURES_LIMITED: { status: 429, level: 'info', public: 'Too many sign-ins failed.' },
  LOGIN_CLAIMS_TOO_LARGE: { status: 403, level: 'warn', public: 'Your account cannot be used here.' },
  LOGIN_STEP_UP_NOT_MET: {
    status: 403,
    level: 'warn',
    public: 'Your sign-in is not enough for this page.',
  },
  LOGIN_OTHER_ACCOUNT: { status: 403, level: 'info', public: 'That was another account.' },
  LOGIN_LOOP: {
    status: 400,
    level: 'warn',
    public: 'You were signed in, but it does not last.',
  },
  LOGOUT_REQUEST_INVALID: { status: 400, level: 'info', public: 'This sign-out cannot be read.' },
  LOGOUT_TOKEN_INVALID: { status: 400, level: 'warn', public: 'This logout token is not accepted.' },
  LOGOUT_SIGNATURE_INVALID: { status: 400, level: 'warn', public: 'This logout token is not accepted.' },
  LOGOUT_CLOCK_DIFFERS: { status: 400, level: 'warn', public: 'This logout token is not accepted.' },
  LOGOUT_TOKEN_USED: { status: 400, level: 'info', public: 'This logout token was used before.' },
  LOGOUT_KEY_UNKNOWN: { status: 503, level: 'warn', public: 'This is not available just now.' },
  LOGOUT_LIMITED: { status: 429, level: 'info', public: 'Too many sign-outs came at once.' },
  PROVIDER_UNREACHABLE: { status: 503, level: 'error', public: 'The sign-in service is not available.' },
  PROVIDER_BUSY: { status: 503, level: 'warn', public: 'The sign-in service is busy.' },
  PROVIDER_RESPONSE_INVALID: { status: 502, level: 'error', public: 'The sign-in service is not available.' },
  PROVIDER_CLIENT_REFUSED: { status: 502, level: 'error', public: 'The sign-in service is not available.' },
  PROVIDER_KEYS_INVALID: { status: 502, level: 'error', public: 'The sign-in service is not available.' },
  UPSTREAM_UNREACHABLE: { status: 502, level: 'error', public: 'The application is not available.' },
  UPSTREAM_TLS: { status: 502, level: 'error', public: 'The application is not available.' },
  UPSTREAM_RESPONSE_INVALID: { status: 502, level: 'error', public: 'The application is not available.' },
  UPSTREAM_TIMEOUT: { status: 504, level: 'error', public: 'The application took too long to answer.' },
  UPSTREAM_ABORTED: { status: 502, level: 'warn', public: 'The application is not available.' },
  UPSTREAM_BUSY: { status: 503, level: 'warn', public: 'The application has too much to do just now.' },
  UPSTREAM_REFUSED_US: { status: 502, level: 'error', public: 'The application is not available.' },
  UPSTREAM_PATH_UNKNOWN: { status: 404, level: 'info', public: 'There is no such page.' },
  UPSTREAM_FUNCTION_FAILED: { status: 502, level: 'error', public: 'The application is not available.' },
  AWS_CREDENTIALS_UNAVAILABLE: { status: 503, level: 'error', public: 'The application is not available.' },
  HELD_BODIES_FULL: { status: 503, level: 'warn', public: 'Too much is being uploaded just now.' },
  REQUEST_BODY_TOO_LARGE: { status: 413, level: 'info', public: 'The request is too large.' },
  REQUEST_BODY_STALLED: { status: 408, level: 'info', public: 'The request was not sent to its end.' },
  ANSWER_STALLED: { status: 408, level: 'info', public: 'The answer was not read to its end.' },
  STORE_UNAVAILABLE: { status: 503, level: 'error', public: 'This is not available just now.' },
  STORE_FULL: { status: 503, level: 'error', public: 'This is not available just now.' },
  STORE_UNCONFIRMED: { status: 503, level: 'warn', public: 'This is not available just now.' },
  STORE_INVALID: { status: 503, level: 'error', public: 'This is not available just now.' },
} as const

export type FaultCode = keyof typeof table
export type FaultStatus = (typeof table)[FaultCode]['status']
type FaultLevel = 'fatal' | 'error' | 'warn' | 'info'

export const faultCodes: readonly FaultCode[] = Object.keys(table) as FaultCode[]

/** The status, level and public sentence of a code. */
export function faultEntry(code: FaultCode): {
  readonly status: FaultStatus
  readonly level: FaultLevel
  readonly public: string
} {
  return table[code]
}

/** `message` is for operators and never reaches a client; it holds no credential. */
abstract class Fault extends Error {
  readonly code: FaultCode

  constructor(code: FaultCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }

  get status(): number {
    return table[this.code].status
  }
}

export class ConfigFault extends Fault {
  override readonly name = 'ConfigFault'
}
export class LoginFault extends Fault {
  override readonly name = 'LoginFault'
}
/** Of a provider that ends sessions. */
export class LogoutFault extends Fault {
  override readonly name = 'LogoutFault'
}
export class ProviderFault extends Fault {
  override readonly name = 'ProviderFault'
}
export class UpstreamFault extends Fault {
  override readonly name = 'UpstreamFault'
}
export class StoreFault extends Fault {
  override readonly name = 'StoreFault'
}

export type AnyFault = ConfigFault | LoginFault | LogoutFault | ProviderFault | UpstreamFault | StoreFault

/** Whether something thrown is one of ours. */
export function isFault(thrown: unknown): thrown is AnyFault {
  return thrown instanceof Fault
}

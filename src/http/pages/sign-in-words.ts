import type { FaultCode } from '../../core/fault.ts'
import type { SentenceName } from '../../core/pages/catalogue.ts'

/** What a page says of a sign-in that failed, and what would help. */
export interface FailureWords {
  readonly explanation: Extract<SentenceName, `failure.${string}` | 'again.moment'>
  /**
   * The same once more, another account, either of them, the account that was asked for, or nothing that the person
   * could do.
   */
  readonly helps: 'start-again' | 'other-account' | 'either' | 'that-account' | 'nothing'
}

/** In words for people: what happened, and "start again" only where that helps. Nothing of a message for operators. */
export function failureWords(code: FaultCode): FailureWords {
  switch (code) {
    case 'LOGIN_STATE_UNKNOWN':
      return again('failure.state-unknown')
    case 'LOGIN_LOOP':
      return again('failure.loop')
    case 'LOGIN_STEP_UP_NOT_MET':
      return again('failure.step-up')
    case 'LOGIN_OTHER_ACCOUNT':
      return { explanation: 'failure.wrong-account', helps: 'that-account' }
    case 'LOGIN_CANCELLED':
    case 'LOGIN_REFUSED':
      // Who is signed in at the provider gets the same refusal again, without being asked.
      return { explanation: 'failure.refused', helps: 'either' }
    case 'LOGIN_UNFINISHED':
      return again('failure.unfinished')
    case 'LOGIN_CODE_REFUSED':
      return again('failure.code-refused')
    case 'LOGIN_UNAVAILABLE':
    case 'PROVIDER_UNREACHABLE':
    case 'PROVIDER_BUSY':
      return again('failure.unavailable')
    case 'STORE_UNAVAILABLE':
    case 'STORE_FULL':
    case 'STORE_UNCONFIRMED':
    case 'STORE_INVALID':
      return again('again.moment')
    case 'LOGIN_USER_ID_INVALID':
    case 'LOGIN_CLAIMS_TOO_LARGE':
      return { explanation: 'failure.other-account', helps: 'other-account' }
    case 'LOGIN_FAILURES_LIMITED':
      return { explanation: 'failure.limited', helps: 'nothing' }
    case 'LOGIN_RESPONSE_INVALID':
    case 'LOGIN_ISSUER_MISMATCH':
    case 'LOGIN_CLOCK_DIFFERS':
    case 'LOGIN_TOKEN_INVALID':
    case 'LOGIN_USERINFO_INVALID':
    case 'PROVIDER_RESPONSE_INVALID':
    case 'PROVIDER_CLIENT_REFUSED':
    case 'PROVIDER_KEYS_INVALID':
      return { explanation: 'failure.misunderstood', helps: 'nothing' }
    case 'CONFIG_INVALID':
    case 'LOGOUT_REQUEST_INVALID':
    case 'LOGOUT_TOKEN_INVALID':
    case 'LOGOUT_SIGNATURE_INVALID':
    case 'LOGOUT_CLOCK_DIFFERS':
    case 'LOGOUT_TOKEN_USED':
    case 'LOGOUT_KEY_UNKNOWN':
    case 'LOGOUT_LIMITED':
    case 'UPSTREAM_UNREACHABLE':
    case 'UPSTREAM_TLS':
    case 'UPSTREAM_RESPONSE_INVALID':
    case 'UPSTREAM_TIMEOUT':
    case 'UPSTREAM_ABORTED':
    case 'UPSTREAM_BUSY':
    case 'UPSTREAM_REFUSED_US':
    case 'UPSTREAM_PATH_UNKNOWN':
    case 'UPSTREAM_FUNCTION_FAILED':
    case 'AWS_CREDENTIALS_UNAVAILABLE':
    case 'HELD_BODIES_FULL':
    case 'REQUEST_BODY_TOO_LARGE':
    case 'REQUEST_BODY_STALLED':
    case 'ANSWER_STALLED':
      return { explanation: 'failure.operators', helps: 'nothing' }
  }
}

function again(explanation: FailureWords['explanation']): FailureWords {
  return { explanation, helps: 'start-again' }
}

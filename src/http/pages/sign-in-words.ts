import type { FaultCode } from '../../core/fault.ts'

/** What a page says of a sign-in that failed, and what would help. */
export interface FailureWords {
  readonly explanation: string
  /** The same once more, another account, either of them, or nothing that the person could do. */
  readonly helps: 'start-again' | 'other-account' | 'either' | 'nothing'
}

const cookies = 'Your browser must keep cookies of this site.'
const operators = 'Starting again would not change that: those who run this site have to look at it.'

/** In words for people: what happened, and "start again" only where that helps. Nothing of a message for operators. */
export function failureWords(code: FaultCode): FailureWords {
  switch (code) {
    case 'LOGIN_STATE_UNKNOWN':
      return again(`It took too long, or was finished in another tab. ${cookies}`)
    case 'LOGIN_LOOP':
      return again(`You are asked to sign in again and again. ${cookies} Allow them, then start again.`)
    case 'LOGIN_REFUSED':
      // Who is signed in at the provider gets the same refusal again, without being asked.
      return {
        explanation:
          'If you stopped it yourself, you can start again. Otherwise your account may not be meant to be used here: if you have another one, use that.',
        helps: 'either',
      }
    case 'LOGIN_UNFINISHED':
      return again(
        'Your sign-in service took you for away, or lost track of you. Starting again usually helps.',
      )
    case 'LOGIN_CODE_REFUSED':
      return again(
        'What your sign-in service gave us was too old, or used before. Starting again usually helps.',
      )
    case 'LOGIN_UNAVAILABLE':
    case 'PROVIDER_UNREACHABLE':
    case 'PROVIDER_BUSY':
      return again('It could not be asked just now. Please try again in a moment.')
    case 'STORE_UNAVAILABLE':
    case 'STORE_FULL':
    case 'STORE_INVALID':
      return again('Please try again in a moment.')
    case 'LOGIN_USER_ID_INVALID':
    case 'LOGIN_CLAIMS_TOO_LARGE':
      return { explanation: 'If you have another account, use that one.', helps: 'other-account' }
    case 'LOGIN_FAILURES_LIMITED':
      return { explanation: 'Please wait a minute, then open your page again.', helps: 'nothing' }
    case 'LOGIN_RESPONSE_INVALID':
    case 'LOGIN_ISSUER_MISMATCH':
    case 'LOGIN_TOKEN_INVALID':
    case 'LOGIN_USERINFO_INVALID':
    case 'PROVIDER_RESPONSE_INVALID':
    case 'PROVIDER_CLIENT_REFUSED':
    case 'PROVIDER_KEYS_INVALID':
      return {
        explanation: `This site and your sign-in service do not understand each other. ${operators}`,
        helps: 'nothing',
      }
    case 'CONFIG_INVALID':
    case 'UPSTREAM_UNREACHABLE':
    case 'UPSTREAM_TLS':
    case 'UPSTREAM_RESPONSE_INVALID':
    case 'UPSTREAM_TIMEOUT':
    case 'UPSTREAM_ABORTED':
    case 'UPSTREAM_BUSY':
    case 'REQUEST_BODY_TOO_LARGE':
    case 'REQUEST_BODY_STALLED':
    case 'ANSWER_STALLED':
      return { explanation: operators, helps: 'nothing' }
  }
}

function again(explanation: string): FailureWords {
  return { explanation, helps: 'start-again' }
}

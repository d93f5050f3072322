import { ProviderFault } from '../../core/fault.ts'
import type { Json } from '../../core/json.ts'
import type { JsonObject } from '../../core/json-object.ts'
import type { ProviderSettings } from '../../core/provider-settings.ts'
import { quote, quoteWithout } from '../quote.ts'

/** An error of Cognito: which one, and its words. */
export interface CognitoError {
  readonly type: string
  readonly message: string
}

export interface CognitoRefusal {
  readonly kind: 'refused'
  readonly detail: string
  /** What an operator can do about it; null: nothing, as far as it is told. */
  readonly cure: string | null
}

/** AWS JSON 1.1: `__type` has the name behind a namespace, or alone. */
export function errorOf({ __type: type, message, Message: other }: JsonObject): CognitoError {
  const words = message ?? other
  return {
    type: typeof type === 'string' ? (type.split('#').at(-1) ?? type) : 'without a type',
    message: typeof words === 'string' ? words : '',
  }
}

/**
 * What an error says of the pair. Throws a `ProviderFault` where it is Cognito's own or that of our client: then the pair
 * may be right, and is neither counted nor remembered as wrong.
 */
export function refusalOf(
  error: CognitoError,
  settings: Pick<ProviderSettings, 'name' | 'issuer'>,
  hidden: readonly string[],
): CognitoRefusal {
  const { type, message } = error
  const text = `InitiateAuth answered ${quote(type).slice(1, -1)}: ${quoteWithout(message, hidden)}`
  switch (type) {
    case 'NotAuthorizedException':
      if (isAboutOurClient(message)) throw clientFault(settings, text)
      // It locks a user after wrong passwords of anybody, and then says so of the right one too.
      if (/^password attempts exceeded/i.test(message))
        throw new ProviderFault('PROVIDER_BUSY', `${settings.name}: ${text}`)
      return refused(text)
    case 'UserNotFoundException':
    case 'UserLambdaValidationException':
      return refused(text)
    case 'InvalidParameterException':
      // An id or a secret of a form that the pool has not; or a flow that our client may not use.
      if (/^[A-Z_]* ?(?:auth )?flow not enabled/i.test(message)) throw clientFault(settings, text)
      return refused(text)
    case 'UserNotConfirmedException':
      return refused(text, adminCommand('admin-confirm-sign-up', settings))
    case 'PasswordResetRequiredException':
      return refused(text, passwordCommand(settings))
    case 'ResourceNotFoundException':
    case 'InvalidUserPoolConfigurationException':
      throw clientFault(settings, text)
    case 'TooManyRequestsException':
    case 'LimitExceededException':
    case 'ThrottlingException':
    case 'ForbiddenException':
    case 'InternalErrorException':
      throw new ProviderFault('PROVIDER_UNREACHABLE', `${settings.name}: ${text}`)
  }
  throw new ProviderFault('PROVIDER_RESPONSE_INVALID', `${settings.name}: ${text}`)
}

/** What it wants to be answered, which no program can. */
export function challengeRefusal(
  challenge: Json,
  settings: Pick<ProviderSettings, 'issuer'>,
): CognitoRefusal {
  const text = `Cognito asks for ${quote(challenge)}, which nobody is there to answer`
  switch (challenge) {
    case 'NEW_PASSWORD_REQUIRED':
      return refused(`${text}: the user was made with a password for once`, passwordCommand(settings))
    case 'SMS_MFA':
    case 'EMAIL_OTP':
    case 'SOFTWARE_TOKEN_MFA':
    case 'SELECT_MFA_TYPE':
    case 'MFA_SETUP':
      return refused(
        text,
        `${adminCommand('admin-set-user-mfa-preference', settings)} --sms-mfa-settings Enabled=false --software-token-mfa-settings Enabled=false --email-mfa-settings Enabled=false`,
      )
    default:
      return refused(text)
  }
}

/** Of the secret hash, and of a secret that the client has and did not send. By its beginning: the rest may quote the user. */
function isAboutOurClient(message: string): boolean {
  return /^(?:unable to verify secret hash|client \S+ is configured)/i.test(message)
}

function clientFault({ name }: Pick<ProviderSettings, 'name'>, text: string): ProviderFault {
  return new ProviderFault(
    'PROVIDER_CLIENT_REFUSED',
    `${text}. See providers.${name}.exchange.cognito_password: client_id and client_secret are those of an app client of this pool, which allows ALLOW_USER_PASSWORD_AUTH and ALLOW_REFRESH_TOKEN_AUTH`,
  )
}

function passwordCommand(settings: Pick<ProviderSettings, 'issuer'>): string {
  return `${adminCommand('admin-set-user-password', settings)} --password PASSWORD --permanent`
}

/** The user's name is half of the pair, and stands in no log. */
function adminCommand(command: string, { issuer }: Pick<ProviderSettings, 'issuer'>): string {
  const pool = new URL(issuer).pathname.split('/').at(-1) ?? ''
  return `aws cognito-idp ${command} --user-pool-id ${quote(pool).slice(1, -1)} --username USER`
}

function refused(detail: string, cure: string | null = null): CognitoRefusal {
  return { kind: 'refused', detail, cure }
}

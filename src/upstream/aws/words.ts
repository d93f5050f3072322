import { failureText } from '../../core/connection/failure.ts'
import { errorCode } from '../../core/error-code.ts'
import { limits } from '../../core/limits/table.ts'

/** Why credentials could not be had, in our own words. */
export class CredentialFailure extends Error {
  override readonly name = 'CredentialFailure'
}

/**
 * What AWS said of an error, for the log: its first line, as the next ones of a refused signature repeat the request with the
 * session token in it. Whatever is as long as such a token is left out anywhere, and so are control characters.
 */
export function awsWords(said: string): string {
  const [line = ''] = said.trimStart().split(/[\r\n]/, 1)
  const shown = line
    .replaceAll(/[A-Za-z0-9+/=%_-]{100,}/g, '…')
    .replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, '?')
    .trim()
  return shown.length > limits.awsWords ? `${shown.slice(0, limits.awsWords)}…` : shown
}

/**
 * What went wrong as credentials were fetched, in one line for operators. Of errors that are not known to be words about a
 * failure only the kind is told: the text of a parser shows what it could not read, and that may be a key.
 */
export function failureWords(thrown: unknown): string {
  if (thrown instanceof CredentialFailure) return thrown.message
  if (!(thrown instanceof Error)) return 'an unknown failure'
  if (thrown.name === 'InstanceMetadataV1FallbackError') return noToken
  if (thrown instanceof SyntaxError) return 'what came is no JSON'
  if (isOfFile(thrown)) return awsWords(thrown.message)
  const code = errorCode(thrown)
  // Codes of the system and of TLS; AWS's package has some of its own, with small letters.
  if (code !== null && /^[A-Z0-9_]+$/.test(code)) return failureText({ ...connection, code })
  const said = awsWords(thrown.message)
  // What the token service answered: the name is its code.
  const status = statusOf(thrown)
  if ('$fault' in thrown && said !== 'UnknownError') return `${awsWords(thrown.name)}: ${said}`
  if (providerErrors.has(thrown.name)) return `${status}${said}`
  return `${status}${thrown.name.replaceAll(/\W/g, '?').slice(0, 80)}`
}

/** AWS's package says then that its version 1 is not to be asked, and not what became of version 2. */
const noToken =
  'its metadata service (IMDSv2) gave no token: this is no EC2 instance, the service is off, or its hop limit is 1 and the ' +
  'gateway runs in a container'

/** How Node says that a file cannot be read: with its path, and nothing of what it holds. */
function isOfFile(thrown: Error): boolean {
  return 'path' in thrown && 'syscall' in thrown && 'code' in thrown && thrown.syscall !== 'connect'
}

const connection = {
  phase: 'asking',
  scheme: 'https',
  isUnixSocket: false,
  certificate: null,
  caKey: 'NODE_EXTRA_CA_CERTS',
} as const

/** Of AWS's package, about where credentials were looked for. */
const providerErrors = new Set([
  'CredentialsProviderError',
  'ProviderError',
  'TokenProviderError',
  'TimeoutError',
])

function statusOf(thrown: Error): string {
  const metadata: unknown = '$metadata' in thrown ? thrown.$metadata : undefined
  const status = 'statusCode' in thrown ? thrown.statusCode : numberIn(metadata, 'httpStatusCode')
  return typeof status === 'number' ? `status ${status}, ` : ''
}

function numberIn(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined
}

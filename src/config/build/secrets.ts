import type { Secret } from '../../core/secret.ts'
import type { ConfigPath } from '../node.ts'
import { pathText } from '../node.ts'
import { faultAt, type Scope } from './scope.ts'

/** A secret of the file and what it is for: two of one purpose may be equal, such as one app secret of two apps. */
export interface NamedSecret {
  readonly purpose: 'session' | 'keys' | 'log' | 'admin' | 'shared' | 'client' | 'store' | 'aws'
  readonly path: ConfigPath
  readonly secret: Secret
}

const fewestBytes = 32
/** Fewer different characters come from a pattern, not from a generator: 32 hex digits hold about 14. */
const fewestCharacters = 8

const placeholders =
  /chang(?:e|ing)(?:me|this|it)|replace(?:me|this)|placeholder|example|yoursecret|password|insecure/

/** Why a secret must not be used; null when it may. Length counts in bytes. */
function weakness(secret: Secret): string | null {
  const value = secret.reveal()
  const bytes = Buffer.byteLength(value)
  const advice = 'make one with `openssl rand -base64 32`'
  if (bytes < fewestBytes) return `must be at least ${fewestBytes} bytes long, it is ${bytes}: ${advice}`
  if (placeholders.test(value.toLowerCase().replace(/[^a-z]/g, ''))) return `is a placeholder: ${advice}`
  if (new Set(value).size < fewestCharacters) return `is a pattern that can be guessed: ${advice}`
  return null
}

/** What somebody else chose, and is relied on by them. */
const others: ReadonlySet<NamedSecret['purpose']> = new Set(['client', 'store', 'aws'])

/** Of these a list has several, each of which must be another. */
const rotated: ReadonlySet<NamedSecret['purpose']> = new Set(['session', 'keys'])

/**
 * Secrets that the gateway itself relies on must be strong, and no secret may serve two purposes: whoever learns one,
 * such as an app its shared secret, must not be able to seal sessions with it. Messages never hold a value.
 */
export function checkSecrets(scope: Scope, secrets: readonly NamedSecret[]): void {
  const seen = new Map<string, NamedSecret>()
  for (const named of secrets) {
    const weak = others.has(named.purpose) ? null : weakness(named.secret)
    if (weak !== null) faultAt(scope, named.path, weak)
    const value = named.secret.reveal()
    const before = seen.get(value)
    if (before !== undefined && (before.purpose !== named.purpose || rotated.has(named.purpose))) {
      faultAt(scope, named.path, `is equal to ${pathText(before.path)}: each secret serves one purpose`)
    }
    if (before === undefined) seen.set(value, named)
  }
}

import type { ConfigPath } from '../node.ts'
import { type AppSettings, whereWritten } from './app-settings.ts'
import { isWritten, type Scope } from './scope.ts'

/** `identity_headers` at one place. */
type IdentityHeaders = Pick<AppSettings, 'identity_headers'>

/**
 * Where several could vouch for a claim, the others of the default headers must be asked for: any of them could fill
 * them. `settings` are those of the app at `path`, or of a location that has none of its own.
 */
export function withHeaderDefaults<S extends IdentityHeaders>(
  scope: Scope,
  path: ConfigPath,
  settings: S,
  vouchers: number,
): S {
  if (vouchers < 2 || isWritten(scope, whereWritten(scope, path, 'identity_headers'))) return settings
  return { ...settings, identity_headers: { 'X-Forwarded-User': 'user' } }
}

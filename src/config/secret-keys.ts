import type { ConfigPath } from './node.ts'

/** Whether the value at a path is a secret, or a member of a list or mapping of them. Certificates are none. */
export function holdsSecret(path: ConfigPath): boolean {
  const [top, ...within] = path
  switch (top) {
    case 'session':
    case 'api_keys':
      return within[0] === 'secret' || (within[0] === 'store' && ofStore(within.slice(1)))
    case 'log':
      return within[0] === 'subject_key'
    case 'admin':
      return within[0] === 'token'
    case 'providers':
      return within[1] === 'client_secret' || (within[1] === 'exchange' && within[3] === 'client_secret')
    case 'defaults':
      return ofApp(within)
    case 'apps':
      return ofApp(within.slice(1))
    default:
      return false
  }
}

/** An address may hold a password. */
function ofStore([kind, key]: ConfigPath): boolean {
  return kind === undefined || key === 'url' || key === 'password' || key === 'sentinel_password'
}

/** `shared_secret` alone or with its header, and what an upstream is sent. */
function ofApp([key, inner, third]: ConfigPath): boolean {
  if (key === 'shared_secret') return inner !== 'header'
  // Who knows the id alone can do nothing with it; it comes from where its secret comes from.
  if (key === 'upstream') return inner === 'headers' || (inner === 'aws' && third === 'credentials')
  return key === 'locations' && third === 'headers'
}

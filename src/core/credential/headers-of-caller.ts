import type { KeyForms } from '../keys/api-key-settings.ts'
import { areOpenedByKeys, type Credential, isHeaderCredential } from './credential.ts'

/** The request headers by which somebody is known at a location: what an answer that depends on who asks varies by. */
export function headersOfCaller(
  credentials: readonly Credential[],
  keys: KeyForms | null,
): readonly string[] {
  // Nearly always, and asked for each answer.
  if (credentials.length === 1 && credentials[0] === 'session') return cookieAlone
  const takesOurs = areOpenedByKeys(credentials)
  return [
    ...(credentials.includes('session') ? cookieAlone : []),
    ...(credentials.some(isHeaderCredential) ? ['Authorization'] : []),
    ...(takesOurs && keys !== null ? [keys.header] : []),
    ...(credentials.includes('widget') ? ['Origin'] : []),
  ]
}

const cookieAlone: readonly string[] = ['Cookie']

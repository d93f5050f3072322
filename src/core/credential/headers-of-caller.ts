import type { KeyForms } from '../keys/api-key-settings.ts'
import type { Credential } from './credential.ts'

/** The request headers by which somebody is known at a location: what an answer that depends on who asks varies by. */
export function headersOfCaller(
  credentials: readonly Credential[],
  keys: KeyForms | null,
): readonly string[] {
  // Nearly always, and asked for each answer.
  if (credentials.length === 1 && credentials[0] === 'session') return cookieAlone
  const hasKeys = credentials.includes('api_key')
  return [
    ...(credentials.includes('session') ? cookieAlone : []),
    ...(hasKeys || credentials.includes('bearer') ? ['Authorization'] : []),
    ...(hasKeys && keys !== null ? [keys.header] : []),
  ]
}

const cookieAlone: readonly string[] = ['Cookie']

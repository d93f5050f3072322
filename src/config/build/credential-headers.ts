import type { CredentialHeader, CredentialWord } from '../../core/headers/form.ts'
import type { IdentityKeys } from '../schema/identity-header.ts'

const words: readonly CredentialWord[] = ['credential', 'key_id', 'key_name', 'end_user']

/** Words of `identity_headers` that tell how somebody came. In a mapping, `claim` always names a claim. */
export function isCredentialWord(text: string): text is CredentialWord {
  return words.some((word) => word === text)
}

/** Undefined where there are none. */
export function buildCredentialHeaders(keys: IdentityKeys): readonly CredentialHeader[] | undefined {
  const headers = Object.entries(keys).flatMap(([name, says]) =>
    typeof says === 'string' && isCredentialWord(says) ? [{ name, says }] : [],
  )
  return headers.length === 0 ? undefined : headers
}

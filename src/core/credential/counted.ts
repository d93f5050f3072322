import type { Credential, HeaderCredential } from './credential.ts'
import type { CredentialRefusal } from './lookup.ts'
import { isOurs, type Presented, type PresentedBy } from './presented.ts'

/** A header credential whose form says where it is to be looked up. */
export type Verifiable = Extract<Presented, { kind: 'key' | 'jwt' | 'opaque' }>

/** Which credential of a request counts at a location. */
export type Counted =
  /** No header carries one that the location looks at: the session counts, where it is listed. */
  | { readonly kind: 'ambient' }
  | { readonly kind: 'header'; readonly credential: HeaderCredential; readonly presented: Verifiable }
  /** One was sent, and it cannot be good here whatever a look-up would say. */
  | { readonly kind: 'refused'; readonly credential: HeaderCredential; readonly why: CredentialRefusal }
  | { readonly kind: 'ambiguous' }

const ambient: Counted = { kind: 'ambient' }
const ambiguous: Counted = { kind: 'ambiguous' }

/**
 * The one credential that counts, by what the location lists and by the form of what was sent; nothing is looked up.
 * What was sent in a way that the location listens to counts, and is refused when it is not good: never the session
 * instead. What is ours counts so wherever any header credential is listed. Where none is, headers are the app's.
 */
export function countedCredential(listed: readonly Credential[], presented: readonly Presented[]): Counted {
  if (presented.length === 0) return ambient
  const [lists, listsKeys] = [listed.includes('bearer'), listed.includes('api_key')]
  if (!lists && !listsKeys) return ambient
  const looksAt = (by: PresentedBy) => (by === 'bearer' ? true : listsKeys)
  const candidates = presented.filter((one) => one.by !== null && (looksAt(one.by) || isOurs(one)))
  if (candidates.length > 1 || presented.filter(isAuthorization).length > 1) return ambiguous
  const [one] = candidates
  return one === undefined ? ambient : countOne(one, { lists, listsKeys })
}

interface Listed {
  /** `bearer`. */
  readonly lists: boolean
  /** `api_key`. */
  readonly listsKeys: boolean
}

function countOne(presented: Presented, { lists, listsKeys }: Listed): Counted {
  const refused = (why: CredentialRefusal): Counted => {
    return { kind: 'refused', credential: listsKeys && presented.by !== 'bearer' ? 'api_key' : 'bearer', why }
  }
  switch (presented.kind) {
    case 'key':
      return listsKeys
        ? { kind: 'header', credential: 'api_key', presented }
        : refused('credential-not-accepted')
    case 'ours-malformed':
      return refused(listsKeys ? 'key-invalid' : 'credential-not-accepted')
    case 'jwt':
    case 'opaque':
      return lists ? { kind: 'header', credential: 'bearer', presented } : refused('credential-unknown')
    case 'foreign':
      return refused('credential-unknown')
    case 'other-scheme':
      return ambient
  }
}

function isAuthorization({ by }: Presented): boolean {
  return by !== 'key-header'
}

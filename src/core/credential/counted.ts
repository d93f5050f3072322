import { areOpenedByKeys, type Credential, type HeaderCredential, isHeaderCredential } from './credential.ts'
import type { CredentialRefusal } from './lookup.ts'
import { isOurs, type Presented, type PresentedBy } from './presented.ts'

/** A header credential whose form says where it is to be looked up. */
export type Verifiable = Extract<Presented, { kind: 'key' | 'short-token' | 'token' | 'pair' }>

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
  if (presented.length === 0 || !listed.some(isHeaderCredential)) return ambient
  const looksAt = ({ by }: Presented) => by !== null && lookedAt[by].some((one) => listed.includes(one))
  const candidates = presented.filter((one) => one.by !== null && (looksAt(one) || isOurs(one)))
  if (candidates.length > 1 || presented.filter(isAuthorization).length > 1) return ambiguous
  const [one] = candidates
  return one === undefined ? ambient : countOne(one, listed)
}

/** By which credentials a location listens to what is sent in which way. */
const lookedAt: Readonly<Record<PresentedBy, readonly HeaderCredential[]>> = {
  bearer: ['bearer', 'api_key', 'widget'],
  basic: ['api_key', 'exchange'],
  'key-header': ['api_key'],
}

function countOne(presented: Presented, listed: readonly Credential[]): Counted {
  const refused = (why: CredentialRefusal): Counted => {
    return { kind: 'refused', credential: sentAs(presented.by, listed), why }
  }
  switch (presented.kind) {
    case 'key':
    case 'short-token':
    case 'token':
    case 'pair': {
      const credential = credentialBy(presented)
      if (listed.includes(credential)) return { kind: 'header', credential, presented }
      return refused(isOurs(presented) ? 'credential-not-accepted' : 'credential-unknown')
    }
    case 'ours-malformed': {
      return refused(areOpenedByKeys(listed) ? 'key-invalid' : 'credential-not-accepted')
    }
    case 'foreign':
      return refused('credential-unknown')
    case 'other-scheme':
      return ambient
  }
}

function credentialBy(presented: Verifiable): HeaderCredential {
  switch (presented.kind) {
    case 'key':
      return 'api_key'
    case 'short-token':
      return presented.of
    case 'token':
      return 'bearer'
    case 'pair':
      return 'exchange'
  }
}

/** As what something is told of that does not count, by how it was sent. */
function sentAs(by: PresentedBy | null, listed: readonly Credential[]): HeaderCredential {
  const inOrder: readonly HeaderCredential[] = by === 'bearer' ? ['bearer'] : ['api_key', 'exchange']
  return inOrder.find((one) => listed.includes(one)) ?? 'bearer'
}

function isAuthorization({ by }: Presented): boolean {
  return by !== 'key-header'
}

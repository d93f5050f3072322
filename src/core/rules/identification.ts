import { type Credential, credentialOf, hasNobodyBehind } from '../credential/credential.ts'
import type { Subject } from './requirement.ts'

/** By what somebody is known at a location, and who vouches for the claims. */
export interface Identification {
  readonly credential: Credential
  /** Name of a provider; `api_keys` of a key that an operator made, `certificates` of a certificate. */
  readonly provider: string
  /** Nobody is behind the token: it does not meet `signed_in`. */
  readonly isClient: boolean
}

/** What somebody came by; null: nobody is known. */
export function identificationOf(subject: Subject): Identification | null {
  switch (subject.kind) {
    case 'anonymous':
      return null
    case 'anyone-of':
      return { credential: 'session', provider: subject.provider, isClient: false }
    case 'person': {
      const { provider } = subject
      return { credential: credentialOf(subject), provider, isClient: hasNobodyBehind(subject) }
    }
  }
}

export function isSameIdentification(a: Identification, b: Identification): boolean {
  return a.credential === b.credential && a.provider === b.provider && a.isClient === b.isClient
}

/** People who sign in with these. */
export function sessionsOf(providers: readonly string[]): readonly Identification[] {
  return providers.map((provider) => ({ credential: 'session', provider, isClient: false }))
}

/** Whoever vouches for them, each once; null: nobody needs to be identified. */
export function providersOf(by: readonly Identification[] | null): readonly string[] | null {
  return by && [...new Set(by.map(({ provider }) => provider))]
}

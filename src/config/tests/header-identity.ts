import {
  type Credential,
  type CredentialIdentity,
  reservedProviders,
} from '../../core/credential/credential.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import type { TestPerson } from './rule-test.ts'

/** A token or key with the claims of a test; null: a session. Whether somebody is behind a token the claims say. */
export function madeUpIdentity(credential: Credential): CredentialIdentity | null {
  switch (credential) {
    case 'session':
      return null
    case 'bearer':
    case 'exchange':
      return { kind: credential, isClient: false }
    case 'api_key':
      return { kind: 'api_key', id: 'test', name: 'test' }
    case 'widget':
      return { kind: 'widget', id: 'test', name: 'test', endUser: null }
    case 'client_certificate':
      return { kind: 'client_certificate', fingerprint: 'test' }
  }
}

/** Who vouches for somebody where no provider does: of keys that operators made, and of certificates. Null: a provider must. */
export function reservedVoucher(by: CredentialIdentity | null): string | null {
  switch (by?.kind) {
    case 'api_key':
    case 'widget':
      return reservedProviders.apiKeys
    case 'client_certificate':
      return reservedProviders.certificates
    case 'bearer':
    case 'exchange':
    case undefined:
      return null
  }
}

/** Somebody who comes by a key of the file. Who its owner is, the key says. */
export function ownerOf(key: ApiKey): TestPerson & { readonly provider: string } {
  const by = { kind: 'api_key', id: key.id, name: key.name } as const
  return { provider: reservedProviders.apiKeys, claims: key.claims, by, key }
}

/** Whoever may vouch for somebody at this address: with whom they signed in, or whose token or key it is. */
export function vouchersFor(
  gateway: Gateway | null,
  url: string,
  by: CredentialIdentity | undefined,
): readonly string[] {
  const origin = gateway?.hosts.get(new URL(url).host)
  const kind = by?.kind
  switch (kind) {
    case undefined:
      return origin?.providers ?? [...(gateway?.providers.keys() ?? [])]
    case 'bearer':
    case 'exchange': {
      const accepted = new Set(origin?.apps.flatMap(({ providers }) => providers))
      return [...(gateway?.providers.values() ?? [])]
        .filter(({ bearer, exchange }) => bearer !== null && (kind === 'bearer' || exchange !== null))
        .filter(({ name }) => origin === undefined || accepted.has(name))
        .map(({ name }) => name)
    }
    case 'api_key':
    case 'widget':
      return [reservedProviders.apiKeys]
    case 'client_certificate':
      return [reservedProviders.certificates]
  }
}

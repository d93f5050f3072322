import {
  type Credential,
  type HeaderIdentity,
  isHeaderCredential,
  reservedProviders,
} from '../../core/credential/credential.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import type { TestPerson } from './rule-test.ts'

/** A token or key with the claims of a test; null: a session. Whether somebody is behind a token the claims say. */
export function madeUpIdentity(credential: Credential): HeaderIdentity | null {
  if (!isHeaderCredential(credential)) return null
  switch (credential) {
    case 'bearer':
      return { kind: 'bearer', isClient: false }
    case 'api_key':
      return { kind: 'api_key', id: 'test', name: 'test' }
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
  by: HeaderIdentity | undefined,
): readonly string[] {
  const origin = gateway?.hosts.get(new URL(url).host)
  switch (by?.kind) {
    case undefined:
      return origin?.providers ?? [...(gateway?.providers.keys() ?? [])]
    case 'bearer': {
      const accepted = new Set(origin?.apps.flatMap(({ providers }) => providers))
      return [...(gateway?.providers.values() ?? [])]
        .filter(({ name, bearer }) => bearer !== null && (origin === undefined || accepted.has(name)))
        .map(({ name }) => name)
    }
    case 'api_key':
      return [reservedProviders.apiKeys]
  }
}

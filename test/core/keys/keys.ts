// Keys as tests need them.
import type { ApiKey } from '../../../src/core/keys/api-key.ts'
import { hashKeySecret } from '../../../src/core/keys/key-secret.ts'
import type { ProviderId } from '../../../src/core/provider-id.ts'

export const secretOf = (digit: string): string => digit.repeat(43)

/** An operator's key, of the secret `aaa…`. */
export function keyOf(id: string, more: Partial<ApiKey> = {}): ApiKey {
  return {
    id: id.padEnd(16, '0'),
    prefix: 'cg',
    name: 'shop',
    owner: { kind: 'operator', user: 'shop' },
    claims: { plan: 'paid' },
    claimsAt: 1000,
    asleep: false,
    secrets: [{ hash: hashKeySecret(secretOf('a')), until: null }],
    createdAt: 1000,
    expiresAt: null,
    revokedAt: null,
    apps: null,
    methods: null,
    from: null,
    origins: [],
    ...more,
  }
}

export const acme: ProviderId = { issuer: 'https://acme.example.com', clientId: 'id' }

/** One that Alice owns. */
export function personKeyOf(id: string, more: Partial<ApiKey> = {}): ApiKey {
  const owner = { kind: 'person', ...acme, user: 'alice' } as const
  return keyOf(id, { owner, claims: { sub: 'alice', plan: 'paid' }, ...more })
}

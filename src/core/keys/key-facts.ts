import { reservedProviders } from '../credential/credential.ts'
import { shortMethods } from '../request/method.ts'
import type { Claims } from '../rules/claims.ts'
import { judge } from '../rules/requirement.ts'
import type { EpochSeconds } from '../session/session.ts'
import type { ApiKey } from './api-key.ts'
import { formatKeyId } from './key-form.ts'
import { type KeyPrincipal, type KeyReading, keyPrincipal } from './key-principal.ts'
import type { KeyUsage } from './key-store.ts'

/** `provider-gone`: nobody of the file vouches for its owner any more. */
export type KeyState = 'active' | 'asleep' | 'over' | 'revoked' | 'provider-gone'

/** What operators and their programs are told of a key. No secret of it, and no hash. Times in epoch seconds. */
export interface KeyFacts {
  /** `cg_8Fh2…`: what is the key in `key` and `secret`. */
  readonly id: string
  readonly name: string
  /** As apps see it, with its prefix. */
  readonly user: string
  /** Who vouches for the claims; null: a provider that is not in the file any more. */
  readonly provider: string | null
  /** Whether it stands in the store, where it can be changed, or in the file. */
  readonly source: 'store' | 'file'
  readonly state: KeyState
  readonly claims: Claims
  readonly created_at: EpochSeconds
  readonly expires_at: EpochSeconds | null
  readonly revoked_at: EpochSeconds | null
  /** Of a person's key: when its claims are too old to count. */
  readonly sleeps_at: EpochSeconds | null
  /** While a rotation overlaps: until when the secret before opens. */
  readonly former_secret_until: EpochSeconds | null
  readonly apps: readonly string[] | null
  readonly methods: readonly string[] | null
  readonly from: readonly string[] | null
  /** Whose pages may have widgets of it. */
  readonly origins: readonly string[]
}

/** The facts of a key under the configuration in force. */
export function keyFacts(
  key: ApiKey,
  reading: KeyReading,
  now: EpochSeconds,
  source: KeyFacts['source'] = 'store',
): KeyFacts {
  const who = keyPrincipal(key, reading)
  return {
    id: formatKeyId(key),
    name: key.name,
    user: userOf(key, who),
    provider: providerOf(who),
    source,
    state: stateOf(key, who, reading, now),
    claims: who.kind === 'person' ? who.claims : key.claims,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    sleeps_at: sleepsAt(key, reading),
    former_secret_until: formerSecretUntil(key, now),
    apps: key.apps,
    methods: key.methods === null ? null : shortMethods(key.methods),
    from: key.from,
    origins: key.origins,
  }
}

export interface KeyUsageFacts {
  readonly id: string
  readonly days: KeyUsage['days']
  readonly last_used_at: EpochSeconds | null
  readonly last_network: string | null
}

/** How often a key was used, by days in UTC, the newest first. */
export function usageFacts(id: string, { days, last }: KeyUsage): KeyUsageFacts {
  return { id, days, last_used_at: last?.at ?? null, last_network: last?.network ?? null }
}

/** Of a person's key: when its claims are too old to count; null: it does not sleep. */
function sleepsAt(
  { owner, claimsAt }: Pick<ApiKey, 'owner' | 'claimsAt'>,
  { apiKeys }: Pick<KeyReading, 'apiKeys'>,
): EpochSeconds | null {
  return owner.kind === 'operator' || apiKeys === null ? null : claimsAt + apiKeys.claimsMaxAgeSeconds
}

function userOf({ owner }: ApiKey, who: KeyPrincipal): string {
  return who.kind === 'operator' ? who.principal.user : owner.user
}

function providerOf(who: KeyPrincipal): string | null {
  switch (who.kind) {
    case 'operator':
      return reservedProviders.apiKeys
    case 'person':
      return who.principal.provider
    case 'asleep':
      return who.provider
    case 'nobody':
      return null
  }
}

/** As a use of it would be judged that is for an app that accepts its provider. */
function stateOf(key: ApiKey, who: KeyPrincipal, { apiKeys }: KeyReading, now: EpochSeconds): KeyState {
  if (key.revokedAt !== null) return 'revoked'
  if (key.expiresAt !== null && key.expiresAt <= now) return 'over'
  switch (who.kind) {
    case 'operator':
      return 'active'
    case 'nobody':
      return 'provider-gone'
    case 'asleep':
      return 'asleep'
    case 'person': {
      const require = apiKeys?.selfService?.require
      if (key.asleep || who.claimsEndAt <= now || require === undefined) return 'asleep'
      const { provider } = who.principal
      const subject = { kind: 'person', provider, claims: who.claims } as const
      return judge(require, { subject, clientAddress: null, certificate: null }) === true
        ? 'active'
        : 'asleep'
    }
  }
}

function formerSecretUntil({ secrets }: ApiKey, now: EpochSeconds): EpochSeconds | null {
  const until = secrets[1]?.until ?? null
  return until !== null && until > now ? until : null
}

import type { CredentialRefusal, HeaderLookup } from '../credential/lookup.ts'
import type { App } from '../gateway.ts'
import type { Principal } from '../principal.ts'
import { contains, readAddressRange } from '../request/address.ts'
import { type Claims, lookUpForRule } from '../rules/claims.ts'
import { type JudgedAddress, judge } from '../rules/requirement.ts'
import { clockToleranceSeconds, type EpochSeconds } from '../session/session.ts'
import type { ApiKey } from './api-key.ts'
import type { SelfServiceSettings } from './api-key-settings.ts'
import type { KeyPrincipal } from './key-principal.ts'
import { matchedSecret, wasReplaced } from './key-secret.ts'

/** One use of a key. */
export interface KeyUse {
  readonly app: Pick<App, 'name' | 'providers'>
  /** Null: none yet, where a token is asked for. */
  readonly method: string | null
  readonly client: JudgedAddress
  readonly now: EpochSeconds
}

/** What is known of a key beside the use. */
export interface KnownKey {
  readonly key: ApiKey
  readonly who: KeyPrincipal
  readonly selfService: SelfServiceSettings | null
}

/** The one answer to a wrong secret, an id that nobody knows, and a key that does not exist at the app. */
export function invalidKey(detail: string): HeaderLookup {
  return { kind: 'refused', why: 'key-invalid', detail }
}

/**
 * What a key opens at this use, by the hash of the secret that came with it. Judged each time: nothing of it is remembered.
 * Only whoever has the right secret learns more than that the key is not valid.
 */
export function judgeKey({ key, who, selfService }: KnownKey, hash: string, use: KeyUse): HeaderLookup {
  const secret = matchedSecret(key, hash, use.now)
  if (secret === null && !wasReplaced(key, hash, use.now))
    return invalidKey('the secret is not that of the key')
  if (!exists(who, use.app)) return invalidKey('the app does not accept the provider of its owner')
  if (key.revokedAt !== null) return refused('key-revoked', null)
  if (secret === null) return refused('key-over', 'this secret was replaced, and the overlap is over')
  if (key.expiresAt !== null && key.expiresAt <= use.now) return refused('key-over', null)
  if (key.apps !== null && !key.apps.includes(use.app.name)) return refused('key-not-for-app', null)
  if (who.kind === 'asleep') return refused('key-asleep', who.why)
  const sleep = who.kind === 'person' ? sleepOf(key, who, selfService, use) : null
  if (sleep !== null) return refused('key-asleep', sleep)
  const restriction = restrictionOf(key, use)
  if (restriction !== null)
    return { kind: 'insufficient', why: 'key-restricted', scopes: [], detail: restriction }
  const { principal } = who
  const endsAt = earliest(key.expiresAt, secret.until, who.kind === 'person' ? who.claimsEndAt : null)
  return { kind: 'identified', principal, scopes: scopesOf(principal), endsAt }
}

/**
 * Whether a token may be given for a key at an origin: where one of its apps would accept the key. Of a key that none of
 * them would accept nothing is told, as if there were none.
 */
export function judgeAtOrigin(
  known: KnownKey,
  hash: string,
  { apps, ...use }: Omit<KeyUse, 'app' | 'method'> & { readonly apps: readonly KeyUse['app'][] },
): HeaderLookup {
  const { key } = known
  let told: HeaderLookup | null = null
  for (const app of apps) {
    if (key.apps !== null && !key.apps.includes(app.name)) continue
    const lookup = judgeKey(known, hash, { ...use, app, method: null })
    if (lookup.kind === 'identified') return lookup
    const isHidden = lookup.kind === 'refused' && lookup.why === 'key-invalid'
    if (!isHidden) told ??= lookup
  }
  return told ?? invalidKey('no app of this origin accepts it')
}

function refused(why: CredentialRefusal, detail: string | null): HeaderLookup {
  return { kind: 'refused', why, detail }
}

/** At an app that does not accept whoever vouches for the claims there is no such key. */
function exists(
  who: KeyPrincipal,
  app: KeyUse['app'],
): who is Exclude<KeyPrincipal, { readonly kind: 'nobody' }> {
  switch (who.kind) {
    case 'nobody':
      return false
    case 'operator':
      return true
    case 'asleep':
      return app.providers.includes(who.provider)
    case 'person':
      return app.providers.includes(who.principal.provider)
  }
}

/** Why a person's key opens nothing until its owner signs in again; null: it does. For the log, without a value. */
function sleepOf(
  key: ApiKey,
  { principal, claims, claimsEndAt }: { principal: Principal; claims: Claims; claimsEndAt: EpochSeconds },
  selfService: SelfServiceSettings | null,
  { client, now }: KeyUse,
): string | null {
  if (key.asleep) return 'it was put to sleep'
  if (claimsEndAt <= now) return 'its claims are older than `claims_max_age`'
  // A clock that was ahead wrote it: it does not tell how old they are.
  if (key.claimsAt > now + clockToleranceSeconds) return 'its claims are of a time that is still to come'
  // Without them the principal would be asleep already; unknown means no.
  if (selfService === null) return '`api_keys.self_service` is not set'
  const subject = { kind: 'person', provider: principal.provider, claims } as const
  const met = judge(selfService.require, { subject, clientAddress: client, certificate: null }) === true
  return met ? null : 'its owner does not meet `self_service.require`'
}

/** What the key was not made for; null: nothing here. */
function restrictionOf({ methods, from }: ApiKey, { method, client }: KeyUse): string | null {
  if (methods !== null && method !== null && !isAmong(methods, method))
    return 'the key is not for this method'
  return from === null || comesFrom(from, client) ? null : 'the key is not for this address'
}

/** Whoever may GET may HEAD. */
function isAmong(methods: readonly string[], method: string): boolean {
  return methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))
}

/** An address that nobody knows is in none. */
function comesFrom(from: readonly string[], client: JudgedAddress): boolean {
  if (client === null) return false
  return from.some((text) => {
    const reading = readAddressRange(text)
    return reading.ok && contains(reading.range, client)
  })
}

/** RFC 6749 3.3, of the claim `scope`; none where it is something else. */
function scopesOf({ claims }: Principal): readonly string[] {
  const found = lookUpForRule(claims, 'scope')
  return found.kind === 'list' ? found.elements.filter((one) => typeof one === 'string') : []
}

function earliest(...times: readonly (EpochSeconds | null)[]): EpochSeconds | null {
  const known = times.filter((one) => one !== null)
  return known.length === 0 ? null : Math.min(...known)
}

import type { Gateway } from '../../core/gateway.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import type { SelfServiceSettings } from '../../core/keys/api-key-settings.ts'
import { formatKey, newKeyId, newKeySecret } from '../../core/keys/key-form.ts'
import { hashKeySecret } from '../../core/keys/key-secret.ts'
import type { KeyStore } from '../../core/keys/key-store.ts'
import { limits } from '../../core/limits/table.ts'
import type { SessionStore } from '../../core/ports.ts'
import type { Random } from '../../core/session/seal.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { copiedFromPerson } from './persons-claims.ts'
import type { KeyFault, KeySurroundings, WantedKey } from './wanted-key.ts'

/** Where keys are made and changed. */
export interface KeyPlace {
  readonly gateway: KeySurroundings & Pick<Gateway, 'hosts' | 'session'>
  readonly keys: KeyStore
  /** Null: nobody's session can be looked at, and no person's key made. */
  readonly sessions: Pick<SessionStore, 'list' | 'load'> | null
  readonly random: Random
  readonly now: EpochSeconds
}

/** A key and its secret, which nobody can find out afterwards. */
export interface MadeKey {
  readonly key: ApiKey
  /** The secret alone, as Basic and the token endpoint take it beside the id. */
  readonly secret: string
  /** As one text, for `Authorization: Bearer` and the header of keys. */
  readonly whole: string
}

/** Makes a key and keeps it; what is wrong else. Throws a StoreFault. */
export async function makeKey(place: KeyPlace, wanted: WantedKey): Promise<MadeKey | KeyFault> {
  const owned = await ownedBy(place, wanted)
  if ('field' in owned) return owned
  const made = newKey(place, wanted, owned)
  const { now, keys, gateway } = place
  const most = owned.owner.kind === 'person' ? (gateway.apiKeys.selfService?.maxKeys ?? 0) : null
  switch (await keys.create(made.key, { ofPerson: most, now })) {
    case 'created':
      return made
    // Of 95 random bits the same ones came twice: that is no chance.
    case 'exists':
      throw new Error('an id that was drawn just now is taken')
    case 'too-large':
      return {
        field: 'claims',
        message: `take more than ${limits.keyRecordBytes / 1024} KiB with the rest of the key`,
      }
    case 'full':
      return whyFull(most)
  }
}

/** A key of an operator that is kept nowhere: for the configuration. */
export function newOperatorsKey(
  place: Pick<KeyPlace, 'gateway' | 'random' | 'now'>,
  wanted: WantedKey & { readonly owner: { readonly kind: 'operator' } },
): MadeKey {
  return newKey(place, wanted, operatorsOwn(wanted.owner, wanted, place.now))
}

/**
 * A new secret for a key. The one before opens for so long more, and 0 is not at all. What is wrong else: one that opens
 * nothing any more gets none. Null: there is no such key. Throws a StoreFault.
 */
export async function rotateKey(
  { keys, random, now }: Pick<KeyPlace, 'keys' | 'random' | 'now'>,
  id: string,
  overlapSeconds: number,
): Promise<MadeKey | KeyFault | null> {
  const before = await keys.load(id)
  const isOver = before !== null && before.expiresAt !== null && before.expiresAt <= now
  if (isOver) return { field: 'id', message: 'is of a key that is over: make a new one' }
  const secret = newKeySecret(random)
  const hash = hashKeySecret(secret)
  const overlapUntil = overlapSeconds === 0 ? null : now + overlapSeconds
  const key = await keys.change(id, { kind: 'rotate', hash, overlapUntil, at: now })
  if (key === null) return null
  // One that was revoked stays as it is.
  if (key.secrets[0]?.hash !== hash)
    return { field: 'id', message: 'is of a key that was revoked: make a new one' }
  return withSecret(key, secret)
}

function whyFull(most: number | null): KeyFault {
  const stored = `the store has ${limits.storedKeys} keys, which is as many as it may have`
  return most === null
    ? { field: 'name', message: `none is made: ${stored}` }
    : { field: 'person', message: `has ${most} keys already (\`self_service.max_keys\`), or ${stored}` }
}

type Owned = Pick<ApiKey, 'owner' | 'claims' | 'claimsAt' | 'expiresAt'>

async function ownedBy(place: KeyPlace, wanted: WantedKey): Promise<Owned | KeyFault> {
  const { owner } = wanted
  if (owner.kind === 'operator') return operatorsOwn(owner, wanted, place.now)
  const found = await copiedFromPerson(place, owner)
  if ('field' in found) return found
  const expiresAt = personsEnd(wanted, found.selfService, place.now)
  if (typeof expiresAt === 'object' && expiresAt !== null) return expiresAt
  const { provider, claims, claimsAt } = found
  const { issuer, clientId } = provider
  return { owner: { kind: 'person', issuer, clientId, user: owner.user }, claims, claimsAt, expiresAt }
}

function operatorsOwn(
  { user }: { readonly user: string },
  { claims, end }: Pick<WantedKey, 'claims' | 'end'>,
  now: EpochSeconds,
): Owned {
  const expiresAt = end.kind === 'at' ? end.at : null
  return { owner: { kind: 'operator', user }, claims, claimsAt: now, expiresAt }
}

/** Never later than `self_service.lifetime` lets the person themselves have one. */
function personsEnd(
  { end }: WantedKey,
  { lifetimeSeconds }: SelfServiceSettings,
  now: EpochSeconds,
): EpochSeconds | null | KeyFault {
  const latest = lifetimeSeconds === null ? null : now + lifetimeSeconds
  switch (end.kind) {
    case 'usual':
      return latest
    case 'never':
      return latest === null ? null : tooLate
    case 'at':
      return latest !== null && end.at > latest ? tooLate : end.at
  }
}

const tooLate: KeyFault = {
  field: 'expires',
  message: 'is later than `self_service.lifetime` allows: leave it out for the longest',
}

function newKey(
  { gateway, random, now }: Pick<KeyPlace, 'gateway' | 'random' | 'now'>,
  wanted: WantedKey,
  owned: Owned,
): MadeKey {
  const { name, apps, methods, from, origins } = wanted
  const [prefix] = gateway.apiKeys.prefixes
  if (prefix === undefined) throw new Error('the configuration names no prefix for keys')
  const secret = newKeySecret(random)
  const key: ApiKey = {
    ...{ id: newKeyId(random), prefix, name, ...owned, asleep: false },
    secrets: [{ hash: hashKeySecret(secret), until: null }],
    ...{ createdAt: now, revokedAt: null, apps, methods, from, origins },
  }
  return withSecret(key, secret)
}

function withSecret(key: ApiKey, secret: string): MadeKey {
  return { key, secret, whole: formatKey({ prefix: key.prefix, id: key.id, secret }) }
}

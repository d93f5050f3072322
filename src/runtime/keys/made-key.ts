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
import { type CopiedPerson, copiedFromPerson } from './persons-claims.ts'
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
  const made = await keepKey(place, newKey(place, wanted, owned))
  // Of 95 random bits the same ones came twice: that is no chance.
  if (made === 'exists') throw new Error('an id that was drawn just now is taken')
  return made
}

/**
 * Makes a key for whoever asks for it themselves. It has the id that their form was given, so that the form makes one key,
 * however often it is sent: `exists`. Throws a StoreFault.
 */
export async function makeOwnKey(
  place: KeyPlace,
  wanted: WantedKey,
  { id, user, person }: { readonly id: string; readonly user: string; readonly person: CopiedPerson },
): Promise<MadeKey | KeyFault | 'exists'> {
  const owned = personsOwn(wanted, user, person, place.now)
  return 'field' in owned ? owned : keepKey(place, newKey(place, wanted, owned, id))
}

async function keepKey(
  { now, keys, gateway }: KeyPlace,
  made: MadeKey,
): Promise<MadeKey | KeyFault | 'exists'> {
  const most = made.key.owner.kind === 'person' ? (gateway.apiKeys.selfService?.maxKeys ?? 0) : null
  switch (await keys.create(made.key, { ofPerson: most, now })) {
    case 'created':
      return made
    case 'exists':
      return 'exists'
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
 * nothing any more gets none. `of`: the hash of the secret that the key has, where it must have that one still. Null: there
 * is no such key. Throws a StoreFault.
 */
export async function rotateKey(
  { keys, random, now }: Pick<KeyPlace, 'keys' | 'random' | 'now'>,
  id: string,
  overlapSeconds: number,
  of?: string,
): Promise<MadeKey | KeyFault | null> {
  const before = await keys.load(id)
  const isOver = before !== null && before.expiresAt !== null && before.expiresAt <= now
  if (isOver) return { field: 'id', message: 'is of a key that is over: make a new one' }
  const secret = newKeySecret(random)
  const hash = hashKeySecret(secret)
  const overlapUntil = overlapSeconds === 0 ? null : now + overlapSeconds
  const key = await keys.change(id, {
    ...({ kind: 'rotate', hash, overlapUntil, at: now } as const),
    ...(of === undefined ? {} : { of }),
  })
  if (key === null) return null
  // One that was revoked stays as it is.
  if (key.secrets[0]?.hash !== hash)
    return key.revokedAt === null
      ? { field: 'of', message: 'is not the secret that the key has now' }
      : { field: 'id', message: 'is of a key that was revoked: make a new one' }
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
  return 'field' in found ? found : personsOwn(wanted, owner.user, found, place.now)
}

function personsOwn(
  wanted: WantedKey,
  user: string,
  { provider, claims, claimsAt, selfService }: CopiedPerson,
  now: EpochSeconds,
): Owned | KeyFault {
  const expiresAt = personsEnd(wanted, selfService, now)
  if (typeof expiresAt === 'object' && expiresAt !== null) return expiresAt
  const { issuer, clientId } = provider
  return { owner: { kind: 'person', issuer, clientId, user }, claims, claimsAt, expiresAt }
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
  id = newKeyId(random),
): MadeKey {
  const { name, apps, methods, from, origins } = wanted
  const [prefix] = gateway.apiKeys.prefixes
  if (prefix === undefined) throw new Error('the configuration names no prefix for keys')
  const secret = newKeySecret(random)
  const key: ApiKey = {
    ...{ id, prefix, name, ...owned, asleep: false },
    secrets: [{ hash: hashKeySecret(secret), until: null }],
    ...{ createdAt: now, revokedAt: null, apps, methods, from, origins },
  }
  return withSecret(key, secret)
}

function withSecret(key: ApiKey, secret: string): MadeKey {
  return { key, secret, whole: formatKey({ prefix: key.prefix, id: key.id, secret }) }
}

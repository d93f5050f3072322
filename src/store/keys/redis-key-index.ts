import type { ApiKey, KeyOwner } from '../../core/keys/api-key.ts'
import { isKeyId, isKeyPrefix } from '../../core/keys/key-form.ts'
import type { KeyPerson } from '../../core/keys/key-store.ts'
import { limits } from '../../core/limits/table.ts'
import type { RecordSeal } from '../../core/session/record-seal.ts'
import type { Parts } from '../redis/parts.ts'
import { textsOf } from '../redis/reply.ts'
import type { KeyedCommand } from '../redis/servers.ts'

/** What stands in the list of all keys: in the order in which they were made, and then by id. */
export interface KeyMember {
  readonly id: string
  readonly prefix: string
  readonly createdAt: number
  /** As it is written there. */
  readonly text: string
}

export function memberOf({ id, prefix, createdAt }: Pick<ApiKey, 'id' | 'prefix' | 'createdAt'>): KeyMember {
  return { id, prefix, createdAt, text: `${String(createdAt).padStart(12, '0')}.${id}.${prefix}` }
}

/** Null: it is none of ours. */
export function readMember(text: string): KeyMember | null {
  const [time = '', id = '', prefix = '', ...more] = text.split('.', 4)
  if (!/^\d{12}$/.test(time) || !isKeyId(id) || !isKeyPrefix(prefix) || more.length > 0) return null
  return { id, prefix, createdAt: Number(time), text }
}

/** By the first secret: where a person's key is put down. An operator's is in the list alone. */
export function ownerIndex(seal: RecordSeal, owner: KeyOwner): string | null {
  return owner.kind === 'operator' ? null : seal.index('key-owner', valuesOf(owner))
}

/** By every secret: where it may stand. */
export function everyOwnerIndex(seal: RecordSeal, person: KeyPerson): readonly string[] {
  return seal.indexes('key-owner', valuesOf(person))
}

function valuesOf({ issuer, clientId, user }: KeyPerson): readonly string[] {
  return [issuer, clientId, user]
}

/** Before the record is written: no key is there that nobody finds. */
export async function indexKey({ servers, keys, context }: Parts, key: ApiKey): Promise<void> {
  const owner = ownerIndex(context.seal, key.owner)
  const commands: KeyedCommand[] = [
    { key: keys.apiKeys, command: ['ZADD', keys.apiKeys, '0', memberOf(key).text] },
  ]
  if (owner !== null) {
    const name = keys.keyOwner(owner)
    commands.push({ key: name, command: ['ZADD', name, String(key.createdAt), key.id] })
  }
  await servers.sendEach(commands)
}

export async function unindexKey({ servers, keys, context }: Parts, key: ApiKey): Promise<void> {
  const owners = key.owner.kind === 'operator' ? [] : everyOwnerIndex(context.seal, key.owner)
  await servers.sendEach([
    { key: keys.apiKeys, command: ['ZREM', keys.apiKeys, memberOf(key).text] },
    ...owners.map((hash): KeyedCommand => {
      const name = keys.keyOwner(hash)
      return { key: name, command: ['ZREM', name, key.id] }
    }),
  ])
}

/** Ids of a person's keys, and when they were made; of some the record may be gone, or not be there yet. */
export async function idsOfPerson(
  { servers, keys, context }: Pick<Parts, 'servers' | 'keys' | 'context'>,
  person: KeyPerson,
): Promise<ReadonlyMap<string, number>> {
  const names = everyOwnerIndex(context.seal, person).map((hash) => keys.keyOwner(hash))
  const replies = await servers.sendEach(
    names.map((key) => ({ key, command: ['ZRANGE', key, '0', '-1', 'WITHSCORES'] })),
  )
  return new Map(
    replies.flatMap((reply) => {
      const texts = textsOf(reply)
      return texts.flatMap((id, at) =>
        at % 2 === 0 && isKeyId(id) ? [[id, Number(texts[at + 1])] as const] : [],
      )
    }),
  )
}

/** All keys from the newest to the oldest, piece by piece, from behind one of them. */
export async function* membersFrom(
  { servers, keys }: Pick<Parts, 'servers' | 'keys'>,
  after: string | null,
): AsyncIterable<readonly KeyMember[]> {
  let from = after
  for (;;) {
    const start = from === null ? '+' : `(${from}`
    const limit = ['LIMIT', '0', String(limits.keysOfPage)]
    const [reply] = await servers.send(keys.apiKeys, [
      ['ZRANGE', keys.apiKeys, start, '-', 'BYLEX', 'REV', ...limit],
    ])
    const texts = textsOf(reply)
    yield texts.flatMap((text) => readMember(text) ?? [])
    if (texts.length < limits.keysOfPage) return
    from = texts.at(-1) ?? null
  }
}

import type { Parts } from '../redis/parts.ts'
import { replaceIfSame } from '../redis/scripts.ts'
import type { KeyedCommand } from '../redis/servers.ts'
import { everyOwnerIndex, indexKey, membersFrom, ownerIndex } from './redis-key-index.ts'
import { type FoundApiKey, readApiKeys, sealApiKey } from './redis-key-record.ts'

/**
 * Seals by the first secret what an older one sealed, so that the older one can be taken out of the configuration. Whoever
 * changes a key meanwhile seals it by the first one too. Rejects with a Failure.
 */
export async function resealKeys(
  parts: Parts,
): Promise<{ readonly records: number; readonly resealed: number }> {
  let [records, resealed] = [0, 0]
  for await (const members of membersFrom(parts, null)) {
    const found = await readApiKeys(
      parts,
      members.map(({ id }) => id),
    )
    records += found.size
    for (const one of found.values()) {
      await moveIndex(parts, one)
      if (one.isStale && (await sealAnew(parts, one))) resealed += 1
    }
  }
  return { records, resealed }
}

async function sealAnew({ servers, keys, context }: Parts, { key, sealed }: FoundApiKey): Promise<boolean> {
  const name = keys.apiKey(key.id)
  const [done] = await servers.send(name, [replaceIfSame(name, sealed, sealApiKey(context.seal, key))])
  return done === 'done'
}

/** Also of one whose record is new: it may have been changed since, and its owner is still found by the older secret alone. */
async function moveIndex(parts: Parts, { key }: FoundApiKey): Promise<void> {
  const { servers, keys, context } = parts
  const { owner } = key
  if (owner.kind === 'operator') return
  await indexKey(parts, key)
  const now = ownerIndex(context.seal, owner)
  const before = everyOwnerIndex(context.seal, owner).filter((hash) => hash !== now)
  await servers.sendEach(
    before.map((hash): KeyedCommand => {
      const name = keys.keyOwner(hash)
      return { key: name, command: ['ZREM', name, key.id] }
    }),
  )
}

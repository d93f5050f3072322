import type { Json } from '../../core/json.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import type { KeyStore } from '../../core/keys/key-store.ts'
import { type OriginSurroundings, readWantedOrigins } from '../../core/keys/wanted-origins.ts'
import { limits } from '../../core/limits/table.ts'
import type { KeyFault } from './wanted-key.ts'

/**
 * Puts origins in the place of those that a key has: tokens for widgets on pages of others open nothing any more. The key
 * as it is afterwards, or what is wrong with what was said. Null: there is no such key. Throws a StoreFault.
 */
export async function changeOrigins(
  { gateway, keys }: { readonly gateway: OriginSurroundings; readonly keys: Pick<KeyStore, 'change'> },
  { id, owner }: Pick<ApiKey, 'id' | 'owner'>,
  said: Json | undefined,
): Promise<ApiKey | readonly KeyFault[] | null> {
  if (said === undefined) return [{ field: 'origins', message: 'is missing: the list that it is to have' }]
  const read = readWantedOrigins(said, owner.kind === 'person', gateway)
  if (!read.ok) return read.messages.map((message) => ({ field: 'origins', message }))
  const { origins } = read
  const key = await keys.change(id, { kind: 'origins', origins })
  if (key === null || isSameList(key.origins, origins)) return key
  const message =
    key.revokedAt === null
      ? `take more than ${limits.keyRecordBytes / 1024} KiB with the rest of the key`
      : 'are of a key that was revoked: make a new one'
  return [{ field: 'origins', message }]
}

function isSameList(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one, at) => one === others[at])
}

import type { ApiKey } from '../../core/keys/api-key.ts'
import type { KeyPage, KeyQuery } from '../../core/keys/key-store.ts'
import { limits } from '../../core/limits/table.ts'
import { isSameProvider } from '../../core/provider-id.ts'
import type { Parts } from '../redis/parts.ts'
import { type KeyMember, memberOf, membersFrom, readMember } from './redis-key-index.ts'
import { readApiKeys } from './redis-key-record.ts'

/** A page of those that are asked for. What was forgotten meanwhile leaves the list. Rejects with a Failure. */
export async function listKeys(parts: Parts, query: KeyQuery): Promise<KeyPage> {
  const { after, most } = query
  if (after !== null && readMember(after) === null) return { keys: [], next: null }
  const wanted = Math.max(1, Math.min(most, limits.keysOfPage))
  const found: ApiKey[] = []
  for await (const members of membersFrom(parts, after)) {
    for (const key of await keysOf(parts, members)) {
      if (!isSought(key, query)) continue
      if (found.length === wanted) return { keys: found, next: memberOf(found.at(-1) ?? key).text }
      found.push(key)
    }
  }
  return { keys: found, next: null }
}

/** In their order; each as the list names it, as one that was made twice at once may be named twice. */
async function keysOf(parts: Parts, members: readonly KeyMember[]): Promise<readonly ApiKey[]> {
  const found = await readApiKeys(
    parts,
    members.map(({ id }) => id),
  )
  return members.flatMap(({ id, text }) => {
    const key = found.get(id)?.key
    return key !== undefined && memberOf(key).text === text ? [key] : []
  })
}

function isSought({ owner }: ApiKey, { user, provider }: KeyQuery): boolean {
  if (user !== undefined && owner.user !== user) return false
  if (provider === undefined) return true
  return owner.kind === 'person' && isSameProvider(owner, provider)
}

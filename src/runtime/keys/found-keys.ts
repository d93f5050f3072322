import type { ApiKey } from '../../core/keys/api-key.ts'
import { type KeyFacts, keyFacts } from '../../core/keys/key-facts.ts'
import { formatKeyId, isKeyId } from '../../core/keys/key-form.ts'
import type { KeyStore } from '../../core/keys/key-store.ts'
import { limits } from '../../core/limits/table.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { KeySurroundings } from './wanted-key.ts'

interface Place {
  readonly gateway: KeySurroundings
  readonly keys: KeyStore
  readonly now: EpochSeconds
}

export interface FoundKey {
  readonly key: ApiKey
  readonly source: KeyFacts['source']
}

export interface ListedKeys {
  readonly keys: readonly KeyFacts[]
  /** For the next ones; null: there are no more. */
  readonly next: string | null
}

/**
 * The key that an id names, as `cg_8Fh2…` or without the prefix; in the file, else in the store. Null: there is none, or
 * what was written is no id. Throws a StoreFault.
 */
export async function findKey(
  { gateway, keys }: Omit<Place, 'now'>,
  written: string,
): Promise<FoundKey | null> {
  const id = written.slice(written.indexOf('_') + 1)
  if (!isKeyId(id)) return null
  const isMeant = (key: ApiKey) => key.id === id && (id === written || formatKeyId(key) === written)
  const inFile = gateway.apiKeys.keys.find(isMeant)
  if (inFile !== undefined) return { key: inFile, source: 'file' }
  const stored = await keys.load(id)
  return stored !== null && isMeant(stored) ? { key: stored, source: 'store' } : null
}

/**
 * Keys of everybody, or of one user: as apps see the id, or as it was written for an operator's key. Those of the file come
 * first, then those of the store, the newest first. Throws a StoreFault.
 */
export async function listKeys(
  place: Place,
  {
    user,
    after,
    most,
  }: { readonly user: string | null; readonly after: string | null; readonly most: number },
): Promise<ListedKeys> {
  const { gateway, keys, now } = place
  const facts = (source: KeyFacts['source']) => (key: ApiKey) => keyFacts(key, gateway, now, source)
  const { userIdPrefix } = gateway.apiKeys
  // No person's id begins with the prefix of operators' keys.
  const isOperators = user !== null && userIdPrefix !== '' && user.startsWith(userIdPrefix)
  const asked = user !== null && isOperators ? user.slice(userIdPrefix.length) : user
  const isMeant = ({ owner }: ApiKey) =>
    (asked === null || owner.user === asked) && (!isOperators || owner.kind === 'operator')
  const inFile = after === null ? gateway.apiKeys.keys.filter(isMeant).map(facts('file')) : []
  const page = await keys.list({ ...(asked === null ? {} : { user: asked }), after, most })
  return { keys: [...inFile, ...page.keys.filter(isMeant).map(facts('store'))], next: page.next }
}

/** The same, of all pages. */
export async function allKeys(place: Place, user: string | null): Promise<readonly KeyFacts[]> {
  const all: KeyFacts[] = []
  let after: string | null = null
  do {
    const page: ListedKeys = await listKeys(place, { user, after, most: limits.keysOfPage })
    all.push(...page.keys)
    after = page.next
  } while (after !== null)
  return all
}

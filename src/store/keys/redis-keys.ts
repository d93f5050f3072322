import { StoreFault } from '../../core/fault.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import { isTooLarge } from '../../core/keys/api-key-record.ts'
import { keyEndsAt } from '../../core/keys/ended-key.ts'
import { changedKey, type KeyChange } from '../../core/keys/key-change.ts'
import { isKeyId } from '../../core/keys/key-form.ts'
import type {
  KeyBounds,
  KeyCreation,
  KeyStore,
  KeyStoreChange,
  SleepingPerson,
} from '../../core/keys/key-store.ts'
import { limits } from '../../core/limits/table.ts'
import type { Awaitable, StoreChange } from '../../core/ports.ts'
import { isSameProvider } from '../../core/provider-id.ts'
import type { RedisSettings } from '../../core/session-store-settings.ts'
import { toStoreFault } from '../redis/fault.ts'
import { openParts } from '../redis/open-parts.ts'
import type { Parts } from '../redis/parts.ts'
import { textOrNothing, textsOf } from '../redis/reply.ts'
import { replaceIfSame } from '../redis/scripts.ts'
import type { KeyStoreContext } from './context.ts'
import { idsOfPerson, indexKey, membersFrom, unindexKey } from './redis-key-index.ts'
import { listKeys } from './redis-key-list.ts'
import { forgetting, readApiKeys, sealApiKey } from './redis-key-record.ts'
import { resealKeys } from './redis-key-reseal.ts'
import { countKeyUses, keyUsage } from './redis-key-uses.ts'

/** How often a change is tried anew that another one came before. */
const mostChanges = 20
/** So long after it was made a key that is not there may still be written: much longer than a call takes. */
const underWaySeconds = 600

/** Keys in Redis, sealed, for all processes and machines that name it. Opens at once and never fails. */
export function openRedisKeys(
  settings: RedisSettings,
  context: KeyStoreContext,
  answerMs?: number,
): KeyStore {
  const all = { ...context, longestLifetimeSeconds: () => 0 }
  const parts = openParts(settings, all, answerMs, ({ keyChanges }) => keyChanges)
  const { servers, keys, changes } = parts
  const listeners = new Set<(change: KeyStoreChange) => void>()

  /** The others first: what is told here and nowhere else would be forgotten when this process ends. */
  async function tell(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    try {
      await changes.announce({ kind: 'sessions', keys: ids })
    } finally {
      // It is done, though nobody else should hear of it.
      for (const listener of listeners) listener({ kind: 'keys', ids })
    }
  }

  /**
   * Whatever fails, of what may have been done everybody is told; also of what was so already, as the process that did it
   * may have been killed before it told the others.
   */
  async function changeAll(ids: readonly string[], wanted: KeyChange): Promise<readonly ChangedKey[]> {
    const touched = new Set<string>()
    const done = await Promise.allSettled(ids.map((id) => changeKey(parts, id, wanted, touched)))
    await tell([...touched])
    return done.flatMap((one) => {
      if (one.status === 'rejected') throw one.reason
      return one.value ?? []
    })
  }

  async function change(id: string, wanted: KeyChange): Promise<ApiKey | null> {
    const [changed] = await changeAll([id], wanted)
    return changed?.key ?? null
  }

  async function changeEach(found: readonly ApiKey[], wanted: KeyChange): Promise<readonly ApiKey[]> {
    const ids = found.map(({ id }) => id)
    return (await changeAll(ids, wanted)).flatMap(({ key, isChanged }) => (isChanged ? [key] : []))
  }

  return {
    load: (id) =>
      translated(async () => {
        changes.loaded()
        return (await readApiKeys(parts, [id])).get(id)?.key ?? null
      }),
    create: (key, bounds) =>
      translated(async () => {
        const created = await create(parts, key, bounds)
        if (created === 'created') await tell([key.id])
        return created
      }),
    change: (id, wanted) => translated(() => change(id, wanted)),
    list: (query) => translated(() => listKeys(parts, query)),
    refreshOwner: (person, claims, at) =>
      translated(async () => {
        const found = await ofPerson(parts, person)
        return (await changeEach(found, { kind: 'refresh', claims, at })).length
      }),
    sleepOwner: (person) =>
      translated(async () => changeEach(await sleepers(parts, person), { kind: 'sleep' })),
    countUses: (uses) => translated(() => countKeyUses(parts, uses)),
    usage: (id) => translated(() => keyUsage(parts, id)),
    prefixes: () => translated(() => prefixesOf(parts)),
    reseal: () => translated(() => resealKeys(parts)),
    onChange(listener) {
      listeners.add(listener)
      const leave = changes.onChange((heard) => listener(toKeyChange(heard)))
      return () => {
        listeners.delete(listener)
        leave()
      }
    },
    freshUntilMs: changes.freshUntilMs,
    check: () =>
      translated(async () => {
        const set = servers.send(keys.check, [['SET', keys.check, '1', 'PX', '1000']])
        await Promise.all([servers.everywhere([['PING']]), set])
      }),
    async close() {
      listeners.clear()
      changes.close()
      servers.close()
    },
  }
}

function toKeyChange(change: StoreChange): KeyStoreChange {
  return change.kind === 'any' ? change : { kind: 'keys', ids: change.keys }
}

async function create(parts: Parts, key: ApiKey, bounds: KeyBounds): Promise<KeyCreation> {
  const { servers, keys, context } = parts
  if (isTooLarge(key)) return 'too-large'
  const name = keys.apiKey(key.id)
  if (textOrNothing((await servers.send(name, [['GET', name]]))[0]) !== null) return 'exists'
  await indexKey(parts, key)
  // What is put down counts, so that of two at once neither overlooks the other.
  if ((await isFull(parts)) || (await hasEnough(parts, key, bounds))) {
    await unindexKey(parts, key)
    return 'full'
  }
  const [set] = await servers.send(name, [['SET', name, sealApiKey(context.seal, key), 'NX']])
  if (textOrNothing(set) !== 'OK') return 'exists'
  const forget = forgetting(name, key, context.clock.now())
  if (forget !== null) await servers.send(name, [forget])
  return 'created'
}

async function isFull({ servers, keys }: Parts): Promise<boolean> {
  const most = String(limits.storedKeys)
  const [beyond] = await servers.send(keys.apiKeys, [['ZRANGE', keys.apiKeys, most, most]])
  return textsOf(beyond).length > 0
}

/** Whether the person has as many others as one may. Those that were forgotten by themselves leave the index. */
async function hasEnough(
  parts: Parts,
  { id, owner }: ApiKey,
  { ofPerson: most, now }: KeyBounds,
): Promise<boolean> {
  if (owner.kind === 'operator' || most === null) return false
  const ids = await idsOfPerson(parts, owner)
  const found = await readApiKeys(parts, [...ids.keys()])
  const counted = [...ids].filter(([one, createdAt]) => {
    const key = found.get(one)?.key
    if (one === id) return false
    if (key === undefined) return createdAt > now - underWaySeconds
    const endsAt = keyEndsAt(key)
    return endsAt === null || endsAt > now
  })
  return counted.length >= most
}

/** The key as it is now, and whether that is another than before. */
interface ChangedKey {
  readonly key: ApiKey
  readonly isChanged: boolean
}

/** Null: there is none. Before it is written it is one of the `touched`: a write that fails may have been done all the same. */
async function changeKey(
  parts: Parts,
  id: string,
  wanted: KeyChange,
  touched: Set<string>,
): Promise<ChangedKey | null> {
  const { servers, keys, context, confirmation } = parts
  if (!isKeyId(id)) return null
  const name = keys.apiKey(id)
  for (let tries = 0; tries < mostChanges; tries++) {
    const before = (await readApiKeys(parts, [id])).get(id)
    if (before === undefined) return null
    touched.add(id)
    const key = changedKey(before.key, wanted)
    if (key === before.key) return { key, isChanged: false }
    const replace = replaceIfSame(name, before.sealed, sealApiKey(context.seal, key))
    if ((await servers.send(name, [replace]))[0] !== 'done') continue
    const forget = forgetting(name, key, context.clock.now())
    if (forget !== null) await servers.send(name, [forget])
    const written = keys.keyWritten(id)
    const command = ['SET', written, '1', 'PX', '1000'] as const
    await confirmation.confirm({ key: written, command, what: 'key-changed' })
    return { key, isChanged: true }
  }
  throw new StoreFault(
    'STORE_UNAVAILABLE',
    `the key store redis has other changes of the key ${id} all the time`,
  )
}

async function ofPerson(
  parts: Parts,
  person: Parameters<KeyStore['refreshOwner']>[0],
): Promise<readonly ApiKey[]> {
  const ids = await idsOfPerson(parts, person)
  if (ids.size === 0) return []
  const found = await readApiKeys(parts, [...ids.keys()])
  return [...found.values()].flatMap(({ key }) => (isOwner(key, person.user, person) ? [key] : []))
}

async function sleepers(parts: Parts, { user, provider }: SleepingPerson): Promise<readonly ApiKey[]> {
  if (provider !== undefined) return ofPerson(parts, { ...provider, user })
  const sleeping: ApiKey[] = []
  for await (const members of membersFrom(parts, null)) {
    const found = await readApiKeys(
      parts,
      members.map(({ id }) => id),
    )
    for (const { key } of found.values()) if (isOwner(key, user, null)) sleeping.push(key)
  }
  return sleeping
}

function isOwner({ owner }: ApiKey, user: string, provider: SleepingPerson['provider'] | null): boolean {
  if (owner.kind === 'operator' || owner.user !== user) return false
  return provider === null || provider === undefined || isSameProvider(owner, provider)
}

/** Of keys that are there: the list may name some that were forgotten. */
async function prefixesOf(parts: Parts): Promise<readonly string[]> {
  const prefixes = new Set<string>()
  for await (const members of membersFrom(parts, null)) {
    const unsure = members.filter(({ prefix }) => !prefixes.has(prefix))
    const found = await readApiKeys(
      parts,
      unsure.map(({ id }) => id),
    )
    for (const { key } of found.values()) prefixes.add(key.prefix)
  }
  return [...prefixes].sort()
}

async function translated<T>(work: () => Awaitable<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw toStoreFault(thrown, 'key store')
  }
}

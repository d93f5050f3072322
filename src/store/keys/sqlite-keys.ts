import type { ApiKey } from '../../core/keys/api-key.ts'
import { decodeApiKey, encodeApiKey, isTooLarge } from '../../core/keys/api-key-record.ts'
import { keyEndsAt } from '../../core/keys/ended-key.ts'
import { changedKey, type KeyChange } from '../../core/keys/key-change.ts'
import type {
  KeyBounds,
  KeyCreation,
  KeyPage,
  KeyQuery,
  KeyStore,
  KeyUsage,
  KeyUses,
} from '../../core/keys/key-store.ts'
import { limits } from '../../core/limits/table.ts'
import type { Clock } from '../../core/ports.ts'
import type { DatabaseFile } from '../database-file.ts'
import { createSqliteAccess } from '../sqlite-access.ts'
import { createSqliteKeyChanges } from './sqlite-key-changes.ts'
import { probeKeys } from './sqlite-key-file.ts'
import { type KeyStatements, prepareKeyStatements } from './sqlite-key-statements.ts'
import { createSqliteKeyWrites } from './sqlite-key-writes.ts'

/** Keys in one file, shared by the processes of one machine. Owns the file: `close` closes it. */
export function openSqliteKeys(file: DatabaseFile, clock: Clock): KeyStore {
  const { database } = file
  const access = createSqliteAccess(file, 'key store')
  const statements = prepareKeyStatements(database)
  const changes = createSqliteKeyChanges(statements, clock)
  const { refuseRemoved, write } = createSqliteKeyWrites(file, { access, statements, changes })

  return {
    load(id) {
      refuseRemoved()
      return access.read(() => readKey(statements.load.get(id)?.record))
    },
    create: (key, bounds) => write((changed) => create(statements, key, bounds, changed)),
    change: (id, change) =>
      write((changed) => {
        const before = readKey(statements.load.get(id)?.record)
        if (before === null) return null
        const after = changedKey(before, change)
        if (after !== before) put(statements, after)
        // Also where it was so already: the process that did it may have been killed before it told the others.
        changed(id)
        return after
      }),
    list: (query) => access.read(() => list(statements, query)),
    refreshOwner: (person, claims, at) => {
      // Nearly nobody who signs in has a key: no lock is taken for the others.
      const find = () => statements.ofPerson.all(person.user, person.issuer, person.clientId)
      if (access.read(find).length === 0) return 0
      return write(
        (changed) => changeEach(statements, find(), { kind: 'refresh', claims, at }, changed).length,
      )
    },
    sleepOwner: ({ user, provider }) => {
      const find = () =>
        provider === undefined
          ? statements.ofPersons.all(user)
          : statements.ofPerson.all(user, provider.issuer, provider.clientId)
      return write((changed) => changeEach(statements, find(), { kind: 'sleep' }, changed))
    },
    /** No disk is waited for: a power cut may forget some seconds of counting. */
    countUses: async (uses) => {
      refuseRemoved()
      await access.write(() => access.unhurried(() => countUses(statements, uses)))
    },
    usage: (id) => access.read(() => usageOf(statements, id)),
    prefixes: () => access.read(() => statements.prefixes.all().map(({ prefix }) => String(prefix))),
    /** Nothing is sealed in a file that only this user may read. */
    reseal: () => access.read(() => ({ records: Number(statements.count.get()?.count), resealed: 0 })),
    onChange: changes.onChange,
    freshUntilMs: changes.freshUntilMs,
    check() {
      refuseRemoved()
      return access.write(() => probeKeys(database))
    },
    async close() {
      changes.close()
      if (database.isOpen) database.close()
    },
  }
}

function readKey(record: unknown): ApiKey | null {
  return typeof record === 'string' ? decodeApiKey(record) : null
}

/** Those of the rows that the change changes. */
function changeEach(
  statements: KeyStatements,
  rows: readonly Readonly<Record<string, unknown>>[],
  change: KeyChange,
  changed: (id: string) => void,
): readonly ApiKey[] {
  return rows.flatMap(({ record }) => {
    const before = decodeApiKey(String(record))
    const after = before === null ? null : changedKey(before, change)
    if (after === null || after === before) return []
    put(statements, after)
    changed(after.id)
    return [after]
  })
}

function put(statements: KeyStatements, key: ApiKey): void {
  statements.put.run(keyEndsAt(key), encodeApiKey(key), key.id)
}

function create(
  statements: KeyStatements,
  key: ApiKey,
  { ofPerson, now }: KeyBounds,
  changed: (id: string) => void,
): KeyCreation {
  const { owner } = key
  if (isTooLarge(key)) return 'too-large'
  if (statements.load.get(key.id) !== undefined) return 'exists'
  statements.ended.run(now - limits.endedKeySeconds)
  if (Number(statements.count.get()?.count) >= limits.storedKeys) return 'full'
  const [issuer, clientId] = owner.kind === 'person' ? [owner.issuer, owner.clientId] : [null, null]
  const living = statements.living.get(owner.user, issuer, clientId, now)?.count
  if (owner.kind === 'person' && ofPerson !== null && Number(living) >= ofPerson) return 'full'
  statements.add.run(key.id, key.prefix, owner.user, issuer, clientId, keyEndsAt(key), encodeApiKey(key))
  changed(key.id)
  return 'created'
}

function list(statements: KeyStatements, { user, provider, after, most }: KeyQuery): KeyPage {
  if (after !== null && !/^\d{1,15}$/.test(after)) return { keys: [], next: null }
  const before = after === null ? null : Number(after)
  const asked = Math.max(1, Math.min(most, limits.keysOfPage))
  const { issuer = null, clientId = null } = provider ?? {}
  const rows = statements.page.all(user ?? null, issuer, clientId, before, asked + 1)
  const shown = rows.slice(0, asked)
  const next = rows.length > asked ? String(shown.at(-1)?.seq) : null
  return { keys: shown.flatMap(({ record }) => readKey(record) ?? []), next }
}

function countUses(statements: KeyStatements, uses: readonly KeyUses[]): void {
  for (const { id, day, count, last } of uses) {
    statements.use.run(id, day, count)
    statements.lastUse.run(id, last.at, last.network)
    statements.forgetUses.run(id)
  }
}

function usageOf(statements: KeyStatements, id: string): KeyUsage {
  const last = statements.last.get(id)
  return {
    days: statements.days.all(id).map(({ day, count }) => ({ day: String(day), count: Number(count) })),
    last: last === undefined ? null : { at: Number(last.at), network: String(last.network) },
  }
}

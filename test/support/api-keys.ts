// Keys of customers for tests of what they open: put into the store of a running gateway, as another process would.
import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { ApiKey } from '../../src/core/keys/api-key.ts'
import { formatKey, formatKeyId, newKeyId, newKeySecret } from '../../src/core/keys/key-form.ts'
import { hashKeySecret } from '../../src/core/keys/key-secret.ts'
import { openKeys } from '../store/keys/sqlite-key-store.ts'

export interface TestKey {
  readonly id: string
  readonly secret: string
  /** One text for a header. */
  readonly whole: string
  /** As `curl -u` takes it, encoded for the header. */
  readonly basic: string
  readonly record: ApiKey
}

/** A key that nobody has stored: what a forger would make up, or a record to be put into a file. */
export function inventKey(changes: Partial<ApiKey> = {}): TestKey {
  const secret = newKeySecret(randomBytes)
  const now = Math.floor(Date.now() / 1000)
  const record: ApiKey = {
    id: newKeyId(randomBytes),
    prefix: 'cg',
    name: 'a test',
    owner: { kind: 'operator', user: 'acme' },
    claims: {},
    claimsAt: now,
    asleep: false,
    secrets: [{ hash: hashKeySecret(secret), until: null }],
    createdAt: now,
    expiresAt: null,
    revokedAt: null,
    apps: null,
    methods: null,
    from: null,
    origins: [],
    ...changes,
  }
  const id = formatKeyId(record)
  const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  return { id, secret, whole: formatKey({ prefix: record.prefix, id: record.id, secret }), basic, record }
}

/** The same, stored in the data folder of a gateway. */
export async function storeKey(t: Test, folder: string, changes: Partial<ApiKey> = {}): Promise<TestKey> {
  const key = inventKey(changes)
  const made = await openKeys(t, folder).create(key.record, { ofPerson: null, now: key.record.createdAt })
  if (made !== 'created') throw new Error(`the key was not stored: ${made}`)
  return key
}

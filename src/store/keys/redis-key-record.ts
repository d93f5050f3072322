import type { ApiKey } from '../../core/keys/api-key.ts'
import { decodeApiKey, encodeApiKey } from '../../core/keys/api-key-record.ts'
import { keyEndsAt } from '../../core/keys/ended-key.ts'
import { isKeyId } from '../../core/keys/key-form.ts'
import { limits } from '../../core/limits/table.ts'
import type { RecordSeal } from '../../core/session/record-seal.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { Command } from '../redis/client.ts'
import type { Parts } from '../redis/parts.ts'
import { textOrNothing } from '../redis/reply.ts'

/** A key as it rests. */
export interface FoundApiKey {
  readonly key: ApiKey
  /** As it stands there. */
  readonly sealed: string
  /** Sealed by an older secret. */
  readonly isStale: boolean
}

export function sealApiKey(seal: RecordSeal, key: ApiKey): string {
  return seal.seal('api-key', key.id, encodeApiKey(key))
}

/** Null: what stands there is no key of this id, or cannot be read. */
function openApiKey(seal: RecordSeal, id: string, sealed: string): FoundApiKey | null {
  const opened = seal.open('api-key', id, sealed)
  const key = opened.ok ? decodeApiKey(opened.text) : null
  return opened.ok && key?.id === id ? { key, sealed, isStale: opened.stale } : null
}

/** Each of these that is there and can be read, by its id. */
export async function readApiKeys(
  { servers, keys, context }: Pick<Parts, 'servers' | 'keys' | 'context'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, FoundApiKey>> {
  const known = ids.filter(isKeyId)
  const replies = await servers.sendEach(
    known.map((id) => ({ key: keys.apiKey(id), command: ['GET', keys.apiKey(id)] })),
  )
  const found = replies.map((reply, at) => {
    const [id, sealed] = [known[at] ?? '', textOrNothing(reply)]
    return sealed === null ? null : openApiKey(context.seal, id, sealed)
  })
  return new Map(found.flatMap((one) => (one === null ? [] : [[one.key.id, one] as const])))
}

/** How a record is forgotten that nobody needs any more; null: it has no end yet. */
export function forgetting(name: string, key: ApiKey, now: EpochSeconds): Command | null {
  const endsAt = keyEndsAt(key)
  if (endsAt === null) return null
  const seconds = Math.max(1, endsAt + limits.endedKeySeconds - now)
  return ['PEXPIRE', name, String(seconds * 1000)]
}

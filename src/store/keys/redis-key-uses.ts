import { isObject, parseJson } from '../../core/json.ts'
import type { KeyLastUse, KeyUsage, KeyUses } from '../../core/keys/key-store.ts'
import { limits } from '../../core/limits/table.ts'
import type { RecordSeal } from '../../core/session/record-seal.ts'
import type { Command } from '../redis/client.ts'
import type { Parts } from '../redis/parts.ts'
import { textOrNothing, textsOf } from '../redis/reply.ts'
import { replaceIfSame } from '../redis/scripts.ts'
import type { KeyedCommand } from '../redis/servers.ts'

/** So long after the last use it is known how often a key was used. */
const keptMs = String(limits.keyUsageDays * 86_400_000)

/** How often what others write meanwhile is read anew. */
const mostTries = 5

/**
 * Adds them up. Rejects with a Failure: some of them may be counted all the same. The last use is written before the
 * count: whoever sees that a key was used also sees from where.
 */
export async function countKeyUses(parts: Parts, uses: readonly KeyUses[]): Promise<void> {
  const { servers, keys } = parts
  await Promise.all([...latestOf(uses)].map(([id, last]) => putLastUse(parts, id, last)))
  await servers.sendEach(
    uses.flatMap(({ id, day, count }): readonly KeyedCommand[] => {
      const key = keys.keyUses(id)
      return [
        { key, command: ['ZADD', key, 'INCR', String(count), day] },
        { key, command: ['PEXPIRE', key, keptMs] },
      ]
    }),
  )
}

/** The later of two counts, whichever process writes it later. One that is not written is no great loss. */
async function putLastUse({ servers, keys, context }: Parts, id: string, last: KeyLastUse): Promise<void> {
  const name = keys.keyLastUse(id)
  const sealed = sealLastUse(context.seal, id, last)
  for (let tries = 0; tries < mostTries; tries++) {
    const before = textOrNothing((await servers.send(name, [['GET', name]]))[0])
    const known = before === null ? null : openLastUse(context.seal, id, before)
    if (known !== null && known.at > last.at) return
    const put: Command =
      before === null ? ['SET', name, sealed, 'NX', 'PX', keptMs] : replaceIfSame(name, before, sealed)
    const [done] = await servers.send(name, [put, ['PEXPIRE', name, keptMs]])
    if (done === 'OK' || done === 'done') return
  }
}

export async function keyUsage(parts: Parts, id: string): Promise<KeyUsage> {
  const { servers, keys } = parts
  const name = keys.keyUses(id)
  const [reply] = await servers.send(name, [['ZRANGE', name, '0', '-1', 'WITHSCORES']])
  const texts = textsOf(reply)
  const days = texts.flatMap((day, at) => (at % 2 === 0 ? [{ day, count: Number(texts[at + 1]) }] : []))
  days.sort((one, other) => (one.day < other.day ? 1 : -1))
  const [first, ...more] = days.slice(limits.keyUsageDays).map(({ day }) => day)
  if (first !== undefined) await servers.send(name, [['ZREM', name, first, ...more]])
  const last = textOrNothing((await servers.send(keys.keyLastUse(id), [['GET', keys.keyLastUse(id)]]))[0])
  return {
    days: days.slice(0, limits.keyUsageDays),
    last: last === null ? null : openLastUse(parts.context.seal, id, last),
  }
}

function latestOf(uses: readonly KeyUses[]): ReadonlyMap<string, KeyLastUse> {
  const latest = new Map<string, KeyLastUse>()
  for (const { id, last } of uses) if ((latest.get(id)?.at ?? 0) <= last.at) latest.set(id, last)
  return latest
}

/** Where somebody was is nobody's business who reads the store. */
function sealLastUse(seal: RecordSeal, id: string, { at, network }: KeyLastUse): string {
  return seal.seal('key-use', id, JSON.stringify({ at, network }))
}

function openLastUse(seal: RecordSeal, id: string, sealed: string): KeyLastUse | null {
  const opened = seal.open('key-use', id, sealed)
  const record = opened.ok ? parseJson(opened.text) : null
  if (!isObject(record) || typeof record.at !== 'number' || typeof record.network !== 'string') return null
  return { at: record.at, network: record.network }
}

import type { ApiKey } from '../../core/keys/api-key.ts'
import { keyEndsAt } from '../../core/keys/ended-key.ts'
import { keyFacts } from '../../core/keys/key-facts.ts'
import type { KeyUsage } from '../../core/keys/key-store.ts'
import type { RecordSeal } from '../../core/session/record-seal.ts'
import type { ShownKey } from '../pages/keys-page.ts'
import type { KeyOwner } from './key-owner.ts'

/** What the page says of the person's keys: those that have not ended, and the others. Throws a StoreFault. */
export async function shownKeys(
  owner: KeyOwner,
  seal: RecordSeal,
  keys: readonly ApiKey[],
): Promise<{ readonly living: readonly ShownKey[]; readonly ended: readonly ShownKey[] }> {
  const shown = await Promise.all(
    keys.map(async (key) => {
      const usage = isLiving(key, owner.place.now) ? await owner.place.keys.usage(key.id) : notUsed
      return shownKey(owner, seal, key, usage)
    }),
  )
  return {
    living: shown.filter(({ endedAt }) => endedAt === null),
    ended: shown.filter(({ endedAt }) => endedAt !== null),
  }
}

/** Whether it counts in `max_keys`. */
export function isLiving(key: ApiKey, now: number): boolean {
  const endsAt = keyEndsAt(key)
  return endsAt === null || endsAt > now
}

const notUsed: KeyUsage = { days: [], last: null }

function shownKey(
  { place: { gateway, now }, session }: KeyOwner,
  seal: RecordSeal,
  key: ApiKey,
  { days, last }: KeyUsage,
): ShownKey {
  const facts = keyFacts(key, gateway, now)
  const state = facts.state === 'provider-gone' ? 'asleep' : facts.state
  const isAwake = state === 'active' && (key.expiresAt === null || (facts.sleeps_at ?? 0) < key.expiresAt)
  return {
    ...{ id: facts.id, name: key.name, state, createdAt: key.createdAt, expiresAt: key.expiresAt },
    endedAt: isLiving(key, now) ? null : keyEndsAt(key),
    sleepsAt: isAwake ? facts.sleeps_at : null,
    formerSecretUntil: facts.former_secret_until,
    lastUse: last,
    uses: days.reduce((sum, { count }) => sum + count, 0),
    origins: key.origins,
    current: nameOfSecret(seal, session.key, key),
  }
}

/** Names the secret that a key has, for one session: tells nothing of it, and nothing but this session can use it. */
function nameOfSecret(seal: Pick<RecordSeal, 'index'>, session: string, key: ApiKey): string {
  return seal.index('own-key', secretOf(session, key))
}

/** The values behind that name. */
export function secretOf(session: string, { id, secrets: [current] }: ApiKey): readonly string[] {
  return [session, id, current?.hash ?? '']
}

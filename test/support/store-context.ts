// What a store needs of a gateway, for tests of the store alone.
import { randomBytes } from 'node:crypto'
import { Secret } from '../../src/core/secret.ts'
import { createRecordSeal } from '../../src/core/session/record-seal.ts'
import { buildKeyRing, type KeyRing } from '../../src/core/session/seal.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import type { StoreContext } from '../../src/store/context.ts'

export const storeRing = buildKeyRing([new Secret('r'.repeat(32))])

export function storeContext(more: Partial<StoreContext> & { readonly ring?: KeyRing } = {}): StoreContext {
  const { ring = storeRing, ...rest } = more
  return {
    clock: systemClock,
    seal: createRecordSeal(() => ring, randomBytes),
    longestLifetimeSeconds: () => 28_800,
    report: () => {},
    ...rest,
  }
}

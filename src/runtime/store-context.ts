import type { Gateway } from '../core/gateway.ts'
import { Secret } from '../core/secret.ts'
import { createRecordSeal } from '../core/session/record-seal.ts'
import { buildKeyRing, type KeyRing, type Random } from '../core/session/seal.ts'
import type { StoreContext } from '../store/context.ts'
import { findSessionSecrets } from './secrets.ts'

/** What of a configuration a store depends on. */
export interface StoreEdition {
  readonly gateway: Pick<Gateway, 'hosts'>
  readonly ring: KeyRing
}

/** `edition` gives what is in force: a reload may change it. */
export function createStoreContext(
  edition: () => StoreEdition,
  { clock, random, report }: Pick<StoreContext, 'clock' | 'report'> & { readonly random: Random },
): StoreContext {
  return {
    clock,
    seal: createRecordSeal(() => edition().ring, random),
    longestLifetimeSeconds: () =>
      Math.max(0, ...[...edition().gateway.hosts.values()].map((origin) => origin.maxLifetimeSeconds)),
    report,
  }
}

/**
 * For a command, which has one configuration. Secrets are read when a record is sealed or opened, and none is made: without
 * any nothing opens.
 */
export function contextOfCommand(
  gateway: Gateway,
  means: Parameters<typeof createStoreContext>[1],
): StoreContext {
  let ring: KeyRing | null = null
  const edition: StoreEdition = {
    gateway,
    get ring() {
      ring ??= ringOf(findSessionSecrets(gateway), means.random)
      return ring
    },
  }
  return createStoreContext(() => edition, means)
}

function ringOf(secrets: readonly Secret[], random: Random): KeyRing {
  return buildKeyRing(secrets.length > 0 ? secrets : [new Secret(random(32).toString('base64url'))])
}

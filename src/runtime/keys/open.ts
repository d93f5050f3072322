import { ConfigFault } from '../../core/fault.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { KeyStore } from '../../core/keys/key-store.ts'
import type { Clock } from '../../core/ports.ts'
import type { Secret } from '../../core/secret.ts'
import { createRecordSeal } from '../../core/session/record-seal.ts'
import { buildKeyRing, type KeyRing, type Random } from '../../core/session/seal.ts'
import { openKeyStore } from '../../store/keys/open.ts'
import { hasKeyFile, keyFilePath, openKeyFile } from '../../store/keys/sqlite-key-file.ts'
import { openSqliteKeys } from '../../store/keys/sqlite-keys.ts'
import { createKeys, type Keys, type KeysSetup } from './keys.ts'

interface KeyMeans {
  readonly clock: Clock
  readonly random: Random
  /** Hears of faults that stop no request. */
  readonly report: (thrown: unknown) => void
}

/** The keys of a gateway; null where `api_keys` is not written. Throws a StoreFault when their store cannot be used. */
export function openKeys(
  gateway: Gateway,
  { clock, random, report, failures, rejected }: KeyMeans & Pick<KeysSetup, 'failures' | 'rejected'>,
): Keys | null {
  if (gateway.apiKeys === null) return null
  const ring = ringOf(gateway.apiKeys.secrets)
  const store = storeOf(gateway, gateway.apiKeys, { clock, random, report }, ring.current)
  const keys = createKeys({ gateway, store, clock, failures, report, rejected })
  return {
    ...keys,
    renew(edition) {
      ring.renew(edition.gateway.apiKeys?.secrets ?? [])
      keys.renew(edition)
    },
  }
}

/** The store alone, for a command. Throws a StoreFault; an Error where `api_keys` is not written. */
export function openKeysOfCommand(gateway: Gateway, means: KeyMeans): KeyStore {
  if (gateway.apiKeys === null) throw new Error('api_keys is not written')
  return storeOf(gateway, gateway.apiKeys, means, ringOf(gateway.apiKeys.secrets).current)
}

function storeOf(
  { dataFolder }: Pick<Gateway, 'dataFolder'>,
  settings: NonNullable<Gateway['apiKeys']>,
  { clock, random, report }: KeyMeans,
  ring: () => KeyRing,
): KeyStore {
  return openKeyStore(settings, dataFolder, { clock, seal: createRecordSeal(ring, random), report })
}

/** Made when something is sealed: a file needs none. Never of `session.secret`: who may read sessions may read no key. */
function ringOf(first: readonly Secret[]): {
  readonly current: () => KeyRing
  readonly renew: (secrets: readonly Secret[]) => void
} {
  let secrets = first
  let ring: KeyRing | null = null
  return {
    current() {
      ring ??= buildKeyRing(secrets)
      return ring
    },
    renew(next) {
      const isSame = next.length === secrets.length && next.every((one, at) => isSecret(one, secrets[at]))
      if (next.length === 0 || isSame) return
      secrets = next
      ring = null
    },
  }
}

function isSecret(one: Secret, other: Secret | undefined): boolean {
  return one.reveal() === other?.reveal()
}

/**
 * Throws a ConfigFault where keys are stored whose prefix the configuration lacks: it would take them for credentials of
 * the app, and hand them to it. Rejects with a StoreFault where nobody can tell.
 */
export async function refuseStrangePrefixes(
  keys: Pick<Keys, 'store'> | null,
  { apiKeys }: Pick<Gateway, 'apiKeys'>,
): Promise<void> {
  if (keys === null || apiKeys === null) return
  const stored = await keys.store.prefixes()
  const strange = stored.filter((prefix) => !apiKeys.prefixes.includes(prefix))
  if (strange.length === 0) return
  const found = strange.map((prefix) => `\`${prefix}\``).join(', ')
  const cure = `list ${strange.length === 1 ? 'it' : 'them'} in \`api_keys.prefix\` behind the first`
  throw new ConfigFault(
    'CONFIG_INVALID',
    `there are keys that begin with ${found}, which this configuration would hand to apps as they come; ${cure}`,
  )
}

/**
 * The same where `api_keys` is not written any more, and the file of keys is still there. Throws a StoreFault where that
 * cannot be read.
 */
export async function refuseForgottenKeys(
  { apiKeys, dataFolder }: Pick<Gateway, 'apiKeys' | 'dataFolder'>,
  clock: Clock,
): Promise<void> {
  const prefixes = apiKeys === null ? await forgottenPrefixes(dataFolder, clock) : []
  if (prefixes.length === 0) return
  const found = prefixes.map((prefix) => `\`${prefix}\``).join(', ')
  const there = `there are keys that begin with ${found} in ${keyFilePath(dataFolder)}`
  throw new ConfigFault(
    'CONFIG_INVALID',
    `\`api_keys\` is not written, and ${there}, which apps would get as they come; write it, or move that file away`,
  )
}

/** Of the keys in the file, where there is one. Rejects with a StoreFault. */
export async function forgottenPrefixes(dataFolder: string, clock: Clock): Promise<readonly string[]> {
  if (!hasKeyFile(dataFolder)) return []
  const store = openSqliteKeys(openKeyFile(dataFolder), clock)
  try {
    return await store.prefixes()
  } finally {
    await store.close()
  }
}

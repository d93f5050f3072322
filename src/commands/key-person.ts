import { randomBytes } from 'node:crypto'
import type { Reading } from '../cli/person.ts'
import { reservedProviders } from '../core/credential/credential.ts'
import { isFault } from '../core/fault.ts'
import type { Gateway } from '../core/gateway.ts'
import type { ApiKey } from '../core/keys/api-key.ts'
import { parseKeyId } from '../core/keys/key-form.ts'
import { isSameProvider } from '../core/provider-id.ts'
import type { Person } from '../http/admission/probe-person.ts'
import { systemClock } from '../runtime/clock.ts'
import { openKeysOfCommand } from '../runtime/keys/open.ts'
import { hasKeyFile } from '../store/keys/sqlite-key-file.ts'

/** Somebody who comes by a key, and the key. */
export interface KeyPerson extends Person {
  readonly key: ApiKey
}

/** By its id alone, or as it is shown: `cg_…`. Of the file first, as it is found there first. */
export async function readKey(text: string, gateway: Gateway): Promise<Reading<KeyPerson>> {
  const { apiKeys } = gateway
  if (apiKeys === null) return refuse('--key: the configuration has no api_keys')
  const parsed = parseKeyId(text, apiKeys.prefixes)
  if (parsed === 'malformed' || text.split('_').length > 2)
    return refuse('--key takes the id alone: never the secret, which would be kept by your shell')
  const id = parsed?.id ?? text
  const found = apiKeys.keys.find((key) => key.id === id) ?? (await storedKey(id, gateway))
  if (typeof found === 'string') return refuse(found)
  if (found === null) return refuse(`--key: there is no key with the id ${id}`)
  return { ok: true, value: ofKey(found, gateway) }
}

/** From the store; a text says why it cannot be told. */
async function storedKey(id: string, gateway: Gateway): Promise<ApiKey | string | null> {
  // Whoever asks makes no store where there is none.
  if (gateway.apiKeys?.store.kind === 'sqlite' && !hasKeyFile(gateway.dataFolder)) return null
  try {
    const store = openKeysOfCommand(gateway, { clock: systemClock, random: randomBytes, report: () => {} })
    try {
      return await store.load(id)
    } finally {
      await store.close()
    }
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return thrown.message
  }
}

function ofKey(key: ApiKey, { providers }: Gateway): KeyPerson {
  const { id, name, owner, claims } = key
  const vouching =
    owner.kind === 'operator'
      ? reservedProviders.apiKeys
      : ([...providers.values()].find((one) => isSameProvider(owner, one))?.name ?? '')
  return { provider: vouching, claims, by: { kind: 'api_key', id, name }, key }
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}

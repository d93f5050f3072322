import type { Gateway } from '../core/gateway.ts'
import type { Clock } from '../core/ports.ts'
import { storePlaceText } from '../core/store-place.ts'
import { forgottenPrefixes, openKeysOfCommand } from '../runtime/keys/open.ts'
import { hasKeyFile, keyFilePath } from '../store/keys/sqlite-key-file.ts'
import { type Finding, findingsOf } from './finding.ts'

interface KeyStoreDeps {
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
}

/**
 * Whether keys can be found. A file that is not there yet is not made: whoever asks may be another user than the
 * gateway's. Throws a StoreFault.
 */
export async function keyStoreFindings(gateway: Gateway, deps: KeyStoreDeps): Promise<readonly Finding[]> {
  const { apiKeys, dataFolder } = gateway
  const say = findingsOf('api_keys.store')
  if (apiKeys === null) {
    const forgotten = await forgottenPrefixes(dataFolder, deps.clock)
    if (forgotten.length === 0) return []
    const found = `${keyFilePath(dataFolder)} has keys that begin with ${forgotten.join(', ')}, and \`api_keys\` is not written`
    return [say.failed('keys', found, 'Write it, or move that file away: the gateway does not start.')]
  }
  const { store: settings, prefixes } = apiKeys
  const place = settings.kind === 'sqlite' ? keyFilePath(dataFolder) : storePlaceText(settings)
  if (settings.kind === 'sqlite' && !hasKeyFile(dataFolder))
    return [say.note('keys', `${place} is not there yet: the gateway makes it when it starts`)]
  const store = openKeysOfCommand(gateway, { ...deps, report: () => {} })
  try {
    await store.check()
    const foreign = (await store.prefixes()).filter((prefix) => !prefixes.includes(prefix))
    if (foreign.length === 0) return [say.ok('keys', `${place} answers, and its keys have known prefixes`)]
    return [
      say.failed(
        'keys',
        `${place} has keys that begin with ${foreign.join(', ')}, which \`api_keys.prefix\` lacks`,
        'Add the prefix to the list, or revoke these keys: the gateway does not start.',
      ),
    ]
  } finally {
    await store.close()
  }
}

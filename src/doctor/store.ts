import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCode } from '../core/error-code.ts'
import type { Gateway } from '../core/gateway.ts'
import type { Clock } from '../core/ports.ts'
import { storePlaceText } from '../core/store-place.ts'
import { contextOfCommand } from '../runtime/store-context.ts'
import { openStore } from '../store/open.ts'
import { hasSessionFile, isOfEarlierVersion } from '../store/sqlite-file.ts'
import { type Finding, type FindingsOf, findingsOf } from './finding.ts'
import { redisFindings } from './redis.ts'

interface StoreDeps {
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
}

/**
 * Whether sessions can be kept: writes something that nobody misses, reads it, and leaves it to the next purge. A store
 * that is not there yet is not made: whoever asks may be another user than the gateway's. Throws a StoreFault.
 */
export async function storeFindings(gateway: Gateway, deps: StoreDeps): Promise<readonly Finding[]> {
  const { store } = gateway.session
  const say = findingsOf('session.store')
  switch (store.kind) {
    case 'memory':
      return [say.note('round trip', 'sessions are in the running gateway alone, and end with it')]
    case 'cookie':
      return [say.note('round trip', 'sessions are in the browsers alone: nothing is stored here')]
    case 'sqlite':
      return [await fileFinding(say, gateway, deps)]
    case 'redis':
    case 'redis-sentinel':
    case 'redis-cluster': {
      const found = await redisFindings(store, deps.random)
      if (found.some(({ outcome }) => outcome === 'failed')) return found
      const cure = 'See that nothing between here and there answers in its place.'
      return [...found, await roundTrip(say, gateway, deps, { place: storePlaceText(store), cure })]
    }
  }
}

async function fileFinding(say: FindingsOf, gateway: Gateway, deps: StoreDeps): Promise<Finding> {
  const { dataFolder } = gateway
  const place = `${dataFolder}/sessions.db`
  if (!hasSessionFile(dataFolder)) return folderFinding(say, dataFolder)
  if (isOfEarlierVersion(dataFolder))
    return say.warning(
      'round trip',
      `${place} is of an earlier version, and is left as it is`,
      'When this version starts, everybody signs in once more.',
    )
  return roundTrip(say, gateway, deps, { place, cure: 'Put the folder on a local disk.' })
}

async function roundTrip(
  say: FindingsOf,
  gateway: Gateway,
  { clock, random }: StoreDeps,
  { place, cure }: { readonly place: string; readonly cure: string },
): Promise<Finding> {
  const context = contextOfCommand(gateway, { clock, random, report: () => {} })
  const store = openStore(gateway.session, gateway.dataFolder, context)
  try {
    await store.check()
    const hash = `doctor-${random(24).toString('base64url')}`
    const now = clock.now()
    const isFirst = await store.states.spend(hash, { at: now, until: now + 1 })
    const kept = await store.states.spent(hash)
    return isFirst && kept?.at === now
      ? say.ok('round trip', `${place} takes what is written, and gives it back`)
      : say.failed('round trip', `${place} does not give back what was written`, cure)
  } finally {
    await store.close()
  }
}

/** The gateway makes what is missing at its start, if it may write in what is there. */
function folderFinding(say: FindingsOf, dataFolder: string): Finding {
  let there = dataFolder
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there)
  try {
    accessSync(there, constants.W_OK | constants.X_OK)
    return say.note(
      'round trip',
      `${dataFolder}/sessions.db is not there yet: the gateway makes it when it starts`,
    )
  } catch (thrown) {
    const code = errorCode(thrown) ?? 'unknown'
    const cure =
      code === 'EROFS'
        ? 'Mount a volume that can be written, or set `data` to another folder.'
        : "Give it to the gateway's user, or set `data` to another folder."
    return say.failed('round trip', `${there} cannot be written by this user (${code})`, cure)
  }
}

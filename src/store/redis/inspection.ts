import type { RedisSettings } from '../../core/session-store-settings.ts'
import type { Command } from './client.ts'
import { Failure } from './connection.ts'
import { toStoreFault } from './fault.ts'
import { keysOf } from './keys.ts'
import { openServers } from './open-servers.ts'
import { textOf } from './reply.ts'
import type { Servers } from './servers.ts'

/** What a Redis shows of itself to whoever may ask. */
export interface RedisInspection {
  readonly place: string
  readonly servers: readonly InspectedServer[]
  /** Commands that the gateway needs and that this user may not run. */
  readonly forbidden: readonly string[]
}

export interface InspectedServer {
  /** `7.0.15`; null: it does not say. */
  readonly version: string | null
  readonly replicas: number | null
  /** `noeviction`, `allkeys-lru`; null: it does not say. */
  readonly evictionPolicy: string | null
}

/** The least version that knows every command as we write it. */
export const leastVersion = '6.2'

/**
 * Connects as the gateway does, asks each server about itself, and tries each command on a key of its own that is gone a
 * second later. Throws a StoreFault when it cannot be reached.
 */
export async function inspectRedis(settings: RedisSettings, nonce: string): Promise<RedisInspection> {
  const servers = openServers(settings)
  try {
    const key = keysOf(settings.keyPrefix).state(`doctor-${nonce}`)
    await servers.everywhere([['PING']])
    const forbidden = await tryCommands(servers, key)
    return { place: servers.place, servers: await askServers(servers), forbidden }
  } catch (thrown) {
    throw toStoreFault(thrown)
  } finally {
    servers.close()
  }
}

async function askServers(servers: Servers): Promise<readonly InspectedServer[]> {
  const sections = ['server', 'replication', 'memory'].map((name): Command => ['INFO', name])
  try {
    return (await servers.everywhere(sections)).map((replies) => readInfo(replies.map(textOf).join('\n')))
  } catch (thrown) {
    if (isForbidden(thrown)) return []
    throw thrown
  }
}

function readInfo(text: string): InspectedServer {
  const fields = new Map([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value]))
  const field = (name: string) => fields.get(name) ?? null
  const replicas = field('connected_slaves')
  return {
    version: field('redis_version'),
    replicas: replicas === null ? null : Number(replicas),
    evictionPolicy: field('maxmemory_policy'),
  }
}

/** One after the other, as some of them need what another has put there. */
async function tryCommands(servers: Servers, key: string): Promise<readonly string[]> {
  const forbidden: string[] = []
  for (const command of commandsOn(key)) {
    try {
      await servers.send(key, [command])
    } catch (thrown) {
      if (!isForbidden(thrown)) throw thrown
      forbidden.push(command[0])
    }
  }
  return forbidden
}

/** One key for each kind of value, on one slot. What may not be deleted is forgotten a second later. */
function commandsOn(key: string): readonly Command[] {
  const text = `${key}:text`
  const set = `${key}:set`
  const list = `${key}:list`
  const stream = `${key}:stream`
  return [
    ['SET', text, '1', 'PX', '1000'],
    ['GET', text],
    ['GETDEL', text],
    ['ZADD', set, '1', 'a', '2', 'b'],
    ['ZSCORE', set, 'a'],
    ['ZRANGE', set, '0', '-1'],
    ['ZREM', set, 'a'],
    ['ZREMRANGEBYSCORE', set, '0', '0'],
    ['PEXPIRE', set, '1000'],
    ['PTTL', set],
    ['RPUSH', list, 'a', 'b'],
    ['LTRIM', list, '0', '-1'],
    ['LPOP', list, '1'],
    ['PEXPIRE', list, '1000'],
    ['XADD', stream, 'MAXLEN', '~', '1', '*', 'n', '1'],
    ['XRANGE', stream, '-', '+', 'COUNT', '1'],
    ['XREVRANGE', stream, '+', '-', 'COUNT', '1'],
    ['PEXPIRE', stream, '1000'],
    ['EVAL', "return redis.call('GET', KEYS[1])", '1', text],
    ['TIME'],
    ['DEL', text, set, list, stream],
    ['INFO', 'server'],
    ['SCAN', '0', 'COUNT', '1'],
    ['WAIT', '0', '1'],
  ]
}

function isForbidden(thrown: unknown): boolean {
  return thrown instanceof Failure && thrown.word === 'NOPERM'
}

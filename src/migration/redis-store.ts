import { isLoopbackNode, type RedisUrl } from '../config/redis-address.ts'
import { nodeText } from '../core/store-place.ts'
import type { Variable } from './variable.ts'
import type { YamlValue } from './yaml.ts'

type Keys = Readonly<Record<string, YamlValue>>

/** Who a gateway is at a Redis, and by which authority it knows it; null: not said. */
export interface RedisAccess {
  readonly username: string | null
  /** The variable that holds it: passwords are never copied. */
  readonly passwordVariable: string | null
  readonly caFile: string | null
}

/** The keys of `session` for one Redis: its address alone where nothing else is to be said. */
export function redisKeys(address: RedisUrl, access: RedisAccess): Keys {
  const { isTls, database } = address
  const url = `${isTls ? 'rediss' : 'redis'}://${nodeText(address)}${database === 0 ? '' : `/${database}`}`
  const more = accessKeys(access)
  const store = Object.keys(more).length === 0 ? url : { redis: { url, ...more } }
  return { store, ...insecureKeys(isTls || isLoopbackNode(address)) }
}

/** The same for a primary that Sentinels name, and for a cluster: `kind` with the keys of its own. */
export function severalRedisKeys(
  kind: 'redis_sentinel' | 'redis_cluster',
  own: Keys,
  { isTls, access }: { readonly isTls: boolean; readonly access: RedisAccess },
): Keys {
  const store = { [kind]: { ...own, ...(isTls ? { tls: true } : {}), ...accessKeys(access) } }
  return { store, ...insecureKeys(isTls) }
}

/** What goes on without TLS as before has its key, and is warned of at each start. */
function insecureKeys(isSafe: boolean): Keys {
  return isSafe ? {} : { allow_insecure_redis: true }
}

function accessKeys({ username, passwordVariable, caFile }: RedisAccess): Keys {
  return {
    ...(username === null ? {} : { username }),
    ...(passwordVariable === null ? {} : { password: `\${env:${passwordVariable}}` }),
    ...(caFile === null ? {} : { ca_file: caFile }),
  }
}

/** What all gateways of one store have to know alike. */
export const sharedVariables: readonly Variable[] = [
  { name: 'SESSION_SECRET', purpose: 'seals cookies and sessions: `openssl rand -base64 32`' },
  { name: 'LOG_SUBJECT_KEY', purpose: 'keys the names of people in the log: `openssl rand -base64 32`' },
]

/** The keys of `log` where a store is shared. */
export const sharedLogKeys: Keys = { subject_key: `\${env:LOG_SUBJECT_KEY}` }

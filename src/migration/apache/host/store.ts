import { readRedisNode, redisPort } from '../../../config/redis-address.ts'
import type { Finding } from '../../finding.ts'
import { redisKeys, sharedVariables } from '../../redis-store.ts'
import type { Variable } from '../../variable.ts'
import type { YamlValue } from '../../yaml.ts'
import { lastOf, wordsOf } from '../reading/last.ts'
import type { Directive } from '../reading/tree.ts'

type Say = (id: string, kind: Finding['kind'], name: string, message: string) => void
type Keys = Readonly<Record<string, YamlValue>>

/** Says something of a directive; nothing where it is not there. */
export interface StoreNotes {
  readonly say: Say
  readonly variable: (variable: Variable) => void
}

/** What httpd kept its sessions in, as keys of `session`; empty for the gateway's own file. */
export function convertStore(directives: readonly Directive[], { say, variable }: StoreNotes): Keys {
  const [type = 'shm'] = wordsOf(directives, 'OIDCCacheType').map((word) => word.toLowerCase())
  const tell: Say = (id, kind, name, message) => {
    if (lastOf(directives, name) !== null) say(id, kind, name, message)
  }
  const address = type === 'redis' ? redisOf(directives) : null
  if (address === null) {
    const faulty =
      'where its Redis is could not be read: write `session.store`. Until then sessions rest in `data`'
    if (type === 'redis') tell('cache', 'not-convertible', 'OIDCCacheType', faulty)
    else tellOfType(type, tell)
    const why = type === 'redis' ? 'see OIDCCacheType' : 'sessions were not kept in Redis'
    for (const name of ofRedis) tell('not-needed', 'not-needed', name, why)
    return {}
  }
  tell('kept', 'kept', 'OIDCCacheType', '`session.store`. Sessions of httpd end')
  tell('kept', 'kept', 'OIDCRedisCacheDatabase', '`session.store`: the number behind the host')
  tell('kept', 'kept', 'OIDCRedisCacheUsername', '`username`')
  const passwordVariable = passwordOf(directives)
  if (passwordVariable !== null) {
    variable({ name: passwordVariable, purpose: 'the password of Redis, as in OIDCRedisCachePassword' })
    const message = `is not copied: the file asks for \${env:${passwordVariable}}`
    tell('redis-password', 'changed', 'OIDCRedisCachePassword', message)
  }
  for (const name of timeLimits)
    tell('not-needed', 'not-needed', name, 'what a Redis may take is limited by itself')
  for (const one of sharedVariables) variable(one)
  const [username = null] = wordsOf(directives, 'OIDCRedisCacheUsername')
  const keys = redisKeys(address, { username, passwordVariable, caFile: null })
  const isInsecure = keys.allow_insecure_redis === true
  const insecure =
    '`session.store`, without TLS, as it was: whoever is on the way can read the password, and with it end sessions. Write `rediss://`, and take `allow_insecure_redis` out'
  tell(
    isInsecure ? 'redis-tls' : 'kept',
    isInsecure ? 'suspect' : 'kept',
    'OIDCRedisCacheServer',
    isInsecure ? insecure : '`session.store`',
  )
  return keys
}

const timeLimits = ['OIDCRedisCacheConnectTimeout', 'OIDCRedisCacheTimeout']
const ofRedis = [
  ...['OIDCRedisCacheServer', 'OIDCRedisCachePassword', 'OIDCRedisCacheUsername', 'OIDCRedisCacheDatabase'],
  ...timeLimits,
]

function tellOfType(type: string, tell: Say): void {
  if (type === 'memcache') {
    const message =
      'sessions in memcached are not available: they rest in `data`, in one file, which serves a single instance. Several share a Redis: `session.store`'
    tell('cache', 'not-convertible', 'OIDCCacheType', message)
  } else
    tell('cache', 'changed', 'OIDCCacheType', 'sessions rest in `data`, in one file, and outlive a restart')
}

/** Null where it is not there, or is filled in from outside. */
function redisOf(directives: readonly Directive[]) {
  const [server = ''] = wordsOf(directives, 'OIDCRedisCacheServer')
  const [database = '0'] = wordsOf(directives, 'OIDCRedisCacheDatabase')
  const read = readRedisNode(server, redisPort)
  if (!read.ok || !/^\d{1,4}$/.test(database)) return null
  return { ...read.value, isTls: false, database: Number(database), username: null, password: null }
}

/** The variable that holds it; httpd's own where its file names one. */
function passwordOf(directives: readonly Directive[]): string | null {
  const named = ['OIDCRedisCachePassword', 'OIDCRedisCacheUsername'].some(
    (name) => lastOf(directives, name) !== null,
  )
  if (!named) return null
  const [value = ''] = wordsOf(directives, 'OIDCRedisCachePassword')
  return /^\$\{(\w+)\}$/.exec(value)?.[1] ?? 'REDIS_PASSWORD'
}

import { Secret } from '../../core/secret.ts'
import type { SessionStoreSettings } from '../../core/session-store-settings.ts'
import { isStandIn } from '../made-up.ts'
import { nearest } from '../nearest.ts'
import { type ConfigPath, nodeAt } from '../node.ts'
import { isLoopbackNode, type RedisUrl, readRedisUrl, redisPort, sentinelPort } from '../redis-address.ts'
import { clusterKeys, redisKeys, redisKinds, sentinelKeys, storeWord } from '../schema/session-store.ts'
import { type Checked, checkKeys } from '../validate.ts'
import { checkPlain, checkUsername, passwordsOf, readAccess, readNodes } from './redis-access.ts'
import { faultAt, faultAtKey, isWritten, placeOf, type Scope } from './scope.ts'
import type { NamedSecret } from './secrets.ts'

export interface BuiltStore {
  /** Null when reported. */
  readonly store: SessionStoreSettings | null
  readonly passwords: readonly NamedSecret[]
}

/** A `store`, of `session` or of `api_keys`: a word, an address, or a mapping of exactly one kind. */
export function buildStore(
  scope: Scope,
  allowsInsecure: boolean,
  path: ConfigPath = ['session', 'store'],
): BuiltStore {
  const node = nodeAt(scope.root, path)
  const around = { scope, allowsInsecure, path }
  if (node?.kind === 'map')
    return buildMapping(
      around,
      node.entries.map(({ key }) => key),
    )
  // What stands for a missing variable says nothing of where sessions are.
  if (node === undefined || isStandIn(node, scope.surroundings.madeUp)) return built({ kind: 'sqlite' })
  if (node.kind === 'scalar' && typeof node.value === 'string' && node.value.includes(':'))
    return buildRedis(around, path, { url: node.value, key_prefix: defaultPrefix })
  const word = node.kind === 'scalar' ? words.find((one) => one === node.value) : undefined
  if (word !== undefined) return built({ kind: word })
  const meant = node.kind === 'scalar' && !node.interpolated ? nearest(node.source, words) : null
  faultAt(scope, path, expected, meant)
  return unknown
}

interface Around {
  readonly scope: Scope
  readonly path: ConfigPath
  readonly allowsInsecure: boolean
}

const words = storeWord.options
const expected =
  'expected sqlite, memory, cookie, an address such as rediss://redis.example.com:6379, or a mapping of `redis`, `redis_sentinel` or `redis_cluster`'
const unknown: BuiltStore = { store: null, passwords: [] }
const defaultPrefix = redisKeys.key_prefix.parse(undefined)

function built(store: SessionStoreSettings, passwords: readonly NamedSecret[] = []): BuiltStore {
  return { store, passwords }
}

function buildMapping(around: Around, keys: readonly string[]): BuiltStore {
  const { scope, path } = around
  checkKeys({}, placeOf(scope, path), redisKinds)
  const [kind, second] = keys.filter(isKind)
  if (second !== undefined)
    faultAtKey(
      scope,
      [...path, second],
      `stands beside \`${kind}\`: ${path[0] === 'session' ? 'sessions' : 'keys'} are kept in one place`,
    )
  if (keys.length === 0) faultAt(scope, path, 'expected one of `redis`, `redis_sentinel` and `redis_cluster`')
  if (kind === undefined) return unknown
  const at = [...path, kind]
  const place = placeOf(scope, at)
  switch (kind) {
    case 'redis':
      return buildRedis(around, at, checkKeys(redisKeys, place))
    case 'redis_sentinel':
      return buildSentinel(around, at, checkKeys(sentinelKeys, place))
    case 'redis_cluster':
      return buildCluster(around, at, checkKeys(clusterKeys, place))
  }
}

function isKind(key: string): key is (typeof redisKinds)[number] {
  return redisKinds.some((kind) => kind === key)
}

function buildRedis(
  { scope, allowsInsecure }: Around,
  at: ConfigPath,
  keys: Checked<typeof redisKeys>,
): BuiltStore {
  const place = isWritten(scope, [...at, 'url']) ? [...at, 'url'] : at
  const address = readAddress(scope, place, keys.url)
  const access = readAccess(scope, at, keys, address?.isTls ?? null, 'url: rediss://…')
  if (address === null) return unknown
  for (const key of ['username', 'password'] as const) {
    if (address[key] !== null && isWritten(scope, [...at, key]))
      faultAtKey(scope, [...at, key], 'stands in `url` too: write it once')
  }
  const username = access.username ?? address.username
  const ofUrl = address.password === null ? null : new Secret(address.password)
  const password = access.password ?? ofUrl
  checkUsername(scope, at, username, password)
  if (!address.isTls && !isLoopbackNode(address)) checkPlain(scope, place, allowsInsecure, 'rediss://')
  if (keys.key_prefix === undefined) return unknown
  const { host, port, database } = address
  const own = { host, port, database, username, password, tls: access.tls, keyPrefix: keys.key_prefix }
  const passwordPath = ofUrl === null ? [...at, 'password'] : place
  return built({ kind: 'redis', ...own }, passwordsOf([[passwordPath, password]]))
}

/** Null when reported. */
function readAddress(scope: Scope, at: ConfigPath, url: string | undefined): RedisUrl | null {
  if (url === undefined) return null
  const node = nodeAt(scope.root, at)
  const isMissing = node !== undefined && isStandIn(node, scope.surroundings.madeUp)
  const read = readRedisUrl(isMissing ? 'rediss://localhost' : url)
  if (read.ok) return read.value
  faultAt(scope, at, read.message)
  return null
}

function buildSentinel(
  { scope, allowsInsecure }: Around,
  at: ConfigPath,
  keys: Checked<typeof sentinelKeys>,
): BuiltStore {
  const sentinels = readNodes(scope, [...at, 'sentinels'], keys.sentinels, sentinelPort)
  const access = readAccess(scope, at, keys, keys.tls ?? null, 'tls: true')
  const { name, database, key_prefix: keyPrefix } = keys
  const sentinelUsername = keys.sentinel_username ?? null
  const sentinelPassword = keys.sentinel_password ?? null
  checkUsername(scope, at, access.username, access.password)
  if (
    sentinelUsername !== null &&
    sentinelPassword === null &&
    !isWritten(scope, [...at, 'sentinel_password'])
  )
    faultAtKey(scope, [...at, 'sentinel_username'], 'needs `sentinel_password`')
  if (keys.tls === false) checkPlain(scope, [...at, 'tls'], allowsInsecure, 'tls: true')
  if (name === undefined || database === undefined || keyPrefix === undefined) return unknown
  return built(
    {
      ...{ kind: 'redis-sentinel', sentinels, name, database, keyPrefix },
      ...{ sentinelUsername, sentinelPassword, ...access },
    },
    passwordsOf([
      [[...at, 'password'], access.password],
      [[...at, 'sentinel_password'], sentinelPassword],
    ]),
  )
}

function buildCluster(
  { scope, allowsInsecure }: Around,
  at: ConfigPath,
  keys: Checked<typeof clusterKeys>,
): BuiltStore {
  const nodes = readNodes(scope, [...at, 'nodes'], keys.nodes, redisPort)
  const access = readAccess(scope, at, keys, keys.tls ?? null, 'tls: true')
  checkUsername(scope, at, access.username, access.password)
  if (keys.tls === false) checkPlain(scope, [...at, 'tls'], allowsInsecure, 'tls: true')
  if (keys.key_prefix === undefined) return unknown
  return built(
    { kind: 'redis-cluster', nodes, keyPrefix: keys.key_prefix, ...access },
    passwordsOf([[[...at, 'password'], access.password]]),
  )
}

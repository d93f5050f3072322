import type { Secret } from './secret.ts'

/** Where sessions rest: `session.store` of the file, by kind. */
export type SessionStoreSettings =
  | { readonly kind: 'sqlite' }
  | { readonly kind: 'memory' }
  | { readonly kind: 'cookie' }
  | RedisSettings

/** The stores that several processes and machines share. */
export type RedisSettings = SingleRedisSettings | SentinelRedisSettings | ClusterRedisSettings

/** What each of them says. */
interface RedisAccess {
  /** Of the ACL (Redis 6); null: the user that Redis calls `default`. */
  readonly username: string | null
  readonly password: Secret | null
  /** Null: without TLS. Holds for every connection, to Sentinels too. */
  readonly tls: RedisTls | null
  /** What every key begins with. */
  readonly keyPrefix: string
}

export interface RedisTls {
  /** PEM of the authorities that its certificate may come from; null: those of the system. */
  readonly ca: string | null
  /** For a Redis that asks for one. */
  readonly clientCertificate: { readonly certificate: string; readonly key: Secret } | null
}

/** IPv6 addresses stand without brackets. */
export interface RedisNode {
  readonly host: string
  readonly port: number
}

export interface SingleRedisSettings extends RedisAccess, RedisNode {
  readonly kind: 'redis'
  readonly database: number
}

/** A primary that Sentinels name. */
export interface SentinelRedisSettings extends RedisAccess {
  readonly kind: 'redis-sentinel'
  /** At least one. */
  readonly sentinels: readonly RedisNode[]
  /** What they call the primary: `mymaster`. */
  readonly name: string
  readonly database: number
  /** By which the Sentinels themselves let us in. */
  readonly sentinelUsername: string | null
  readonly sentinelPassword: Secret | null
}

/** Redis Cluster, which has one database. */
export interface ClusterRedisSettings extends RedisAccess {
  readonly kind: 'redis-cluster'
  /** At least one; the others are learnt from these. */
  readonly nodes: readonly RedisNode[]
}

/** Whether several processes and machines may share the sessions. */
export function isShared(store: SessionStoreSettings): store is RedisSettings {
  switch (store.kind) {
    case 'redis':
    case 'redis-sentinel':
    case 'redis-cluster':
      return true
    case 'sqlite':
    case 'memory':
    case 'cookie':
      return false
  }
}

import type { RedisNode, RedisSettings, SessionStoreSettings } from '../../core/session-store-settings.ts'
import { fileText, secretText } from './digest.ts'

/** What `session.store` says, by the keys that say it; null: not there. */
export function storeFacts(store: SessionStoreSettings): Readonly<Record<string, string | null>> {
  switch (store.kind) {
    case 'sqlite':
    case 'memory':
    case 'cookie':
      return { 'session.store': store.kind }
    case 'redis':
    case 'redis-sentinel':
    case 'redis-cluster':
      return { 'session.store': placeOf(store), ...accessFacts(store), ...sentinelFacts(store) }
  }
}

function placeOf(store: RedisSettings): string {
  switch (store.kind) {
    case 'redis':
      return `${store.tls === null ? 'redis' : 'rediss'}://${nodeText(store)}/${store.database}`
    case 'redis-sentinel':
      return `Sentinel ${store.name}/${store.database} by ${nodesText(store.sentinels)}`
    case 'redis-cluster':
      return `Redis Cluster by ${nodesText(store.nodes)}`
  }
}

function accessFacts({ username, password, tls, keyPrefix }: RedisSettings) {
  const pair = tls?.clientCertificate ?? null
  return {
    'session.store.username': username,
    'session.store.password': password && secretText(password),
    'session.store.tls': String(tls !== null),
    'session.store.ca_file': tls?.ca ? fileText(tls.ca) : null,
    'session.store.certificate': pair && fileText(pair.certificate),
    'session.store.key': pair && secretText(pair.key),
    'session.store.key_prefix': JSON.stringify(keyPrefix),
  }
}

function sentinelFacts(store: RedisSettings) {
  if (store.kind !== 'redis-sentinel') return {}
  return {
    'session.store.sentinel_username': store.sentinelUsername,
    'session.store.sentinel_password': store.sentinelPassword && secretText(store.sentinelPassword),
  }
}

function nodesText(nodes: readonly RedisNode[]): string {
  return nodes.map(nodeText).join(' ')
}

function nodeText({ host, port }: RedisNode): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

import type { RedisNode, RedisSettings } from './session-store-settings.ts'

/** Where a Redis is, for operators: `rediss://redis.example.com:6380/0`, `Redis Cluster n1:6379 n2:6379`. No password. */
export function storePlaceText(store: RedisSettings): string {
  switch (store.kind) {
    case 'redis':
      return `${store.tls === null ? 'redis' : 'rediss'}://${nodeText(store)}/${store.database}`
    case 'redis-sentinel':
      return `Redis ${store.name}/${store.database} of the Sentinels ${nodesText(store.sentinels)}`
    case 'redis-cluster':
      return `Redis Cluster ${nodesText(store.nodes)}`
  }
}

/** `host:port`; an IPv6 address in brackets. */
export function nodeText({ host, port }: RedisNode): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function nodesText(nodes: readonly RedisNode[]): string {
  return nodes.map(nodeText).join(' ')
}

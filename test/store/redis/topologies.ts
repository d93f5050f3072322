// Sentinel and Cluster of real servers, on this machine.
import { execFileSync } from 'node:child_process'
import type { Test } from 'tap'
import type { ClusterRedisSettings, SentinelRedisSettings } from '../../../src/core/session-store-settings.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { poll } from '../../support/waiting.ts'
import { singleSettings } from './redis-store.ts'

export function redisCli(port: number, ...args: string[]): string {
  return execFileSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8' }).trimEnd()
}

export interface Replicated {
  readonly primary: RedisServer
  readonly replica: RedisServer
}

/** A primary and a replica that has caught up. */
export async function startReplicated(
  t: Pick<Test, 'teardown'>,
  more: readonly string[] = [],
): Promise<Replicated> {
  const primary = await startRedis(t, { lines: ['repl-diskless-sync-delay 0', ...more] })
  const replica = await startRedis(t, { lines: [`replicaof 127.0.0.1 ${primary.port}`, ...more] })
  const link = () => redisCli(replica.port, 'INFO', 'replication')
  await poll('a replica that follows', link, (info) => info.includes('master_link_status:up'))
  return { primary, replica }
}

export interface Sentinelled extends Replicated {
  readonly sentinel: RedisServer
  readonly settings: SentinelRedisSettings
  /** Kills the primary, and has the Sentinel look for another one a second later. */
  losePrimary(): Promise<void>
}

export function sentinelSettings(port: number): SentinelRedisSettings {
  const { host: _, port: __, kind: ___, ...access } = singleSettings(0)
  return {
    ...access,
    kind: 'redis-sentinel',
    sentinels: [{ host: '127.0.0.1', port }],
    name: 'mymaster',
    sentinelUsername: null,
    sentinelPassword: null,
  }
}

/** Longer than any test: of a busy machine none is taken for dead that is only slow. */
const neverMs = 600_000

/** Two servers and a Sentinel, which knows both, and takes the primary for dead when a test says so. */
export async function startSentinel(
  t: Pick<Test, 'teardown'>,
  more: { readonly lines?: readonly string[]; readonly sentinelLines?: readonly string[] } = {},
): Promise<Sentinelled> {
  const servers = await startReplicated(t, more.lines)
  const sentinel = await startRedis(t, {
    lines: [
      `sentinel monitor mymaster 127.0.0.1 ${servers.primary.port} 1`,
      `sentinel down-after-milliseconds mymaster ${neverMs}`,
      'sentinel failover-timeout mymaster 3000',
      ...(more.sentinelLines ?? []),
    ],
    args: ['--sentinel'],
    isSentinel: true,
  })
  const replicas = () => redisCli(sentinel.port, 'SENTINEL', 'replicas', 'mymaster')
  await poll('a Sentinel that knows the replica', replicas, (text) =>
    text.includes(`${servers.replica.port}`),
  )
  return {
    ...servers,
    sentinel,
    settings: sentinelSettings(sentinel.port),
    async losePrimary() {
      redisCli(sentinel.port, 'SENTINEL', 'SET', 'mymaster', 'down-after-milliseconds', '1000')
      await servers.primary.stop('SIGKILL')
    },
  }
}

/** Three primaries without replicas. */
export async function startCluster(
  t: Pick<Test, 'teardown'>,
  more: readonly string[] = [],
): Promise<{ readonly nodes: readonly RedisServer[]; readonly settings: ClusterRedisSettings }> {
  const lines = [
    'cluster-enabled yes',
    `cluster-node-timeout ${neverMs}`,
    'cluster-config-file DIR/nodes.conf',
    ...more,
  ]
  const nodes = await Promise.all([1, 2, 3].map(() => startRedis(t, { lines })))
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  const args = ['--cluster', 'create', ...addresses, '--cluster-replicas', '0', '--cluster-yes']
  execFileSync('redis-cli', args, { stdio: 'ignore' })
  for (const { port } of nodes)
    await poll(
      'a cluster',
      () => redisCli(port, 'CLUSTER', 'INFO'),
      (text) => text.includes('cluster_state:ok'),
    )
  const { host: _, port: __, kind: ___, database: ____, ...access } = singleSettings(0)
  const [first] = nodes
  const settings: ClusterRedisSettings = {
    ...access,
    kind: 'redis-cluster',
    nodes: [{ host: '127.0.0.1', port: first?.port ?? 0 }],
  }
  return { nodes, settings }
}

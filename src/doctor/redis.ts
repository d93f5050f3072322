import type { RedisSettings } from '../core/session-store-settings.ts'
import { type InspectedServer, inspectRedis, leastVersion } from '../store/redis/inspection.ts'
import { type Finding, type FindingsOf, findingsOf } from './finding.ts'

/** What Redis shows of itself, and whether this user may do all that the gateway does. Throws a StoreFault. */
export async function redisFindings(
  settings: RedisSettings,
  random: (bytes: number) => Buffer,
): Promise<readonly Finding[]> {
  const say = findingsOf('session.store')
  const { place, servers, forbidden } = await inspectRedis(settings, random(12).toString('base64url'))
  const by = settings.tls === null ? 'without TLS' : 'by TLS'
  return [
    say.ok('connection', `redis ${place} answers ${by}`),
    permissions(say, forbidden),
    ...(servers.length === 0 ? [] : [version(say, servers), ...eviction(say, servers)]),
    ...(forbidden.includes('INFO') ? [] : replicas(say, settings, servers)),
  ]
}

function permissions(say: FindingsOf, forbidden: readonly string[]): Finding {
  if (forbidden.length === 0) return say.ok('permissions', 'this user may run every command that is needed')
  const rights = [...new Set(forbidden)].map((command) => `+${command.toLowerCase()}`).join(' ')
  return say.failed(
    'permissions',
    `this user may not run ${[...new Set(forbidden)].join(', ')}`,
    `Add ${rights} to its ACL.`,
  )
}

function version(say: FindingsOf, servers: readonly InspectedServer[]): Finding {
  const found = [...new Set(servers.map((one) => one.version ?? 'unknown'))]
  const old = found.filter((one) => !isAtLeast(one, leastVersion))
  if (old.length === 0) return say.ok('version', `Redis ${found.join(', ')}`)
  return say.failed('version', `Redis ${old.join(', ')}`, `Use ${leastVersion} or later.`)
}

function isAtLeast(found: string, least: string): boolean {
  const [major = 0, minor = 0] = found.split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number)
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}

/** A session that is evicted is a person signed out; a mark that is evicted ends nothing any more. */
function eviction(say: FindingsOf, servers: readonly InspectedServer[]): readonly Finding[] {
  const policies = [...new Set(servers.map((one) => one.evictionPolicy ?? 'unknown'))]
  if (policies.every((one) => one === 'noeviction'))
    return [say.ok('eviction', 'it forgets nothing before its time')]
  return [
    say.warning(
      'eviction',
      `maxmemory-policy is ${policies.join(', ')}: it may forget sessions, and that they were ended`,
      'Set `maxmemory-policy noeviction`, and give it memory enough.',
    ),
  ]
}

function replicas(
  say: FindingsOf,
  { kind }: RedisSettings,
  servers: readonly InspectedServer[],
): readonly Finding[] {
  const alone = servers.filter((one) => one.replicas === 0).length
  if (alone === 0) return [say.ok('replicas', 'each server has one: an end is confirmed by it')]
  if (kind === 'redis-sentinel')
    return [
      say.warning(
        'replicas',
        'no replica is connected to the primary',
        'Start one: without it there is no failover, and each end is told as STORE_UNCONFIRMED.',
      ),
    ]
  return [say.note('replicas', `${alone} of ${servers.length} has none: what it holds is lost with it`)]
}

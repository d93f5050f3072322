import type { EpochSeconds } from '../../core/session/session.ts'
import type { Command } from '../redis/client.ts'
import { numberOf } from '../redis/reply.ts'
import type { Servers } from '../redis/servers.ts'
import { type Counters, full, type StoredCounter } from './stored.ts'

/** Clocks of gateways differ: what a window has counted stays a little longer than it lasts. */
const graceSeconds = 60

/** Quotas in Redis, exact over all who count there. A window of time is part of the name, by our clock. */
export function createRedisQuotas(servers: Pick<Servers, 'send'>, prefix: string): Counters {
  const keyOf = ({ name, until }: StoredCounter): string => `${prefix}quota:${name}:${until}`
  return {
    async take(counter, now) {
      const key = keyOf(counter)
      const kept = counter.until - now + graceSeconds
      const [taken] = await servers.send(key, [countIfRoom(key, counter.count, kept)])
      return numberOf(taken) === 1 ? { kind: 'taken' } : full(counter.until - now)
    },
    async giveBack(counter) {
      const key = keyOf(counter)
      await servers.send(key, [uncount(key)])
    },
  }
}

function countIfRoom(key: string, most: number, keptSeconds: EpochSeconds): Command {
  return ['EVAL', takeOne, '1', key, String(most), String(keptSeconds)]
}

const takeOne = `
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used >= tonumber(ARGV[1]) then return 0 end
redis.call('INCR', KEYS[1])
if used == 0 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return 1`

/** What is forgotten meanwhile is not made anew. */
function uncount(key: string): Command {
  return ['EVAL', giveOne, '1', key]
}

const giveOne = `
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('INCRBY', KEYS[1], '-1') end
return 1`

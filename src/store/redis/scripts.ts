import type { Command } from './client.ts'
import { textOf } from './reply.ts'

/**
 * The few steps that no single command does. All keys of one are on one slot, and none is read that is usually not
 * there: while a slot of a Cluster moves, a script is done only where it finds every key.
 */

/** Replaces a value that is still the one that was read, and keeps its time: `done`, or `other` for any other value. */
export function replaceIfSame(key: string, before: string, after: string): Command {
  return ['EVAL', replaceSame, '1', key, before, after]
}

const replaceSame = `
local now = redis.call('GET', KEYS[1])
if now ~= ARGV[1] then return 'other' end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 'done'`

/** The same while a lock is held by this id: `lost` when it is not, whatever the value. */
export function replaceIfLocked(
  { key, lock }: { readonly key: string; readonly lock: string },
  lockId: string,
  { before, after }: { readonly before: string; readonly after: string },
): Command {
  return ['EVAL', replaceLocked, '2', key, lock, lockId, before, after]
}

const replaceLocked = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 'lost' end
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 'other' end
redis.call('SET', KEYS[1], ARGV[3], 'KEEPTTL')
return 'done'`

/** Removes what is still this value. */
export function removeIfSame(key: string, value: string): Command {
  return ['EVAL', removeSame, '1', key, value]
}

const removeSame = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

/**
 * Adds bytes to what is counted, if there is room: in which minute they are forgotten by themselves, or nothing. Minutes
 * are those of the server, whose clock forgets what was counted.
 */
export function countBytes(
  key: string,
  { bytes, most, ms }: { readonly bytes: number; readonly most: number; readonly ms: number },
): Command {
  return ['EVAL', count, '1', key, String(bytes), String(most), String(ms)]
}

const count = `
local ms = redis.call('TIME')[1] * 1000
local all = 0
local counted = redis.call('ZRANGE', KEYS[1], '0', '-1', 'WITHSCORES')
for at = 1, #counted, 2 do
  if counted[at] * 60000 + 60000 <= ms then redis.call('ZREM', KEYS[1], counted[at])
  else all = all + counted[at + 1] end
end
if all + ARGV[1] > tonumber(ARGV[2]) then return '' end
local minute = string.format('%d', math.floor((ms + ARGV[3]) / 60000))
redis.call('ZADD', KEYS[1], 'INCR', ARGV[1], minute)
local kept = ARGV[3] + 120000
if redis.call('PTTL', KEYS[1]) < kept then redis.call('PEXPIRE', KEYS[1], string.format('%d', kept)) end
return minute`

/** Null: there is no room. */
export function minuteOf(reply: unknown): string | null {
  return textOf(reply) || null
}

/** Takes bytes off again that were counted in a minute. What is forgotten already is not counted below nothing. */
export function uncountBytes(key: string, minute: string, bytes: number): Command {
  return ['EVAL', uncount, '1', key, minute, String(-bytes)]
}

const uncount = `
if tonumber(redis.call('ZADD', KEYS[1], 'INCR', ARGV[2], ARGV[1])) <= 0 then redis.call('ZREM', KEYS[1], ARGV[1]) end
return 1`

import { isIP } from 'node:net'
import type { RedisNode } from '../core/session-store-settings.ts'

/** What a `redis://…` says. */
export interface RedisUrl extends RedisNode {
  readonly isTls: boolean
  readonly database: number
  readonly username: string | null
  readonly password: string | null
}

type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly message: string }

export const redisPort = 6379
export const sentinelPort = 26379
/** What SELECT takes is set at the server, and is 16 there by default. */
const mostDatabases = 65_535

/**
 * `redis://[[user]:password@]host[:port][/database]`, or `rediss://…` for TLS. Nothing is repaired or guessed: what stands
 * in it and is not known would be thought to be in force. Messages repeat nothing of it, as it may hold a password.
 */
export function readRedisUrl(text: string): Read<RedisUrl> {
  const [, scheme, rest] = /^(rediss?):\/\/(.*)$/s.exec(text) ?? []
  if (scheme === undefined || rest === undefined) return fault(expectedUrl(text))
  if (/[^!-~]/.test(rest))
    return fault('must be visible ASCII without spaces; what else a password holds is percent-encoded')
  if (rest.includes('?') || rest.includes('#'))
    return fault('must not hold a query ("?") or a fragment ("#"): what they would say has keys of its own')
  const [, userinfo, address = '', path] = /^(?:([^/]*)@)?([^/@]*)(\/.*)?$/.exec(rest) ?? []
  const access = readUserinfo(userinfo)
  if (access === null)
    return fault(
      'the user name and password must be percent-encoded, or written as `username` and `password`',
    )
  const node = readRedisNode(address, redisPort)
  if (!node.ok) return fault(`${node.message}; a password that holds "/" or "@" is percent-encoded`)
  const database = readDatabase(path)
  if (database === null)
    return fault(`behind the host stands the number of a database: /0 to /${mostDatabases}`)
  return { ok: true, value: { isTls: scheme === 'rediss', ...node.value, database, ...access } }
}

function expectedUrl(text: string): string {
  if (/^(?:redis|rediss|valkeys?)(?:[+-]\w+)?:/i.test(text))
    return 'expected redis://host, or rediss://host for TLS; Sentinel and Cluster are `redis_sentinel` and `redis_cluster`'
  return 'expected redis://host or rediss://host'
}

/** `host:port`, where an IPv6 address stands in brackets; without a port `usualPort` is meant. */
export function readRedisNode(text: string, usualPort: number): Read<RedisNode> {
  const [, bracketed, plain = '', digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text) ?? []
  const example = `expected host:port, such as redis.example.com:${usualPort} or [2001:db8::5]:${usualPort}`
  const host = (bracketed ?? plain).toLowerCase()
  const isHost = bracketed === undefined ? isIP(host) === 4 || isHostName(host) : isAddress6(host)
  if (!isHost || /[/@]/.test(text)) return fault(example)
  if (digits === undefined) return { ok: true, value: { host, port: usualPort } }
  const port = /^[1-9][0-9]{0,4}$/.test(digits) ? Number(digits) : 0
  if (port < 1 || port > 65_535) return fault('the port must be a number from 1 to 65535')
  return { ok: true, value: { host, port } }
}

/** Without the name of an interface, which says nothing on another machine. */
function isAddress6(host: string): boolean {
  return isIP(host) === 6 && !host.includes('%')
}

/** RFC 1123 section 2.1; names of containers have underscores too. What is all digits is an address, or none. */
function isHostName(host: string): boolean {
  if (host.length > 253 || /(?:^|\.)[0-9]+$/.test(host)) return false
  return host.split('.').every((label) => /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/.test(label))
}

/** `user:password`, `:password`, or nothing; null when it cannot be told what was meant. */
function readUserinfo(userinfo: string | undefined): Pick<RedisUrl, 'username' | 'password'> | null {
  if (userinfo === undefined) return { username: null, password: null }
  const [, user, password] = /^([^:@]*)(?::([^:@]*))?$/.exec(userinfo) ?? []
  if (user === undefined) return null
  const parts = [user, password ?? ''].map(decoded)
  const [username = null, secret = null] = parts
  if (username === null || secret === null) return null
  return { username: username || null, password: secret || null }
}

/** RFC 3986 section 2.1. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

function readDatabase(path: string | undefined): number | null {
  if (path === undefined || path === '/') return 0
  const [, digits] = /^\/(0|[1-9][0-9]{0,4})$/.exec(path) ?? []
  return digits === undefined || Number(digits) > mostDatabases ? null : Number(digits)
}

function fault(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message }
}

/** A host that never leaves the machine: `localhost` and below, 127.0.0.0/8, ::1. */
export function isLoopbackNode({ host }: RedisNode): boolean {
  return isIP(host) === 6 ? host === '::1' : /^(?:.+\.)?localhost$|^127(?:\.\d{1,3}){3}$/.test(host)
}

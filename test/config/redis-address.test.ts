import t from 'tap'
import { isLoopbackNode, readRedisNode, readRedisUrl } from '../../src/config/redis-address.ts'

const usual = { isTls: false, port: 6379, database: 0, username: null, password: null }

t.test('an address says scheme, who, where and which database', async (t) => {
  const addresses: readonly (readonly [string, object])[] = [
    ['redis://redis', { ...usual, host: 'redis' }],
    ['redis://redis/', { ...usual, host: 'redis' }],
    ['rediss://redis.example.com', { ...usual, isTls: true, host: 'redis.example.com' }],
    [
      'rediss://Redis.Example.com:6380/3',
      { ...usual, isTls: true, host: 'redis.example.com', port: 6380, database: 3 },
    ],
    ['redis://10.0.0.7:1', { ...usual, host: '10.0.0.7', port: 1 }],
    ['redis://my_redis-1:65535/0', { ...usual, host: 'my_redis-1', port: 65_535 }],
    ['redis://[::1]:6380/2', { ...usual, host: '::1', port: 6380, database: 2 }],
    ['redis://[2001:DB8::5]', { ...usual, host: '2001:db8::5' }],
    ['redis://:secret@redis', { ...usual, host: 'redis', password: 'secret' }],
    ['redis://gate:p%40%2F%3Aw%25@redis', { ...usual, host: 'redis', username: 'gate', password: 'p@/:w%' }],
    ['redis://gate@redis', { ...usual, host: 'redis', username: 'gate' }],
    ['redis://:@redis', { ...usual, host: 'redis' }],
  ]
  for (const [text, value] of addresses) t.same(readRedisUrl(text), { ok: true, value }, text)
})

t.test('what cannot be one address is refused, and nothing of it is repeated', async (t) => {
  const faults: readonly (readonly [string, RegExp])[] = [
    ['redis:canary', /expected redis:\/\/host/],
    ['canary:6379', /^expected redis:\/\/host or rediss:\/\/host$/],
    ['http://canary', /^expected redis:\/\/host or rediss:\/\/host$/],
    ['REDIS://canary', /expected redis:\/\/host/],
    ['valkey://canary', /expected redis:\/\/host/],
    ['redis+sentinel://canary', /`redis_sentinel`/],
    ['redis-cluster://canary', /`redis_cluster`/],
    ['unix:/run/canary.sock', /^expected redis:\/\/host/],
    ['redis://', /host:port/],
    ['redis://:6379', /host:port/],
    ['redis:///0', /host:port/],
    ['redis://canary?db=1', /query/],
    ['redis://canary/0#x', /fragment/],
    ['redis://:can#ary@redis', /fragment/],
    ['redis://can ary', /visible ASCII/],
    ['redis://canary\n', /visible ASCII/],
    ['redis://:cañary@redis', /visible ASCII/],
    ['redis://canary:0', /1 to 65535/],
    ['redis://canary:65536', /1 to 65535/],
    ['redis://canary:06379', /1 to 65535/],
    ['redis://canary:', /1 to 65535/],
    ['redis://canary:x', /1 to 65535/],
    ['redis://canary/x', /number of a database/],
    ['redis://canary/01', /number of a database/],
    ['redis://canary/-1', /number of a database/],
    ['redis://canary/65536', /number of a database/],
    ['redis://canary/0/1', /number of a database/],
    ['redis://:can@ary@redis', /percent-encoded/],
    ['redis://gate:can:ary@redis', /percent-encoded/],
    ['redis://:can/ary@redis', /percent-encoded/],
    ['redis://:can%zzary@redis', /percent-encoded/],
    ['redis://:%ff@redis', /percent-encoded/],
    ['redis://canary.', /host:port/],
    ['redis://-canary', /host:port/],
    ['redis://10.0.0.256', /host:port/],
    ['redis://2001:db8::5', /host:port/],
    ['redis://[canary]', /host:port/],
    ['redis://[::1%25eth0]', /host:port/],
    ['redis://[::1]x', /host:port/],
    ['redis://[10.0.0.7]', /host:port/],
    ['redis://one,canary', /host:port/],
  ]
  for (const [text, message] of faults) {
    const read = readRedisUrl(text)
    t.match(read, { ok: false, message }, text)
    if (!read.ok) t.notMatch(read.message, /canary|cañary|\bary\b/, text)
  }
})

t.test('a node without a port has the usual one', async (t) => {
  t.same(readRedisNode('s1', 26379), { ok: true, value: { host: 's1', port: 26379 } })
  t.same(readRedisNode('[::1]:7', 26379), { ok: true, value: { host: '::1', port: 7 } })
  t.match(readRedisNode('redis://s1', 26379), { ok: false })
  t.match(readRedisNode('s1:26379/0', 26379), { ok: false })
  t.match(readRedisNode('gate:canary@s1:26379', 26379), { ok: false })
  t.match(readRedisNode('', 26379), { ok: false })
})

t.test('what never leaves the machine is known', async (t) => {
  const hosts = (list: string) => list.split(' ').map((host) => ({ host, port: 1 }))
  for (const node of hosts('localhost redis.localhost 127.0.0.1 127.9.9.9 ::1'))
    t.ok(isLoopbackNode(node), node.host)
  for (const node of hosts(
    'redis notlocalhost localhost.example.com 127.0.0.1.example.com 10.0.0.1 ::2 0.0.0.0',
  ))
    t.notOk(isLoopbackNode(node), node.host)
})

// What `claimgate doctor` says of a Redis.
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { freePort } from '../support/ports.ts'
import { startRedis } from '../support/redis.ts'
import { poll } from '../support/waiting.ts'
import { look } from './rig.ts'

const fileFor = (url: string) => `
session:
  secret: a-session-secret-of-more-than-thirty-two-bytes
  store: ${url}
log: { subject_key: a-subject-key-of-more-than-thirty-two-bytes }
providers:
  main: { issuer: "http://127.0.0.1:9", client_id: gateway, client_secret: a-client-secret }
apps:
  wiki: { url: "http://localhost:8080", upstream: "unix:/nonexistent/app.sock", require: signed_in }
`

t.test('a Redis that fits, and nothing is left in it but the order of spent states', async (t) => {
  const { port } = await startRedis(t)
  const { lines } = await look(fileFor(`redis://127.0.0.1:${port}`))
  t.match(lines('session.store', 'connection'), [/^ok .*redis 127\.0\.0\.1:\d+ answers without TLS/])
  t.match(lines('session.store', 'permissions'), [/^ok .*this user may run every command/])
  t.match(lines('session.store', 'version'), [/^ok .*Redis [67]\./])
  t.match(lines('session.store', 'eviction'), [/^ok .*it forgets nothing/])
  t.match(lines('session.store', 'replicas'), [/^note .*1 of 1 has none/])
  t.match(lines('session.store', 'round trip'), [/^ok .*gives it back/])
  const cli = (...args: string[]) =>
    execFileSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8' }).trim()
  const states = 'claimgate:states'
  await poll(
    'nothing but the order of states',
    () => cli('KEYS', '*'),
    (names) => names === states,
  )
  t.ok(Number(cli('PTTL', states)) > 0, 'which is forgotten too')
})

t.test('a user who may not do everything, a policy that evicts, a replica', async (t) => {
  const { port } = await startRedis(t, {
    lines: [
      'user default off',
      'user few on >pw ~claimgate:* +@all -xadd -getdel -wait',
      'maxmemory 100mb',
      'maxmemory-policy allkeys-lru',
    ],
  })
  await startRedis(t, { lines: [`replicaof 127.0.0.1 ${port}`, 'masteruser few', 'masterauth pw'] })
  const { lines } = await look(fileFor(`redis://few:pw@127.0.0.1:${port}`))
  t.match(lines('session.store', 'permissions'), [
    /^failed .*this user may not run GETDEL, XADD, WAIT.*Add \+getdel \+xadd \+wait to its ACL/s,
  ])
  t.match(lines('session.store', 'eviction'), [/^warning .*maxmemory-policy is allkeys-lru/])
})

t.test('a user who may not ask about the server is told so alone', async (t) => {
  const { port } = await startRedis(t, {
    lines: ['user default off', 'user few on >pw ~claimgate:* +@all -info'],
  })
  const { lines } = await look(fileFor(`redis://few:pw@127.0.0.1:${port}`))
  t.match(lines('session.store', 'permissions'), [/^failed .*this user may not run INFO/])
  for (const check of ['version', 'eviction', 'replicas']) t.same(lines('session.store', check), [])
})

t.test('a Redis that is away, or does not let us in', async (t) => {
  const port = await freePort()
  t.match((await look(fileFor(`redis://127.0.0.1:${port}`))).lines('session.store', 'asking'), [
    /^failed .*redis 127\.0\.0\.1:\d+ refuses the connection/,
  ])
  const locked = await startRedis(t, { lines: ['requirepass pw'] })
  const { lines } = await look(fileFor(`redis://127.0.0.1:${locked.port}`))
  t.match(lines('session.store', 'asking'), [/^failed .*asks for a password: set `password`/])
})

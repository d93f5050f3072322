// The passwords of a Redis, in an address and in keys, right and wrong: no command prints one, and no line of the log
// holds one, whether that Redis refuses it, is not there, or the file has a fault.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { newPlace, runProcess, startProcess } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'

const place = await newPlace()
t.teardown(() => place.remove())
const redis = await startRedis(t, { lines: ['requirepass another-one'] })

const file = (store: string, name = 'claimgate') => `
session:
  secret: a-session-secret-of-more-than-thirty-two-bytes
  allow_insecure_redis: true
  cookie_name: ${name}
  store: ${store}
log: { level: debug, subject_key: a-subject-key-of-more-than-thirty-two-bytes }
providers: { op: { issuer: "http://127.0.0.1:9", client_id: gateway, client_secret: a-client-secret } }
apps: { wiki: { url: "http://localhost:${place.port}", upstream: "http://127.0.0.1:9", require: signed_in } }
`
const canary = 'canary-of-redis'
const inAddress = `"redis://gate:${canary}@127.0.0.1:${redis.port}/0"`
const inKeys = `{ redis: { url: "redis://127.0.0.1:1", password: ${canary} } }`
const ofSentinels = `{ redis_sentinel: { sentinels: ["127.0.0.1:1"], name: m, password: ${canary}, sentinel_password: ${canary} } }`
const faulty = [
  `"redis://gate:${canary}@127.0.0.1:${redis.port}/0?x"`,
  `{ redis: { url: "redis://:${canary}@127.0.0.1", password: ${canary} } }`,
  `{ redis_cluster: { nodes: ["redis://:${canary}@n1"], sentinel_password: ${canary} } }`,
  `[${canary}]`,
]

async function told(args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runProcess(args)
  return stdout + stderr
}

t.test('S-203: no command prints it', async (t) => {
  const other = join(place.folder, 'other.yaml')
  writeFileSync(other, file('memory', 'another'))
  for (const store of [inAddress, inKeys, ofSentinels]) {
    place.write(file(store))
    const commands = [
      ['check', '-c', place.file],
      ['check', '-c', place.file, '--json'],
      ['lint', '-c', place.file, '--json'],
      ['diff', place.file, other],
      ['diff', place.file, other, '--json'],
      ['doctor', '-c', place.file],
      ['sessions', 'list', '-c', place.file],
    ]
    for (const args of commands) {
      const said = await told(args)
      t.notMatch(said, canary, args.slice(0, 2).join(' '))
      t.not(said, '', args.join(' '))
    }
  }
})

t.test('S-203: no fault repeats it', async (t) => {
  for (const store of faulty) {
    place.write(file(store))
    const said = await told(['check', '-c', place.file])
    t.match(said, /session\.store/, 'it is a fault')
    t.notMatch(said, canary)
    t.notMatch(await told(['serve', '-c', place.file]), canary)
  }
})

t.test('S-203: no line of the log holds it', async (t) => {
  for (const store of [inAddress, inKeys]) {
    place.write(file(store))
    const running = await startProcess(place)
    t.teardown(() => running.stop())
    t.equal((await fetch(`${place.adminUrl}/readyz`)).status, 503)
    place.write(file(faulty[0] ?? ''))
    running.signal('SIGHUP')
    await running.logged(({ event }) => event === 'config.rejected')
    await running.stop()
    t.match(running.stdout(), /without TLS|store|Redis/, 'the log speaks of the store')
    t.notMatch(running.stdout() + running.stderr(), canary)
  }
})

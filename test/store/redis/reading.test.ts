// What a look-up costs.
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { openParts } from '../../../src/store/redis/open-parts.ts'
import { readSessions } from '../../../src/store/redis/reading.ts'
import { createSaving } from '../../../src/store/redis/saving.ts'
import type { Servers } from '../../../src/store/redis/servers.ts'
import { startRedis } from '../../support/redis.ts'
import { storeContext } from '../../support/store-context.ts'
import { sessionOf } from '../contract.ts'
import { openRedis, patient, singleSettings } from './redis-store.ts'

t.test('a session is loaded by two round trips, and so are two hundred', async (t) => {
  const { port } = await startRedis(t)
  const parts = openParts(singleSettings(port), storeContext(), patient.answerMs)
  t.teardown(() => parts.servers.close())
  let trips = 0
  const servers: Servers = {
    ...parts.servers,
    send: (...asked) => {
      trips += 1
      return parts.servers.send(...asked)
    },
    sendEach: (commands) => {
      trips += 1
      return parts.servers.sendEach(commands)
    },
  }
  const counted = { ...parts, servers }
  const saving = createSaving(parts)
  const keys = Array.from({ length: 200 }, (_, at) => `k${at}`)
  for (const key of keys) await saving.save(sessionOf(key, { user: key, sid: key }), 2000, [])
  t.equal((await readSessions(counted, ['k0'])).length, 1)
  t.equal(trips, 2)
  trips = 0
  t.equal((await readSessions(counted, keys)).length, 200)
  t.equal(trips, 2)
})

t.test('an index forgets what must have run out', async (t) => {
  const { port } = await startRedis(t)
  const settings = singleSettings(port, { keyPrefix: 'p:' })
  const store = openRedis(t, settings)
  const members = () =>
    execFileSync('redis-cli', ['-p', String(port), '--scan', '--pattern', 'p:index:*'], { encoding: 'utf8' })
      .trimEnd()
      .split('\n')
      .map((name) =>
        execFileSync('redis-cli', ['-p', String(port), 'ZCARD', name], { encoding: 'utf8' }).trim(),
      )
  const longest = 28_800 + 60
  await store.save(sessionOf('old', { signedInAt: 1000 }), 2000)
  await store.save(sessionOf('young', { signedInAt: 1000 + longest }), 2000)
  t.same(members(), ['2', '2'], 'by the second it may still be there')
  await store.save(sessionOf('new', { signedInAt: 1002 + longest }), 2000)
  t.same(members(), ['2', '2'], 'and then it may not')
  t.equal(await store.revoke({ by: 'user', user: 'alice', provider: sessionOf('new') }), 2)
})

t.test('who has no Redis does not load its client', async (t) => {
  const script = `
    import Module from 'node:module'
    await import('./src/commands/serve.ts')
    console.log(Object.keys(Module._cache).filter((name) => name.includes('@redis')).length)
    const { openRedisStore } = await import('./src/store/redis/store.ts')
    const { connectClient } = await import('./src/store/redis/client.ts')
    await connectClient({ host: '127.0.0.1', port: 1 }, { username: null, password: null, tls: null, database: 0, answerMs: 1000 }, () => {}).catch(() => {})
    console.log(Object.keys(Module._cache).filter((name) => name.includes('@redis')).length > 0)
  `
  const cwd = new URL('../../../', import.meta.url)
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd,
  })
  t.same(said.trim().split('\n'), ['0', 'true'])
})

import { execFileSync } from 'node:child_process'
import t, { type Test } from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import type { SessionStore, StoreChange } from '../../../src/core/ports.ts'
import { createChanges } from '../../../src/store/redis/changes.ts'
import type { Servers } from '../../../src/store/redis/servers.ts'
import { startRedis } from '../../support/redis.ts'
import { createWaits, poll } from '../../support/waiting.ts'
import { sessionOf } from '../contract.ts'
import { openRedis, singleSettings } from './redis-store.ts'

/** Two processes on one Redis: one acts, the other hears of it. */
async function two(t: Test) {
  const server = await startRedis(t)
  const settings = singleSettings(server.port, { keyPrefix: 'p:' })
  const [acting, hearing] = [openRedis(t, settings), openRedis(t, settings)]
  const heard: StoreChange[] = []
  const waits = createWaits()
  hearing.onChange((change) => {
    heard.push(change)
    waits.wake()
  })
  await fresh(hearing)
  const until = (what: string, look: () => boolean) =>
    waits.until({ what, look: () => look() || undefined, seen: () => JSON.stringify(heard) })
  const cli = (...args: string[]): string =>
    execFileSync('redis-cli', ['-p', String(server.port), ...args], { encoding: 'utf8' }).trimEnd()
  return { server, acting, hearing, heard, until, cli }
}

/** Until a look that began after the call was answered. */
async function fresh(store: SessionStore): Promise<void> {
  const now = performance.now()
  while (store.freshUntilMs() < now + 1000) await new Promise((resolve) => setTimeout(resolve, 10))
}

const keysOf = (heard: readonly StoreChange[]) =>
  heard.flatMap((change) => (change.kind === 'any' ? ['any'] : change.keys))

t.test('what one process ends, the other hears by name, once and in order', async (t) => {
  const { acting, heard, until } = await two(t)
  for (const key of ['k1', 'k2', 'k3', 'k4']) await acting.save(sessionOf(key, { sid: key }), 2000)
  await acting.touch('k1', 1500, 2500)
  await acting.drop('k1')
  await acting.revoke({ by: 'key', key: 'k2' })
  await acting.revoke({ by: 'key', key: 'nobody' })
  const { issuer } = sessionOf('k3')
  await acting.logOut({ issuer, subject: null, sid: 'k3', issuedBy: 1000, jti: null, at: 1 })
  await acting.revoke({ by: 'user', user: 'alice', provider: sessionOf('k4') })
  await until('k4', () => keysOf(heard).includes('k4'))
  t.same(keysOf(heard), ['k1', 'k2', 'nobody', 'k3', 'k4'])
  await acting.revoke({ by: 'all' })
  await until('any', () => keysOf(heard).includes('any'))
})

t.test('what a process ended itself is no news to it', async (t) => {
  const { acting, hearing, heard, until } = await two(t)
  await hearing.save(sessionOf('k1'), 2000)
  await hearing.drop('k1')
  await acting.drop('k2')
  await until('k2', () => keysOf(heard).includes('k2'))
  t.same(keysOf(heard), ['k2'])
})

t.test('what ended by a call that failed behind it is news to its own process too', async (t) => {
  const { hearing, heard, cli } = await two(t)
  const { issuer } = sessionOf('k1')
  await hearing.save(sessionOf('k1', { sid: 'k1' }), 2000)
  cli('ACL', 'SETUSER', 'default', '-set')
  const jti = { hash: 'jti', until: 2000 }
  const logout = { issuer, subject: null, sid: 'k1', issuedBy: 1000, jti, at: 1 }
  await t.rejects(async () => hearing.logOut(logout))
  t.same(keysOf(heard), ['k1'], 'of a logout')
  cli('ACL', 'SETUSER', 'default', '+set', '-getdel')
  await hearing.save(sessionOf('k2'), 2000)
  await t.rejects(async () => hearing.drop('k2'))
  t.same(keysOf(heard), ['k1', 'k2'], 'of a sign-out')
})

t.test('more changes than a look reads are all heard', async (t) => {
  const { acting, heard, until } = await two(t)
  const keys = Array.from({ length: 250 }, (_, at) => `k${at}`)
  await Promise.all(keys.map((key) => acting.drop(key)))
  await until('all of them', () => keysOf(heard).length >= keys.length)
  t.same(keysOf(heard).sort(), keys.sort())
})

t.test('sessions that make room are heard of too', async (t) => {
  const { acting, heard, until } = await two(t)
  for (let at = 0; at <= limits.personSessions; at++)
    await acting.save(sessionOf(`k${at}`, { signedInAt: at }), 2000)
  await until('the oldest', () => keysOf(heard).includes('k0'))
  t.same(keysOf(heard), ['k0'])
})

t.test('a stream whose history was cut may have lost anything, and says so', async (t) => {
  const cuts: readonly (readonly [string, (cli: (...args: string[]) => string) => void])[] = [
    ['flushed', (cli) => cli('FLUSHALL')],
    ['trimmed', (cli) => cli('XTRIM', 'p:changes', 'MAXLEN', '0')],
    [
      'replaced by another with the same id',
      (cli) => {
        const [id = ''] = cli('XREVRANGE', 'p:changes', '+', '-', 'COUNT', '1').split('\n')
        cli('DEL', 'p:changes')
        cli('XADD', 'p:changes', id, 'n', 'other', 'k', '')
      },
    ],
    ['of strange entries', (cli) => cli('XADD', 'p:changes', '*', 'x', 'y')],
    ['of odd names', (cli) => cli('XADD', 'p:changes', '*', 'n', 'z', 'k', 'a b} c')],
  ]
  for (const [name, cut] of cuts) {
    const { acting, hearing, heard, until, cli } = await two(t)
    await hearing.load('k1')
    await fresh(hearing)
    cut(cli)
    await until(name, () => keysOf(heard).includes('any'))
    await acting.drop('k2')
    await until('and goes on', () => keysOf(heard).includes('k2'))
  }
})

t.test('a process that was cut off from Redis is fresh no more, and hears what it missed', async (t) => {
  const { server, acting, hearing, heard, until } = await two(t)
  await acting.save(sessionOf('k1'), 2000)
  server.signal('SIGSTOP')
  const before = hearing.freshUntilMs()
  while (performance.now() < before + 500) await new Promise((resolve) => setTimeout(resolve, 50))
  t.ok(hearing.freshUntilMs() <= performance.now() + 1000)
  while (performance.now() < hearing.freshUntilMs()) await new Promise((resolve) => setTimeout(resolve, 50))
  t.pass('no look that nobody answered made it fresh')
  server.signal('SIGCONT')
  while (
    !(await Promise.resolve(acting.drop('k1')).then(
      () => true,
      () => false,
    ))
  )
    await new Promise((resolve) => setTimeout(resolve, 50))
  await until('k1', () => keysOf(heard).includes('k1'))
  await fresh(hearing)
})

t.test('who leaves hears nothing more, and is not fresh', async (t) => {
  const { port } = await startRedis(t)
  const store = openRedis(t, singleSettings(port))
  t.equal(store.freshUntilMs(), Number.NEGATIVE_INFINITY, 'nobody looks yet')
  const leave = store.onChange(() => {})
  await fresh(store)
  leave()
  t.equal(store.freshUntilMs(), Number.NEGATIVE_INFINITY)
  store.onChange(() => {})
  await fresh(store)
})

t.test('fresh is a second from when the look was sent, however long its answer took', async (t) => {
  let now = 5000
  const answers: ((reply: unknown) => void)[] = []
  const servers: Pick<Servers, 'send'> = {
    send: () => new Promise((resolve) => answers.push((reply) => resolve([reply]))),
  }
  const changes = createChanges({
    servers,
    stream: 's',
    clock: { now: () => 0, monotonicMs: () => now },
    self: 'me',
    nonce: () => 'n',
    report: () => {},
  })
  t.teardown(() => changes.close())
  changes.onChange(() => {})
  t.equal(changes.freshUntilMs(), Number.NEGATIVE_INFINITY)
  now = 5700
  answers.shift()?.([['1-1', ['n', 'other.x', 'k', '']]])
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(changes.freshUntilMs(), 6000)
  await poll(
    'the next look',
    () => answers.length,
    (count) => count === 1,
  )
  answers.shift()?.([['1-1', ['n', 'other.x', 'k', '']]])
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(changes.freshUntilMs(), 6700)
})

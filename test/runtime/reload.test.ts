// A configuration that is read again while it serves: what counts as a change, in which order, and in how many turns.
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Secret } from '../../src/core/secret.ts'
import { open as openSealed, seal } from '../../src/core/session/seal.ts'
import { needsRestart, type ReloadTurns } from '../../src/runtime/reload.ts'
import { loadFile } from '../support/load.ts'
import { open, type Rig, yaml } from './reload-rig.ts'

const editionOf = ({ editions }: Rig): number => editions.current().edition

t.test('a reloader begins by itself with nothing, and reads when it is asked', async (t) => {
  const { reloader } = open(t)
  t.type(reloader, 'object')
  t.same(await reloader.reload(), { kind: 'unchanged' })
})

t.test('what is written while the gateway starts is taken up', async (t) => {
  const rig = open(t, { whileStarting: (file) => writeFileSync(file, yaml({ title: 'Later' })) })
  t.equal(rig.title(), 'Wiki')
  t.equal(await rig.reloader.reloadIfChanged(), null, 'it may still be written')
  t.match(await rig.reloader.reloadIfChanged(), { kind: 'loaded' })
  t.equal(rig.title(), 'Later')
  t.equal(await rig.reloader.reloadIfChanged(), null)
})

t.test('so is a secret in a file of its own', async (t) => {
  const rig = open(t, {
    whileStarting: (file) =>
      writeFileSync(join(file, '..', 'shared-secret'), 'another-secret-of-thirty-two-bytes-and-more'),
  })
  await rig.reloader.reloadIfChanged()
  t.match(await rig.reloader.reloadIfChanged(), { kind: 'loaded' })
  t.equal(
    rig.editions.current().gateway.apps[0]?.sharedSecret?.value.reveal(),
    'another-secret-of-thirty-two-bytes-and-more',
  )
})

t.test('files that hold what they held make no edition, however they were written', async (t) => {
  const rig = open(t)
  rig.write()
  await rig.reloader.reloadIfChanged()
  t.same(await rig.reloader.reloadIfChanged(), { kind: 'unchanged' })
  t.equal(await rig.reloader.reloadIfChanged(), null, 'and are known by then')
  writeFileSync(`${rig.file}.new`, yaml())
  renameSync(`${rig.file}.new`, rig.file)
  t.same(await rig.reloader.reload(), { kind: 'unchanged' })
  t.equal(editionOf(rig), 1)
})

t.test('after faults the former text is no news, and the same faults are told again', async (t) => {
  const rig = open(t)
  rig.write({ top: 'nonsense: true' })
  await t.resolveMatch(rig.reloader.reload(), { kind: 'rejected', faults: [/nonsense/] })
  await t.resolveMatch(rig.reloader.reload(), { kind: 'rejected', faults: [/nonsense/] })
  rig.write()
  t.same(await rig.reloader.reload(), { kind: 'unchanged' })
  rig.write({ title: 'New' })
  t.match(await rig.reloader.reload(), { kind: 'loaded', warnings: [] })
  t.equal(editionOf(rig), 2)
  rig.write()
  t.match(await rig.reloader.reload(), { kind: 'loaded' }, 'what was in force before is news now')
})

t.test('a part that cannot be had rejects the whole, and the former goes on', async (t) => {
  const rig = open(t)
  const before = rig.editions.current()
  rig.write({ provider: ', token_endpoint_auth_method: private_key_jwt, client_key: nonsense' })
  const text = readFileSync(rig.file, 'utf8').replace(', client_secret: a-client-secret', '')
  writeFileSync(rig.file, text)
  t.match(await rig.reloader.reload(), { kind: 'rejected', faults: [/client_key/] })
  t.equal(rig.editions.current(), before)
})

/** Turns that end when the test says so. */
function heldTurns() {
  const going = Promise.withResolvers<void>()
  const turns: ReloadTurns & { count: number; go(): void } = {
    count: 0,
    nextTurn: () => {
      turns.count += 1
      return going.promise
    },
    go: () => going.resolve(),
  }
  return turns
}

t.test('a change that comes while one is read is read behind it, once', async (t) => {
  const turns = heldTurns()
  const rig = open(t, { turns })
  rig.write({ title: 'Second', locations: 100 })
  const second = rig.reloader.reload()
  t.equal(turns.count, 1, 'it waits for its second turn')
  rig.write({ title: 'Third' })
  const [third, asked] = [rig.reloader.reload(), rig.reloader.reload()]
  t.equal(await rig.reloader.reloadIfChanged(), null, 'a beat begins nothing beside it')
  turns.go()
  t.match(await second, { kind: 'loaded' })
  t.match(await third, { kind: 'loaded' })
  t.equal(await asked, await third, 'both askers hear of one reading')
  t.equal(rig.title(), 'Third')
  t.equal(editionOf(rig), 3)
  rig.write({ title: 'Fourth', locations: 100 })
  const fourth = rig.reloader.reload()
  rig.write({ title: 'Fifth' })
  const fifth = rig.reloader.reload()
  t.match(await fourth, { kind: 'loaded' })
  t.match(await fifth, { kind: 'loaded' })
  t.equal(rig.title(), 'Fifth', 'as often as it happens')
})

t.test('what changes while a large reading is under way is found by the beats behind it', async (t) => {
  const turns = heldTurns()
  const rig = open(t, { turns })
  rig.write({ title: 'Second', locations: 100 })
  t.equal(await rig.reloader.reloadIfChanged(), null)
  const second = rig.reloader.reloadIfChanged()
  t.equal(turns.count, 1)
  const beats = [rig.reloader.reloadIfChanged(), rig.reloader.reloadIfChanged()]
  rig.write({ title: 'Third', locations: 50 })
  rig.write({ title: 'Fourth', locations: 150 })
  turns.go()
  t.match(await second, { kind: 'loaded' })
  t.same(await Promise.all(beats), [null, null], 'a beat meanwhile reads nothing twice')
  t.equal(rig.title(), 'Second')
  t.equal(await rig.reloader.reloadIfChanged(), null)
  t.match(await rig.reloader.reloadIfChanged(), { kind: 'loaded' })
  t.equal(rig.title(), 'Fourth')
  t.equal(editionOf(rig), 3)
  t.equal(await rig.reloader.reloadIfChanged(), null)
  t.equal(await rig.reloader.reloadIfChanged(), null)
})

t.test('a secret whose file goes away before it is read rejects the whole, until it is back', async (t) => {
  const turns = heldTurns()
  const rig = open(t, { turns })
  const secret = join(rig.folder, 'shared-secret')
  rig.write({ title: 'Second', locations: 100 })
  const second = rig.reloader.reload()
  t.equal(turns.count, 1)
  rmSync(secret)
  turns.go()
  t.match(await second, { kind: 'rejected', faults: [/shared-secret/] })
  t.equal(editionOf(rig), 1)
  t.equal(await rig.reloader.reloadIfChanged(), null, 'what was rejected is known')
  t.equal(await rig.reloader.reloadIfChanged(), null)
  writeFileSync(secret, 'a-secret-of-thirty-two-bytes-and-more')
  await rig.reloader.reloadIfChanged()
  t.match(await rig.reloader.reloadIfChanged(), { kind: 'loaded' })
  t.equal(rig.title(), 'Second')
})

t.test('a file that only the new configuration names is watched from then on', async (t) => {
  const rig = open(t)
  const key = join(rig.folder, 'session-secret')
  writeFileSync(key, 'the-first-session-secret-of-32-bytes')
  rig.write({ session: `{ store: memory, secret: "\${file:session-secret}" }` })
  t.match(await rig.reloader.reload(), { kind: 'loaded' })
  t.equal(await rig.reloader.reloadIfChanged(), null)
  t.equal(await rig.reloader.reloadIfChanged(), null, 'and is no news by itself')
  writeFileSync(key, 'the-second-session-secret-of-32-bytes')
  await rig.reloader.reloadIfChanged()
  t.match(await rig.reloader.reloadIfChanged(), { kind: 'loaded' })
  const [secret] = rig.editions.current().gateway.session.secrets
  t.equal(secret?.reveal(), 'the-second-session-secret-of-32-bytes')
})

t.test('the secret that was made for the memory store outlives a reload, as its sessions do', async (t) => {
  const rig = open(t, { parts: { session: '{ store: memory }' } })
  const scope = { purpose: 'session', context: ['a', 'b'] } as const
  const sealed = () => seal(rig.editions.current().ring, scope, 'text', randomBytes)
  const opens = (value: string) => openSealed(rig.editions.current().ring, scope, value)
  const made = sealed()
  rig.write({ session: '{ store: memory }', title: 'New' })
  t.match(await rig.reloader.reload(), { kind: 'loaded' })
  t.same(opens(made), { ok: true, text: 'text', stale: false })
  rig.write()
  t.match(await rig.reloader.reload(), { kind: 'loaded' })
  t.same(opens(made), { ok: false }, 'until one is configured')
  const configured = sealed()
  rig.write({ session: '{ store: memory }' })
  t.match(await rig.reloader.reload(), { kind: 'loaded' })
  t.same(opens(configured), { ok: false }, 'and what was configured counts no longer than it stands there')
})

t.test('a stop that comes as the last piece is done changes nothing any more', async (t) => {
  const rig = open(t)
  rig.write({ title: 'Second' })
  const second = rig.reloader.reload()
  rig.reloader.stop()
  t.equal(await second, null)
  t.equal(editionOf(rig), 1)
})

t.test('a stop leaves a reading where it is, and none begins any more', async (t) => {
  const turns = heldTurns()
  const rig = open(t, { turns })
  rig.write({ title: 'Second', locations: 100 })
  const [second, third] = [rig.reloader.reload(), rig.reloader.reload()]
  rig.write()
  rig.reloader.stop()
  turns.go()
  t.same([await second, await third, await rig.reloader.reload()], [null, null, null])
  t.equal(turns.count, 1)
  t.equal(editionOf(rig), 1)
})

t.test(
  'a large configuration takes turns with requests: at most twenty locations are built at a stretch',
  async (t) => {
    const count = async (locations: number): Promise<number> => {
      let turns = 0
      const rig = open(t, {
        turns: {
          nextTurn: async () => {
            turns += 1
          },
        },
      })
      rig.write({ locations })
      t.match(await rig.reloader.reload(), { kind: 'loaded' })
      t.equal(rig.editions.current().gateway.apps[0]?.allLocations.length, locations + 1)
      return turns
    }
    const [once, twice] = [await count(400), await count(800)]
    t.ok(once >= (400 / 20) * 3, `${once} turns: to read, to understand and to build`)
    t.ok(once < (400 / 20) * 6, `${once} turns, and no more than that: a turn is ten milliseconds`)
    t.ok(twice > once * 1.8 && twice < once * 2.2, `${twice} turns for twice as many, ${once} before`)
  },
)

t.test(
  'what takes a restart is refused by its file and key, again and again, and the former goes on',
  async (t) => {
    const rig = open(t)
    const before = rig.editions.current()
    rig.write({ title: 'New', top: 'listen: "127.0.0.1:9"' })
    const expected = {
      kind: 'rejected',
      faults: [
        `${rig.file} listen: has changed, which takes effect only after a restart; nothing was reloaded`,
      ],
      changed: [rig.file],
    }
    t.same(await rig.reloader.reload(), expected)
    t.same(await rig.reloader.reload(), expected, 'it is not in force, so it is no less a change')
    t.equal(rig.editions.current(), before)
    rig.write({ title: 'New' })
    t.match(await rig.reloader.reload(), { kind: 'loaded' })
  },
)

t.test('a secret that cannot be read rejects a reload in its own words', async (t) => {
  const folder = t.testdir()
  const data = `data: ${folder}`
  const rig = open(t, { parts: { session: '{ store: sqlite }', top: data } })
  writeFileSync(join(folder, 'session.secret'), 'damaged')
  rig.write({ session: '{ store: sqlite }', top: data, title: 'New' })
  t.match(await rig.reloader.reload(), {
    kind: 'rejected',
    faults: [/^.*session\.secret is damaged; remove it/],
  })
  t.equal(editionOf(rig), 1)
})

t.test('what should not happen is thrown, and no fault of the file', async (t) => {
  const random = (bytes: number): Buffer => {
    if (random.broken) throw new Error('no random bytes, for the test')
    return randomBytes(bytes)
  }
  random.broken = false
  const rig = open(t, { random })
  rig.write({ session: '{ store: memory }' })
  random.broken = true
  await t.rejects(rig.reloader.reload(), { message: 'no random bytes, for the test' })
  random.broken = false
  t.match(await rig.reloader.reload(), { kind: 'loaded' }, 'and the next one begins anew')
})

t.test('each key that takes a restart is named, and no other', async (t) => {
  const { gateway } = loadFile(open(t).file)
  const place = { host: '10.0.0.1', port: 1, tls: [], token: null }
  t.same(needsRestart(gateway, gateway), [])
  t.doesNotThrow(() => needsRestart({ ...gateway, admin: null }, { ...gateway, admin: null }))
  t.same(needsRestart(gateway, { ...gateway, apps: [], providers: new Map() }), [])
  const changes: readonly [string, Partial<typeof gateway>][] = [
    ['listen', { listeners: [{ ...gateway.listeners[0], port: 1 }] }],
    ['listen', { listeners: [{ ...gateway.listeners[0], host: '10.0.0.1' }] }],
    ['listen', { listeners: [{ ...gateway.listeners[0], socketPath: '/run/gate.sock' }] }],
    ['listen.client_ca', { listeners: [{ ...gateway.listeners[0], clientCa: 'PEM' }] }],
    ['admin', { admin: place }],
    ['admin', { admin: null }],
    ['workers', { workers: 2 }],
    ['workers', { workers: 'auto' }],
    ['data', { dataFolder: '/elsewhere' }],
    ['session.store', { session: { ...gateway.session, store: { kind: 'sqlite' } } }],
  ]
  for (const [key, change] of changes) {
    const faults = needsRestart(gateway, { ...gateway, ...change })
    t.equal(faults.length, 1, key)
    t.match(faults[0], new RegExp(`^${key}: .*restart`))
  }
  const tls = [{ certificate: 'PEM', key: gateway.session.secrets[0] }]
  t.match(needsRestart(gateway, { ...gateway, listeners: [{ ...gateway.listeners[0], tls }] as never }), [
    /^listen\.tls: /,
  ])
})

t.test('a store that says the same takes no restart, and one with another password does', async (t) => {
  const { gateway } = loadFile(open(t).file)
  const by = (password: string): typeof gateway => {
    const access = { username: 'gate', password: new Secret(password), tls: null, keyPrefix: '' }
    const store = { kind: 'redis', host: 'redis', port: 6379, database: 0, ...access } as const
    return { ...gateway, session: { ...gateway.session, store } }
  }
  t.same(needsRestart(by('one'), by('one')), [])
  t.match(needsRestart(by('one'), by('other')), [/^session\.store: .*restart/])
  t.notMatch(needsRestart(by('first-word'), by('second-word')).join(), /first-word|second-word/)
})

t.test('a file that no folder holds any more is told by its name', async (t) => {
  const rig = open(t)
  t.same(rig.reloader.detached(), [])
  const secret = join(rig.folder, 'shared-secret')
  const mounted = openSync(secret, 'r')
  t.teardown(() => closeSync(mounted))
  rmSync(secret)
  symlinkSync(`/proc/self/fd/${mounted}`, secret)
  t.same(await rig.reloader.reload(), { kind: 'unchanged' })
  t.same(rig.reloader.detached(), [secret])
})

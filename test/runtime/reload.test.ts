// A configuration that is read again while it serves: what counts as a change, in which order, and in how many turns.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createEditions, type Editions } from '../../src/runtime/editions.ts'
import { openRuntime, type RuntimeDeps } from '../../src/runtime/open.ts'
import { createReloader, needsRestart, type Reloader, type ReloadTurns } from '../../src/runtime/reload.ts'
import { loadFile } from '../support/load.ts'

interface Parts {
  readonly title?: string
  readonly top?: string
  readonly provider?: string
  readonly locations?: number
}

const yaml = ({ title = 'Wiki', top = '', provider = '', locations = 0 }: Parts = {}): string => `
session: { store: memory, secret: a-session-secret-of-thirty-two-bytes-or-more }
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: a-client-secret${provider} } }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9
    shared_secret: "\${file:shared-secret}"
    title: ${title}
    require: signed_in
    locations:
      - { path: /public, require: anyone }
${Array.from({ length: locations }, (_, index) => `      - { path: /p${index}, require: { groups: [g${index}] } }`).join('\n')}
${top}`

interface Rig {
  readonly file: string
  readonly editions: Editions
  readonly reloader: Reloader
  write(parts?: Parts): void
  title(): string | null | undefined
}

const deps: RuntimeDeps = { env: {}, onProviderEvent: () => {}, onStoreFault: () => {} }

function open(
  t: Test,
  options: { readonly turns?: ReloadTurns; readonly whileStarting?: (file: string) => void } = {},
): Rig {
  const folder = t.testdir({ 'shared-secret': 'a-secret-of-thirty-two-bytes-and-more' })
  const file = join(folder, 'claimgate.yaml')
  writeFileSync(file, yaml())
  const { gateway, source } = loadFile(file)
  options.whileStarting?.(file)
  const editions = createEditions(openRuntime(gateway, deps), (thrown) => t.fail(String(thrown)))
  t.teardown(() => editions.close())
  const reloader = createReloader(source, editions, deps, options.turns)
  return {
    file,
    editions,
    reloader,
    write: (parts) => writeFileSync(file, yaml(parts)),
    title: () => editions.current().gateway.apps[0]?.title,
  }
}

const editionOf = ({ editions }: Rig): number => editions.current().edition

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
  t.match(await rig.reloader.reload(), { kind: 'rejected', faults: [/nonsense/] })
  t.match(await rig.reloader.reload(), { kind: 'rejected', faults: [/nonsense/] })
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
  let going = Promise.withResolvers<void>()
  const turns: ReloadTurns & { count: number; go(): void } = {
    count: 0,
    nextTurn: () => {
      turns.count += 1
      return going.promise
    },
    go: () => {
      going.resolve()
      going = Promise.withResolvers()
      going.resolve()
    },
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
})

t.test('a stop leaves a reading where it is, and none begins any more', async (t) => {
  const turns = heldTurns()
  const rig = open(t, { turns })
  rig.write({ title: 'Second', locations: 100 })
  const [second, third] = [rig.reloader.reload(), rig.reloader.reload()]
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
    t.ok(twice > once * 1.8 && twice < once * 2.2, `${twice} turns for twice as many, ${once} before`)
  },
)

t.test('each key that takes a restart is named, and no other', async (t) => {
  const { gateway } = loadFile(open(t).file)
  const place = { host: '10.0.0.1', port: 1 }
  t.same(needsRestart(gateway, gateway), [])
  t.same(needsRestart(gateway, { ...gateway, apps: [], providers: new Map() }), [])
  const changes: readonly [string, Partial<typeof gateway>][] = [
    ['listen', { listen: { ...gateway.listen, port: 1 } }],
    ['listen', { listen: { ...gateway.listen, host: '10.0.0.1' } }],
    ['listen.client_ca', { listen: { ...gateway.listen, clientCa: 'PEM' } }],
    ['admin', { admin: place }],
    ['admin', { admin: null }],
    ['data', { dataFolder: '/elsewhere' }],
    ['session.store', { session: { ...gateway.session, store: 'sqlite' } }],
  ]
  for (const [key, change] of changes) {
    const faults = needsRestart(gateway, { ...gateway, ...change })
    t.equal(faults.length, 1, key)
    t.match(faults[0], new RegExp(`^${key}: .*restart`))
  }
  const tls = [{ certificate: 'PEM', key: gateway.session.secrets[0] }]
  t.match(needsRestart(gateway, { ...gateway, listen: { ...gateway.listen, tls } as never }), [
    /^listen\.tls: /,
  ])
})

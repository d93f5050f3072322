// What the log and the metrics say of a reload, in whatever way it comes about.
import { closeSync, mkdtempSync, openSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import type { Gateway } from '../../../src/core/gateway.ts'
import type { Log } from '../../../src/http/operations/log.ts'
import { createMetrics, type Metrics } from '../../../src/http/operations/metrics.ts'
import { keepReloading, tellOfConfiguration } from '../../../src/http/operations/reload.ts'
import { createEditions } from '../../../src/runtime/editions.ts'
import { openRuntime } from '../../../src/runtime/open.ts'
import { loadFile } from '../../support/load.ts'
import { poll } from '../../support/waiting.ts'

const head = `
listen: "127.0.0.1:8123"
admin: false
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
`
const apps = (...names: readonly string[]) =>
  `${head}apps:\n${names.map((name) => `  ${name}: { url: https://${name}.example, upstream: http://10.9.9.9, require: signed_in }\n`).join('')}`

function keepingLog() {
  const told: unknown[][] = []
  const log = {
    event: (...given: unknown[]) => void told.push(given),
    fault: (...given: unknown[]) => void told.push(given),
  } as unknown as Log
  return { told, log }
}

/** Turns enough for what is read from disk to be taken up. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function open(t: Test, { detached = false, at = '' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-reload-'))
  const file = join(folder, 'claimgate.yaml')
  const write = (text: string) => writeFileSync(file, text)
  write(apps('wiki'))
  const { gateway, source } = loadFile(at || file)
  const deps = { env: {}, onProviderEvent: () => {}, onStoreFault: () => {} }
  const editions = createEditions(openRuntime(gateway, deps), (thrown) => t.fail(String(thrown)))
  const { told, log } = keepingLog()
  const counted: unknown[][] = []
  const metrics: Metrics = { ...createMetrics(), reload: (...given) => void counted.push(given) }
  const readings = new Map([...source.readings].map(([path, reading]) => [path, { ...reading, detached }]))
  const requestIds = { instance: '0f0f0f0f', next: () => '' }
  const reloading = keepReloading(
    { editions, log, metrics, requestIds, version: '1.2.3' },
    { ...source, readings, env: {}, digest: 'sha256:first' },
    deps,
  )
  t.teardown(async () => {
    reloading.stop()
    await editions.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { write, told, counted, reloading, editions, file }
}

t.test(
  'a new configuration is told with its edition and apps, and what an operator should know',
  async (t) => {
    const { write, told, counted, reloading } = open(t)
    t.same(told, [], 'nothing is told of the one that serves from the start')
    await reloading.reload()
    t.same(told.splice(0), [['info', 'config.unchanged', { asked_by: 'signal', edition: 1 }]])
    write(apps('wiki', 'docs'))
    await reloading.reload()
    t.match(told[0], ['info', 'config.loaded', { edition: 2, apps: 2 }])
    t.match(told.slice(1), [['warn', 'config.warning', { warning: String }]], 'with its warnings')
    t.same(counted, [
      ['unchanged', 1],
      ['loaded', 2],
    ])
  },
)

t.test(
  'a line says what ties those behind it to files: version, digests, and access before and after',
  async (t) => {
    const { write, told, reloading, file } = open(t)
    const access = { anyone: 0, maybe_signed_in: 0, signed_in: 1, rule: 0, nobody: 0 }
    write(apps('wiki').replace('signed_in', 'anyone'))
    await reloading.reload()
    const [, , first] = told[0] ?? []
    const { digest } = loadFile(file).source
    t.match(digest, /^sha256:[0-9a-f]{64}$/)
    t.strictSame(first, {
      asked_by: 'signal',
      changed: [file],
      version: '1.2.3',
      instance: '0f0f0f0f',
      edition: 2,
      digest,
      access: { ...access, anyone: 1, signed_in: 0 },
      digest_before: 'sha256:first',
      access_before: access,
      apps: 1,
    })
    told.splice(0)
    write(apps('wiki'))
    await reloading.reload()
    t.match(told[0], ['info', 'config.loaded', { digest_before: digest, access_before: { anyone: 1 } }])
  },
)

t.test('a configuration with faults is told with each of them, and the one before serves on', async (t) => {
  const { write, told, counted, reloading, editions, file } = open(t)
  write('nonsense: true')
  await reloading.reload()
  t.match(told, [
    ['error', 'config.rejected', { asked_by: 'signal', changed: [file], edition: 1, faults: [/nonsense/] }],
  ])
  t.same(counted, [['rejected', 1]])
  t.equal(editions.current().gateway.apps.length, 1)
})

t.test('a reload that breaks is told as a mistake of ours, and the next one is tried', async (t) => {
  const { write, told, reloading, editions } = open(t)
  const mistake = new TypeError('a mistake of ours')
  const { swap } = editions
  editions.swap = () => {
    throw mistake
  }
  write(apps('wiki', 'docs'))
  await reloading.reload()
  t.same(told.splice(0), [['internal.failed', mistake, {}]])
  editions.swap = swap
  await reloading.reload()
  t.match(told, [['info', 'config.loaded', { edition: 2 }]])
})

t.test('files are looked at once a second, and taken up when they rest', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const { write, told, reloading } = open(t)
  write(apps('wiki', 'docs'))
  mock.timers.tick(1_000)
  await turns()
  t.same(told, [], 'it may still be written to')
  await poll(
    'the file is taken up',
    () => {
      mock.timers.tick(1_000)
      return told.length
    },
    (lines) => lines > 0,
  )
  t.match(told.splice(0), [['info', 'config.loaded', { asked_by: 'files', edition: 2, apps: 2 }]])
  reloading.stop()
  write(apps('wiki'))
  mock.timers.tick(5_000)
  await reloading.reload()
  await turns()
  t.same(told, [], 'not after the end')
})

t.test('looking keeps no process alive', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  open(t)
  t.equal(timers(), before)
})

t.test('a file that nobody can replace any more is told at once, with its name', async (t) => {
  const { told, file } = open(t, { detached: true })
  t.same(told, [['error', 'config.detached', { file }]])
})

t.test('a file that loses its name while it serves is told once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-reload-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const named = join(folder, 'claimgate.yaml')
  writeFileSync(named, apps('wiki'))
  // As a file that a container was given: what stands under the name is what was opened, whatever becomes of it.
  const fd = openSync(named, 'r')
  t.teardown(() => closeSync(fd))
  const at = `/proc/self/fd/${fd}`
  const { told, reloading } = open(t, { at })
  t.same(told, [])
  const detachedIn = async () => {
    await reloading.reload()
    return told.splice(0).filter(([, event]) => event === 'config.detached')
  }
  t.same(await detachedIn(), [])
  unlinkSync(named)
  t.same(await detachedIn(), [['error', 'config.detached', { file: at }]])
  t.same(await detachedIn(), [], 'once')
})

t.test('warnings are told each, and what is rehearsed with its file', async (t) => {
  const { told, log } = keepingLog()
  const shadow = (file: string | null) =>
    ({ shadow: { file, rehearsed: [{}, {}] }, emptyLists: [] }) as unknown as Gateway
  tellOfConfiguration(log, { shadow: null, emptyLists: ['/none.txt'] } as unknown as Gateway, ['one', 'two'])
  t.same(told.splice(0), [
    ['warn', 'config.warning', { warning: 'one' }],
    ['warn', 'config.warning', { warning: 'two' }],
    ['error', 'config.list-empty', { file: '/none.txt' }],
  ])
  tellOfConfiguration(log, shadow('next.yaml'), [])
  tellOfConfiguration(log, shadow(null), [])
  t.strictSame(told, [
    ['info', 'config.shadow', { rehearsed: 2, shadow: 'next.yaml' }],
    ['info', 'config.shadow', { rehearsed: 2, shadow: undefined }],
  ])
})

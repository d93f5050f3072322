// A gateway from its start to its end: what the log says, who is told of new rules, what is left.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startGateway } from '../../../src/http/server/start.ts'
import { subscriberNames } from '../../../src/runtime/following.ts'
import { startHostileOp } from '../../support/hostile-op.ts'
import { loadFile } from '../../support/load.ts'
import { freePort, portOf } from '../../support/ports.ts'
import { exchange, statusOf } from '../../support/raw.ts'
import { loadGateway } from '../../support/request-context.ts'
import { orRejected } from '../../support/thrown.ts'
import { createWaits } from '../../support/waiting.ts'

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-start-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

interface Wanted {
  readonly listen?: string
  readonly admin?: string
  readonly store?: string
  readonly issuer?: string
  readonly more?: string
}

const gatewayIn = (folder: string, wanted: Wanted) => loadGateway(textIn(folder, wanted))

function textIn(folder: string, { listen, admin, store, issuer, more }: Wanted): string {
  return `
listen: ${listen ?? '"127.0.0.1:0"'}
admin: ${admin ?? 'false'}
data: ${JSON.stringify(folder)}
providers: { op: { issuer: "${issuer ?? 'http://localhost:9'}", client_id: c, client_secret: s } }
session: { store: ${store ?? 'memory'}, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps: { wiki: { url: http://wiki.localhost, upstream: http://127.0.0.1:9, require: anyone } }
${more ?? ''}
`
}

/** The log, of which the flushes are lines too. */
function heldLog() {
  const lines: Readonly<Record<string, unknown>>[] = []
  const waits = createWaits()
  const add = (line: Readonly<Record<string, unknown>>): void => {
    const { time: _time, ...rest } = line
    lines.push(rest)
    waits.wake()
  }
  const logged = (event: string) =>
    orRejected(() =>
      waits.until({
        what: event,
        look: () => lines.find((line) => line.event === event),
        seen: () => lines,
      }),
    )
  const logTo = { write: (line: string) => add(JSON.parse(line)), flush: () => add({ event: 'flush' }) }
  return { lines, logged, logTo }
}

t.test(
  'the start is told with the place, the warnings before it, and the end as the last line',
  async (t) => {
    const folder = folderOf(t)
    const [tcp, unix] = [{}, { listen: `"unix:${folder}/g.sock"`, admin: '"127.0.0.1:0"' }]
    for (const wanted of [tcp, unix]) {
      const { lines, logTo } = heldLog()
      const running = await startGateway(gatewayIn(folder, wanted), {
        ...{ env: {}, warnings: ['Mind.'], logTo },
        version: '1.2.3',
      })
      const place =
        wanted === tcp
          ? { host: '127.0.0.1', port: running.port }
          : { host: `unix:${folder}/g.sock`, admin_port: running.adminPort }
      const { instance } = lines[1] ?? {}
      t.match(instance, /^[0-9a-f]{8}$/)
      const access = { anyone: 1, maybe_signed_in: 0, signed_in: 0, rule: 0, nobody: 0 }
      const identity = { version: '1.2.3', instance, edition: 1, access }
      t.same(lines, [
        { level: 40, event: 'config.warning', warning: 'Mind.' },
        { level: 30, event: 'gateway.started', ...identity, ...place, apps: 1 },
      ])
      t.equal(running.adminPort === null, wanted === tcp)
      t.same(running.subscribers, subscriberNames)
      await running.reload()
      t.equal(lines.length, 2, 'there is nothing to read again')
      running.log.event('warn', 'config.warning', { warning: 'by its log' })
      t.equal(lines.at(-1)?.warning, 'by its log')
      await running.close(0)
      t.same(lines.slice(-2), [{ level: 30, event: 'gateway.stopped' }, { event: 'flush' }])
    }
  },
)

t.test('what it was read from is read again on demand, as long as it runs', async (t) => {
  const folder = folderOf(t)
  const file = join(folder, 'claimgate.yaml')
  writeFileSync(file, textIn(folder, {}))
  const { gateway, source } = loadFile(file)
  const { lines, logTo } = heldLog()
  const running = await startGateway(gateway, { env: {}, warnings: [], logTo, source })
  await running.reload()
  t.match(lines.at(-1), { event: 'config.unchanged', edition: 1 })
  writeFileSync(file, textIn(folder, { more: 'log: { level: warn }' }))
  await running.reload()
  writeFileSync(file, textIn(folder, {}))
  await running.reload()
  const loaded = lines.filter(({ event }) => event === 'config.loaded')
  t.match(loaded, [{ edition: 3 }])
  t.equal(loaded.length, 1, 'the second was not to be told')
  await running.close(0)
})

t.test('a start says what served on this store before, a reload of it too', async (t) => {
  const folder = folderOf(t)
  const file = join(folder, 'claimgate.yaml')
  const kept = (more = '') => textIn(folder, { store: 'sqlite', more })
  const start = async (version: string) => {
    const { gateway, source } = loadFile(file)
    const { lines, logTo } = heldLog()
    const running = await startGateway(gateway, { env: {}, warnings: [], logTo, source, version })
    return {
      running,
      digest: source.digest,
      told: lines.find(({ event }) => event === 'gateway.started') ?? {},
    }
  }
  writeFileSync(file, kept())
  const first = await start('1.0.0')
  t.match(first.told, { version: '1.0.0', digest: first.digest })
  t.notOk('digest_before' in first.told, 'nothing did')
  writeFileSync(file, kept('# another'))
  await first.running.reload()
  const reloaded = loadFile(file).source.digest
  await first.running.close(0)
  writeFileSync(file, kept('# a third'))
  const second = await start('1.1.0')
  await second.running.close(0)
  t.match(second.told, {
    version: '1.1.0',
    digest: second.digest,
    version_before: '1.0.0',
    digest_before: reloaded,
    access_before: { anyone: 1 },
  })
  t.not(reloaded, first.digest)
})

t.test('it serves, by the clock that it is given', async (t) => {
  const { logTo } = heldLog()
  let asked = 0
  const clock = { now: () => 1_900_000_000, monotonicMs: () => asked++ }
  const running = await startGateway(gatewayIn(folderOf(t), {}), { env: {}, warnings: [], logTo, clock })
  t.teardown(() => running.close(0))
  const text = 'GET /.auth/health HTTP/1.1\r\nHost: wiki.localhost\r\nConnection: close\r\n\r\n'
  t.equal(statusOf(await exchange(running.port, text)), 200)
  t.ok(asked > 0)
})

t.test('what is heard of a provider is told: that it is there, or why not', async (t) => {
  const op = await startHostileOp()
  t.teardown(() => op.close())
  const { logged, logTo } = heldLog()
  const folder = folderOf(t)
  const running = await startGateway(gatewayIn(folder, { issuer: op.issuer }), {
    env: {},
    warnings: [],
    logTo,
  })
  t.same(await logged('provider.ready'), {
    level: 30,
    event: 'provider.ready',
    provider: 'op',
    issuer: op.issuer,
  })
  await running.close(0)
  const down = heldLog()
  const issuer = `http://localhost:${await freePort()}`
  const other = await startGateway(gatewayIn(folder, { issuer }), {
    env: {},
    warnings: [],
    logTo: down.logTo,
  })
  t.match(await down.logged('provider.failed'), {
    level: 50,
    provider: 'op',
    code: 'PROVIDER_UNREACHABLE',
    error: /./,
    retry_at: /./,
  })
  await other.close(0)
})

t.test('with its end every beat of it ends', async (t) => {
  const { setInterval, clearInterval } = globalThis
  t.teardown(() => void Object.assign(globalThis, { setInterval, clearInterval }))
  const beats = new Set<unknown>()
  const counted = (...of: Parameters<typeof setInterval>) => {
    const beat = setInterval(...of)
    beats.add(beat)
    return beat
  }
  const ended = (beat: NodeJS.Timeout | undefined) => {
    beats.delete(beat)
    clearInterval(beat)
  }
  Object.assign(globalThis, { setInterval: counted, clearInterval: ended })
  const folder = folderOf(t)
  const file = join(folder, 'claimgate.yaml')
  writeFileSync(file, textIn(folder, {}))
  const { gateway, source } = loadFile(file)
  const running = await startGateway(gateway, { env: {}, warnings: [], logTo: heldLog().logTo, source })
  t.ok(beats.size > 1, `${beats.size} of providers, of the configuration, of sessions`)
  await running.close(0)
  t.same([...beats], [])
})

t.test('with its port taken nothing stays open', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await new Promise((resolve) => taken.once('listening', resolve))
  const folder = folderOf(t)
  const { logTo, lines } = heldLog()
  const gateway = gatewayIn(folder, { listen: `"127.0.0.1:${portOf(taken)}"`, store: 'sqlite' })
  const failed = await orRejected(() => startGateway(gateway, { env: {}, warnings: [], logTo }))
  t.match(failed, { code: 'EADDRINUSE' })
  t.same(
    readdirSync(folder).filter((name) => /-wal$|\.sock/.test(name)),
    [],
    'the store was closed',
  )
  t.same(lines, [])
})

// What the log's hashes are keyed with: configured, kept in the data folder, or what they were keyed with before.
import { createHmac, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Gateway } from '../../src/core/gateway.ts'
import { Secret } from '../../src/core/secret.ts'
import { buildKeyRing } from '../../src/core/session/seal.ts'
import type { SessionStoreSettings } from '../../src/core/session-store-settings.ts'
import { findLogKey } from '../../src/runtime/log-key.ts'
import { openRuntime, type RuntimeDeps, renewRuntime } from '../../src/runtime/open.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { loadRules } from '../support/rules.ts'

const deps: RuntimeDeps = { env: {}, onProviderEvent: () => {}, onStoreFault: () => {} }
const { gateway } = loadRules('  require: signed_in\n')

const redis: SessionStoreSettings = {
  ...{ kind: 'redis', host: 'redis', port: 6379, database: 0 },
  ...{ username: null, password: null, tls: null, keyPrefix: '' },
}

interface Settings {
  readonly secrets?: readonly string[]
  readonly key?: string
  readonly store?: SessionStoreSettings
}

function at(dataFolder: string, { secrets = [], key, store = { kind: 'sqlite' } }: Settings = {}): Gateway {
  return {
    ...gateway,
    dataFolder,
    session: { ...gateway.session, store, secrets: secrets.map((one) => new Secret(one)) },
    log: { ...gateway.log, subjectKey: key === undefined ? null : new Secret(key) },
  }
}

function open(t: Test, gateway: Gateway): Runtime {
  const runtime = openRuntime(gateway, deps)
  t.teardown(async () => {
    runtime.sessions.close()
    await runtime.store.close()
  })
  return runtime
}

/** As all versions before it made it. */
function before(secret: string): string {
  const { sealing } = buildKeyRing([new Secret(secret)])
  return createHmac('sha256', sealing.secret).update('claimgate log subject').digest('hex')
}

const [one, two] = ['1'.repeat(32), '2'.repeat(32)]

t.test('a new gateway draws a key, which has nothing of the session secret, and keeps it', async (t) => {
  const folder = t.testdir()
  const { logKey } = open(t, at(folder))
  t.match(logKey, /^[0-9a-f]{64}$/)
  const secret = readFileSync(join(folder, 'session.secret'), 'utf8').trimEnd()
  t.not(logKey, before(secret))
  const path = join(folder, 'log.subject_key')
  t.equal(readFileSync(path, 'utf8'), `${logKey}\n`)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(open(t, at(folder)).logKey, logKey, 'the next start reads it')
  writeFileSync(join(folder, 'session.secret'), 'n'.repeat(43))
  t.equal(open(t, at(folder)).logKey, logKey, 'whatever becomes of the session secret')
})

t.test('an update begins with what the hashes were keyed with, so that old lines match', async (t) => {
  const folder = t.testdir({ 'session.secret': 's'.repeat(43) })
  t.equal(open(t, at(folder)).logKey, before('s'.repeat(43)))
  writeFileSync(join(folder, 'session.secret'), 'n'.repeat(43))
  t.equal(open(t, at(folder)).logKey, before('s'.repeat(43)), 'and goes on with it')
})

t.test('where the session secret is configured, instances begin alike', async (t) => {
  const folder = t.testdir({ a: {}, b: {} })
  const first = open(t, at(join(folder, 'a'), { secrets: [one, two] }))
  t.equal(first.logKey, before(one))
  t.equal(open(t, at(join(folder, 'b'), { secrets: [one] })).logKey, before(one))
  const rotated = at(join(folder, 'a'), { secrets: [two, one] })
  t.equal(open(t, rotated).logKey, before(one), 'a new session secret leaves it alone')
  t.equal(renewRuntime(first, rotated, deps).logKey, before(one), 'at a reload too')
})

t.test('a configured key is used as it is, and nothing is kept beside it', async (t) => {
  const folder = t.testdir()
  const runtime = open(t, at(folder, { key: 'k'.repeat(32) }))
  t.equal(runtime.logKey, 'k'.repeat(32))
  t.notOk(readdirSync(folder).includes('log.subject_key'))
  t.equal(renewRuntime(runtime, at(folder, { key: 'l'.repeat(32) }), deps).logKey, 'l'.repeat(32))
  const without = renewRuntime(runtime, at(folder), deps).logKey
  t.match(without, /^[0-9a-f]{64}$/, 'taken out of the file, one is kept from now on')
  t.equal(open(t, at(folder)).logKey, without)
  t.equal(open(t, at(folder, { key: without })).logKey, without, 'what is kept can be configured')
})

t.test('one that is removed while the gateway runs is put back at the next reload', async (t) => {
  const folder = t.testdir()
  const runtime = open(t, at(folder))
  rmSync(join(folder, 'log.subject_key'))
  t.equal(renewRuntime(runtime, at(folder), deps).logKey, runtime.logKey)
  t.equal(open(t, at(folder)).logKey, runtime.logKey)
})

t.test('with the memory store nothing is kept: it hangs on the session secret', async (t) => {
  const folder = t.testdir()
  const runtime = open(t, at(folder, { store: { kind: 'memory' }, secrets: [one] }))
  t.equal(runtime.logKey, before(one))
  t.equal(
    renewRuntime(runtime, at(folder, { store: { kind: 'memory' }, secrets: [two] }), deps).logKey,
    before(two),
  )
  t.same(readdirSync(folder), [])
})

t.test('a command finds the key of the gateway and makes nothing', async (t) => {
  const folder = t.testdir()
  t.equal(findLogKey(at(folder)), null, 'no gateway has run')
  t.equal(findLogKey(at(join(folder, 'missing'))), null)
  t.same(readdirSync(folder), [])
  const { logKey } = open(t, at(folder))
  t.equal(findLogKey(at(folder)), logKey)
  t.equal(findLogKey(at(folder, { key: one })), one)
  t.equal(findLogKey(at(folder, { store: { kind: 'memory' } })), null, 'only the running gateway knows it')
  t.equal(findLogKey(at(folder, { store: { kind: 'memory' }, secrets: [one] })), before(one))
  // A gateway that an earlier store left its folder to does not read it either.
  for (const store of [{ kind: 'cookie' }, redis] as const)
    t.equal(findLogKey(at(folder, { store, secrets: [one] })), before(one), store.kind)
})

t.test('a damaged key stops the start with a sentence, and is not replaced', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'log.subject_key')
  for (const text of ['', 'short', randomBytes(33).toString('hex')]) {
    writeFileSync(path, text)
    const message = /log.subject_key is damaged; remove it, and the hashes in the log may begin anew/
    t.throws(() => openRuntime(at(folder), deps), { code: 'STORE_INVALID', message })
    t.throws(() => findLogKey(at(folder)), { code: 'STORE_INVALID', message })
    t.equal(readFileSync(path, 'utf8'), text)
  }
})

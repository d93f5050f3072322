// What is made of a configuration as the gateway starts, and what of it goes on with the next one.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Gateway, ProviderSettings } from '../../src/core/gateway.ts'
import { Secret } from '../../src/core/secret.ts'
import { buildKeyRing } from '../../src/core/session/seal.ts'
import { openRuntime, type RuntimeDeps, renewRuntime } from '../../src/runtime/open.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { createTestClock } from '../support/clock.ts'
import { freePort, portOf } from '../support/ports.ts'
import { loadRules } from '../support/rules.ts'

const deps: RuntimeDeps = { env: {}, onProviderEvent: () => {}, onStoreFault: () => {} }
const { gateway } = loadRules('  require: signed_in\n')
const [settings] = gateway.providers.values()
if (settings === undefined) throw new Error('the rules have a provider')

function withProvider(change: Partial<ProviderSettings> = {}): ReadonlyMap<string, ProviderSettings> {
  return new Map([['op', { ...settings, ...change } as ProviderSettings]])
}

function inMemory(more: Partial<Gateway> = {}, secrets: readonly Secret[] = []): Gateway {
  return { ...gateway, session: { ...gateway.session, store: { kind: 'memory' }, secrets }, ...more }
}

function inFolder(dataFolder: string, more: Partial<Gateway> = {}): Gateway {
  return {
    ...gateway,
    dataFolder,
    session: { ...gateway.session, store: { kind: 'sqlite' }, secrets: [] },
    ...more,
  }
}

function secretOf({ ring }: Pick<Runtime, 'ring'>): string {
  return ring.sealing.secret.export().toString('hex')
}

function secretFrom(text: string): string {
  return secretOf({ ring: buildKeyRing([new Secret(text)]) })
}

async function end({ sessions, store, upstreams, providers }: Runtime): Promise<void> {
  sessions.close()
  await Promise.all([upstreams.close(), ...[...providers.values()].map((one) => one.close())])
  await store.close()
}

function open(t: Test, gateway: Gateway, more: Partial<RuntimeDeps> = {}): Runtime {
  const runtime = openRuntime(gateway, { ...deps, ...more })
  t.teardown(() => end(runtime))
  return runtime
}

t.test('a gateway opens, and renews, without a fault', async (t) => {
  t.doesNotThrow(() => end(openRuntime(inMemory(), deps)))
  const runtime = open(t, inMemory())
  t.doesNotThrow(() => renewRuntime(runtime, inMemory(), deps))
  t.match(renewRuntime(runtime, inMemory(), deps), { edition: 2, sessions: runtime.sessions })
  t.equal(runtime.edition, 1)
})

t.test('time is the system’s, in whole seconds, and one that is never set beside it', async (t) => {
  const { clock } = open(t, inMemory())
  const before = Math.floor(Date.now() / 1000)
  const now = clock.now()
  t.ok(Number.isInteger(now) && now >= before && now <= Date.now() / 1000, `${now}`)
  const first = clock.monotonicMs()
  t.ok(first > 0 && first <= performance.now(), `${first}`)
})

t.test('a test brings its own clock and its own chance', async (t) => {
  const clock = createTestClock(5)
  const random = (bytes: number) => Buffer.alloc(bytes, 7)
  const runtime = open(t, inMemory(), { clock, random })
  t.equal(runtime.clock, clock)
  t.equal(runtime.random, random)
  t.equal(secretOf(runtime), secretFrom(Buffer.alloc(32, 7).toString('base64url')))
  t.equal(open(t, inMemory()).random, randomBytes)
})

t.test('what cannot be opened leaves no file open, and is told as what it is', async (t) => {
  const folder = t.testdir()
  const openFiles = () => readdirSync('/proc/self/fd').length
  await end(openRuntime(inFolder(folder), deps))
  writeFileSync(join(folder, 'session.secret'), 'damaged')
  const before = openFiles()
  t.throws(() => openRuntime(inFolder(folder), deps), { code: 'STORE_INVALID' })
  t.equal(openFiles(), before)
})

t.test('a secret in the data folder that is replaced counts from the next edition', async (t) => {
  const folder = t.testdir()
  const runtime = open(t, inFolder(folder))
  const same = renewRuntime(runtime, inFolder(folder), deps)
  t.equal(secretOf(same), secretOf(runtime))
  writeFileSync(join(folder, 'session.secret'), 'n'.repeat(43))
  t.equal(secretOf(renewRuntime(runtime, inFolder(folder), deps)), secretFrom('n'.repeat(43)))
})

t.test(
  'a provider goes on with what it has learnt while its settings are the same, and no longer',
  async (t) => {
    const authorizationParameters = new Map([['prompt', 'login']])
    const before = { authorizationParameters, clientSecret: new Secret('a-client-secret') }
    const runtime = open(t, inMemory({ providers: withProvider(before) }))
    const changes: readonly [string, Partial<ProviderSettings>, boolean][] = [
      ['nothing', {}, true],
      ['a secret of the same text', { clientSecret: new Secret('a-client-secret') }, true],
      ['parameters of the same text', { authorizationParameters: new Map([['prompt', 'login']]) }, true],
      ['another secret', { clientSecret: new Secret('another-secret') }, false],
      ['other parameters', { authorizationParameters: new Map([['prompt', 'none']]) }, false],
      ['another label', { label: 'Other' }, false],
      ['other scopes', { scopes: ['openid'] }, false],
    ]
    for (const [what, change, goesOn] of changes) {
      const next = renewRuntime(
        runtime,
        inMemory({ providers: withProvider({ ...before, ...change }) }),
        deps,
      )
      t.equal(next.providers.get('op') === runtime.providers.get('op'), goesOn, what)
      t.same([...next.providers.keys()], ['op'])
    }
    const [[, op] = []] = withProvider(before)
    const both = new Map([...withProvider(before), ['second', { ...settings, ...op, name: 'second' }]])
    const next = renewRuntime(runtime, inMemory({ providers: both }), deps)
    t.equal(
      next.providers.get('op'),
      runtime.providers.get('op'),
      'one that comes takes nothing from the other',
    )
    t.equal(next.providers.get('second')?.name, 'second')
  },
)

t.test('providers are asked through the proxy that the environment names, in either case', async (t) => {
  const asked: string[] = []
  const proxy = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (bytes) => {
      asked.push(bytes.toString('latin1').split(' ', 2).join(' '))
      socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    })
  }).listen(0, '127.0.0.1')
  t.teardown(() => proxy.close())
  await once(proxy, 'listening')
  const url = `http://127.0.0.1:${portOf(proxy)}`
  const port = await freePort()
  const issuer = `https://127.0.0.1:${port}`
  const tunnel = [`CONNECT 127.0.0.1:${port}`]
  const table: readonly [string, RuntimeDeps['env'], readonly string[]][] = [
    ['none', {}, []],
    ['upper case', { HTTPS_PROXY: url }, tunnel],
    ['lower case', { https_proxy: url }, tunnel],
    ['upper case that is empty counts as unset', { HTTPS_PROXY: '', https_proxy: url }, tunnel],
    ['upper case first', { HTTPS_PROXY: url, https_proxy: 'http://127.0.0.1:1' }, tunnel],
    ['an exception', { HTTPS_PROXY: url, NO_PROXY: '127.0.0.1' }, []],
    ['an exception in lower case', { HTTPS_PROXY: url, no_proxy: '127.0.0.1' }, []],
    ['HTTP_PROXY is another thing', { HTTP_PROXY: url }, []],
  ]
  for (const [what, env, expected] of table) {
    const told: string[] = []
    const runtime = open(t, inMemory({ providers: withProvider({ issuer }) }), {
      env,
      onProviderEvent: ({ event }) => void told.push(event),
    })
    await runtime.providers.get('op')?.discover()
    t.same(asked.splice(0), expected, what)
    t.same(told, ['provider.failed'], 'and what came of it is told')
  }
})

t.test('a fault of the store that stops no request is told', async (t) => {
  const faults: unknown[] = []
  const runtime = open(t, inMemory(), { onStoreFault: (thrown) => void faults.push(thrown) })
  const thrown = new Error('for the test')
  runtime.store.purge = () => {
    throw thrown
  }
  await runtime.sessions.sweep()
  t.same(faults, [thrown])
})

t.test('a state is spent once, failures are counted by the limits of the table', async (t) => {
  const { spentStates, signInFailures } = open(t, inMemory())
  t.equal(await spentStates.spend('state', 2_000_000_000), true)
  t.equal(await spentStates.spend('state', 2_000_000_000), false)
  t.type(signInFailures, 'object')
})

t.test('of processes that serve beside each other each holds its part of the bodies', async (t) => {
  const beside = { edition: 1, instance: 'one', processes: 4 }
  t.same(open(t, inMemory(), { beside }).heldBytes.bounds(6400, 1), { inAll: 1600, ofNetwork: 200 })
  t.same(open(t, inMemory()).heldBytes.bounds(6400, 1), { inAll: 6400, ofNetwork: 800 })
})

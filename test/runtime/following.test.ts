// Everything that outlives a request is declared to follow the configuration in one of three ways, and does.
import t, { type Test } from 'tap'
import { Secret } from '../../src/core/secret.ts'
import { serverFollowing } from '../../src/http/server/context.ts'
import { startGateway } from '../../src/http/server/start.ts'
import { createEditions } from '../../src/runtime/editions.ts'
import { runtimeFollowing, subscriberNames } from '../../src/runtime/following.ts'
import { openRuntime, type RuntimeDeps, renewRuntime } from '../../src/runtime/open.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { loadRules } from '../support/rules.ts'

const deps: RuntimeDeps = { env: {}, onProviderEvent: () => {}, onStoreFault: () => {} }

function open(t: Test) {
  const { gateway } = loadRules('  require: signed_in\n')
  const sealedBy = (secret: string) => ({
    ...gateway,
    session: { ...gateway.session, store: { kind: 'memory' as const }, secrets: [new Secret(secret)] },
  })
  const settings = sealedBy('a-session-secret-of-thirty-two-bytes-or-more')
  const faults: unknown[] = []
  const runtime = openRuntime(settings, deps)
  const editions = createEditions(runtime, (thrown) => void faults.push(thrown))
  t.teardown(() => editions.close())
  const next = renewRuntime(runtime, sealedBy('another-session-secret-of-thirty-two-bytes'), deps)
  return { runtime, next, editions, faults }
}

t.test('each part of a runtime follows as it is declared', async (t) => {
  const { runtime, next, editions } = open(t)
  t.same(Object.keys(runtime).sort(), Object.keys(runtimeFollowing).sort(), 'nothing is undeclared')
  const ways: readonly string[] = ['independent', 'replaced', 'subscribed']
  for (const [part, way] of Object.entries(runtimeFollowing)) t.ok(ways.includes(way), part)
  const told: readonly string[] = editions.subscribers()
  for (const [part, following] of Object.entries(runtimeFollowing)) {
    const before = Object.entries(runtime).find(([name]) => name === part)?.[1]
    const after = Object.entries(next).find(([name]) => name === part)?.[1]
    t.equal(before === after, following !== 'replaced', `${part} is ${following}`)
    t.equal(told.includes(part), following === 'subscribed', `${part} is ${following}`)
  }
})

t.test('a gateway that runs has every subscriber of the list, and no part of it without one', async (t) => {
  const { gateway } = loadRules('  require: signed_in\n')
  const running = await startGateway(
    {
      ...gateway,
      session: { ...gateway.session, store: { kind: 'memory' } },
      listeners: [{ ...gateway.listeners[0], host: '127.0.0.1', port: 0 }],
      admin: null,
      providers: new Map(),
    },
    { env: {}, warnings: [], logTo: { write: () => {} } },
  )
  t.teardown(() => running.close(0))
  t.same(running.subscribers, subscriberNames)
  for (const [part, following] of Object.entries({ ...runtimeFollowing, ...serverFollowing })) {
    if (following === 'subscribed') t.ok((subscriberNames as readonly string[]).includes(part), part)
  }
})

t.test('subscribers are told in the order of the list, one that fails keeps no other from it', async (t) => {
  const { editions, next, faults } = open(t)
  const told: string[] = []
  const tell = ({ edition }: Runtime) => void told.push(`webSockets ${edition}`)
  t.doesNotThrow(() => editions.subscribe('webSockets', tell))
  editions.subscribe('log', () => {
    told.push('log')
    throw new Error('for the test')
  })
  editions.swap(next)
  t.same(told, ['log', 'webSockets 2'])
  t.match(faults, [{ message: 'for the test' }])
  t.throws(() => editions.subscribe('log', () => {}), /already/)
})

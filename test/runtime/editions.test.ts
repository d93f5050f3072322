// Editions come and go: what the last one that used it leaves behind is closed, once, whatever is reloaded how often.
import t, { type Test } from 'tap'
import type { Gateway, ProviderSettings } from '../../src/core/gateway.ts'
import { createEditions } from '../../src/runtime/editions.ts'
import { openRuntime, type RuntimeDeps, renewRuntime } from '../../src/runtime/open.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import type { SessionEdition } from '../../src/runtime/session-edition.ts'
import { loadRules } from '../support/rules.ts'

const deps: RuntimeDeps = { env: {}, onProviderEvent: () => {}, onStoreFault: () => {} }

/** Counts what is opened and closed of the runtimes that it is shown. */
function createCounts() {
  const opened = new Set<object>()
  const closed: object[] = []
  const count = (part: { close(): void | Promise<void> }): void => {
    if (opened.has(part)) return
    opened.add(part)
    const close = part.close.bind(part)
    part.close = () => {
      closed.push(part)
      return close()
    }
  }
  return {
    opened,
    closed,
    of: (runtime: Runtime): Runtime => {
      for (const part of [runtime.upstreams, ...runtime.providers.values()]) count(part)
      return runtime
    },
    /** What is open. */
    open: () => opened.size - new Set(closed).size,
  }
}

function rig(t: Test) {
  const { gateway } = loadRules('  require: signed_in\n')
  const first: Gateway = { ...gateway, session: { ...gateway.session, store: { kind: 'memory' } } }
  const [settings] = first.providers.values()
  if (settings === undefined) throw new Error('the rules have a provider')
  const counts = createCounts()
  const faults: unknown[] = []
  const editions = createEditions(counts.of(openRuntime(first, deps)), (thrown) => void faults.push(thrown))
  const swap = (providers: readonly ProviderSettings[]): void => {
    editions.swap(renewed(providers))
  }
  const renewed = (providers: readonly ProviderSettings[]): Runtime => {
    const next = { ...first, providers: new Map(providers.map((one) => [one.name, one])) }
    return counts.of(renewRuntime(editions.current(), next, deps))
  }
  t.teardown(() => editions.close())
  return { editions, counts, faults, settings, swap, renewed }
}

t.test('after two hundred reloads nothing is open but what the edition in force has', async (t) => {
  const { editions, counts, faults, settings, swap } = rig(t)
  const named = (name: string, clientId: string): ProviderSettings => ({ ...settings, name, clientId })
  const waiting: ReturnType<typeof editions.enter>[] = []
  for (let reload = 1; reload <= 200; reload += 1) {
    // One stays, one is changed each time, one renamed, and one comes and goes.
    const sometimes = reload % 3 === 0 ? [named('sometimes', 'x')] : []
    swap([settings, named('changed', `${reload}`), named(`renamed-${reload}`, 'x'), ...sometimes])
    if (reload % 2 === 0) waiting.push(editions.enter())
    if (reload % 4 === 0) for (const edition of waiting.splice(0)) editions.leave(edition)
  }
  t.same(waiting, [])
  const { providers } = editions.current()
  t.equal(counts.open(), 1 + providers.size, 'its connections and its providers')
  t.equal(counts.closed.length, new Set(counts.closed).size, 'each was closed once')
  t.notOk(counts.closed.some((part) => [...providers.values()].some((one) => one === part)))
  t.ok(counts.opened.size > 600)
  await editions.close()
  t.equal(counts.open(), 0)
  t.equal(counts.closed.length, counts.opened.size)
  t.same(faults, [])
})

t.test('an edition that is in use keeps what it has, also what the next one has no more', async (t) => {
  const { editions, counts, settings, swap } = rig(t)
  const inUse = editions.enter()
  const before = editions.current()
  const [provider] = before.providers.values()
  swap([])
  swap([settings])
  t.not(editions.current().providers.get(settings.name), provider, 'it was gone in between: another one')
  t.notOk(counts.closed.includes(provider ?? t))
  t.notOk(counts.closed.includes(before.upstreams))
  editions.leave(inUse)
  t.ok(counts.closed.includes(provider ?? t))
  t.ok(counts.closed.includes(before.upstreams))
  t.equal(counts.open(), 2)
})

t.test('what cannot be closed is reported, and the next edition serves', async (t) => {
  const { editions, faults, settings, swap } = rig(t)
  const { upstreams } = editions.current()
  const close = upstreams.close.bind(upstreams)
  upstreams.close = () => {
    close()
    throw new Error('for the test')
  }
  swap([settings])
  await new Promise((resolve) => setImmediate(resolve))
  t.match(faults, [{ message: 'for the test' }])
  t.equal(editions.current().edition, 2)
})

t.test('an edition is entered as it is in force, and what cannot end twice ends once', async (t) => {
  const { editions, counts, faults, settings, swap } = rig(t)
  const inUse = editions.enter()
  t.match(inUse, { runtime: { edition: 1 }, inUse: 1 })
  t.equal(inUse?.runtime, editions.current())
  swap([settings])
  await editions.close()
  const closed = counts.closed.length
  if (inUse !== undefined) editions.leave(inUse)
  t.equal(counts.closed.length, closed, 'it had ended as the gateway stopped')
  t.same(faults, [])
})

t.test('the sessions hear of each edition, and end with the store when the gateway stops', async (t) => {
  const { gateway } = loadRules('  require: signed_in\n')
  const runtime = openRuntime(
    { ...gateway, session: { ...gateway.session, store: { kind: 'memory' } } },
    deps,
  )
  const told: string[] = []
  const sessions = {
    ...runtime.sessions,
    renew: (next: SessionEdition) => {
      told.push(`renew ${next === second}`)
      runtime.sessions.renew(next)
    },
    close: () => {
      told.push('sessions')
      runtime.sessions.close()
    },
  }
  const store = {
    ...runtime.store,
    close: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      told.push('store')
    },
  }
  const first = { ...runtime, sessions, store }
  const editions = createEditions(first, (thrown) => t.fail(String(thrown)))
  const second = renewRuntime(first, gateway, deps)
  editions.swap(second)
  t.same(told, ['renew true'])
  await editions.close()
  t.same(told, ['renew true', 'sessions', 'store'])
})

t.test('an edition that never serves is closed, but for what it shares with the one in force', async (t) => {
  const { editions, counts, faults, settings, renewed } = rig(t)
  const before = editions.current()
  editions.discard(renewed([settings, { ...settings, name: 'other', clientId: 'x' }]))
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(editions.current(), before)
  t.equal(counts.closed.length, 2, 'its connections, and the provider that it alone had')
  t.notOk(counts.closed.some((part) => [...before.providers.values()].some((one) => one === part)))
  t.same(faults, [])
})

// What becomes of one request: all limits must have room, what is over takes from no other, and nobody waits long.
import t from 'tap'
import { StoreFault } from '../../../src/core/fault.ts'
import type { App, Location } from '../../../src/core/gateway.ts'
import { type Counter, windowEnd } from '../../../src/core/limits/counter.ts'
import type { LimitStore, Taken } from '../../../src/core/limits/limit-store.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { Awaitable } from '../../../src/core/ports.ts'
import type { Principal } from '../../../src/core/principal.ts'
import { createRequestLimits } from '../../../src/runtime/request-limits/request-limits.ts'
import { originOf } from '../../support/model.ts'

const now = Date.parse('2026-11-29T03:00:10Z') / 1000
const eve: Principal = { user: 'eve', provider: 'acme', claims: { organization_id: 'blue' } }
const network = { key: '192.0.2.1', hidden: false }

function placeOf(list: string, fail = 'open'): { readonly app: App; readonly location: Location } {
  const [app] = originOf('https://api.example.com', `    limits: ${list}\n    limits_fail: ${fail}`).apps
  if (app === undefined) throw new Error('no app')
  return { app, location: app.fallback }
}

/** Counts in memory, by name of the limit; and says what was asked of it. */
function countingStore(): {
  readonly store: LimitStore
  readonly counts: Map<string, number>
  readonly asked: string[]
} {
  const counts = new Map<string, number>()
  const asked: string[] = []
  const store: LimitStore = {
    take: async (counter: Counter, at): Promise<Taken> => {
      asked.push(counter.limit)
      const count = counts.get(counter.limit) ?? 0
      if (count >= counter.amount.count)
        return { kind: 'full', retryAfterSeconds: windowEnd(counter.amount, at) - at }
      counts.set(counter.limit, count + 1)
      return { kind: 'taken' }
    },
    giveBack: async ({ limit }) => void counts.set(limit, (counts.get(limit) ?? 0) - 1),
    close: () => {},
  }
  return { store, counts, asked }
}

function requestLimits(store: LimitStore) {
  const uncounted: string[] = []
  let timers = 0
  const due: (() => void)[] = []
  const made = createRequestLimits({
    open: () => store,
    uncounted: ({ message }, app) => void uncounted.push(`${app}: ${message}`),
    timing: {
      after: (ms, work) => {
        t.equal(ms, limits.limitAnswerMs)
        timers += 1
        due.push(work)
        return () => {
          timers -= 1
        }
      },
    },
  })
  return { ...made, uncounted, due, timers: () => timers }
}

t.test('a request is let in as long as every limit has room', async (t) => {
  const { store, counts } = countingStore()
  const made = requestLimits(store)
  const { app, location } = placeOf('[{ per: user, rate: 2/1m }, { per: app, quota: 3/1d }]')
  t.same(await made.draw(location, app, eve, now), { kind: 'within' })
  t.same(await made.draw(location, app, eve, now), { kind: 'within' })
  t.same(await made.draw(location, app, eve, now), {
    kind: 'over',
    limit: 'user 2/1m',
    retryAfterSeconds: 60,
  })
  t.same(Object.fromEntries(counts), { 'user 2/1m': 2, 'app 3/1d': 2 })
  t.equal(made.timers(), 0, 'no timer is left')
})

t.test('what is over takes from no other: what was taken before is given back', async (t) => {
  const { store, counts, asked } = countingStore()
  const made = requestLimits(store)
  const { app, location } = placeOf(
    '[{ per: user, quota: 9/1d }, { per: app, quota: 1/1d }, { per: { claim: organization_id }, rate: 9/1m }]',
  )
  await made.draw(location, app, eve, now)
  t.match(await made.draw(location, app, eve, now), { kind: 'over', limit: 'app 1/1d' })
  t.match(await made.draw(location, app, eve, now), {
    kind: 'over',
    retryAfterSeconds: 20 * 3600 + 59 * 60 + 50,
  })
  t.same(Object.fromEntries(counts), { 'user 9/1d': 1, 'app 1/1d': 1, 'organization_id 9/1m': 1 })
  t.same(asked.slice(0, 3), ['organization_id 9/1m', 'user 9/1d', 'app 1/1d'], 'rates come first')
})

t.test('who has no quota left draws from nothing that all share: that comes last', async (t) => {
  const { store, asked } = countingStore()
  const made = requestLimits(store)
  const { app, location } = placeOf(
    '[{ per: app, rate: 9/1m }, { per: app, quota: 9/1d }, { per: user, quota: 1/1d }, { per: { claim: organization_id }, rate: 8/1m }]',
  )
  await made.draw(location, app, eve, now)
  t.same(asked, ['organization_id 8/1m', 'user 1/1d', 'app 9/1m', 'app 9/1d'])
  t.match(await made.draw(location, app, eve, now), { kind: 'over', limit: 'user 1/1d' })
  t.same(asked.slice(4), ['organization_id 8/1m', 'user 1/1d'])
})

t.test('client_ip is drawn before, and nothing else is; afterwards it is not drawn again', async (t) => {
  const { store, asked } = countingStore()
  const made = requestLimits(store)
  const { app, location } = placeOf('[{ per: client_ip, rate: 1/1m }, { per: app, rate: 9/1m }]')
  t.same(await made.drawBefore(location, app, network, now), { kind: 'within' })
  t.same(asked, ['client_ip 1/1m'])
  t.match(await made.drawBefore(location, app, network, now), { kind: 'over', limit: 'client_ip 1/1m' })
  await made.draw(location, app, eve, now)
  t.same(asked.slice(2), ['app 9/1m'])
})

t.test('where no limit counts a request, the answer is at hand and nothing is opened', async (t) => {
  const made = createRequestLimits({
    open: () => {
      throw new Error('opened')
    },
    uncounted: () => t.fail(),
    timing: { after: () => t.fail.bind(t, 'a timer') },
  })
  const { app, location } = placeOf('[{ per: user, rate: 1/1m }]')
  t.same(made.drawBefore(location, app, network, now), { kind: 'within' })
  t.same(made.draw(location, app, null, now), { kind: 'within' })
  t.same(made.draw({ ...location, limits: [] }, app, eve, now), { kind: 'within' })
  t.equal(made.close(), undefined)
})

t.test('a store that fails lets in and tells of it, or refuses where the file says closed', async (t) => {
  const fault = new StoreFault('STORE_UNAVAILABLE', 'away')
  const failing = (take: () => Awaitable<Taken>): LimitStore => ({
    take,
    giveBack: () => {},
    close: () => {},
  })
  const ways: readonly (() => Awaitable<Taken>)[] = [
    () => Promise.reject(fault),
    () => {
      throw fault
    },
  ]
  for (const take of ways) {
    const made = requestLimits(failing(take))
    const open = placeOf('[{ per: user, rate: 1/1m }]')
    t.same(await made.draw(open.location, open.app, eve, now), { kind: 'within' })
    t.same(made.uncounted, ['wiki: away'])
    const closed = placeOf('[{ per: user, rate: 1/1m }]', 'closed')
    t.same(await made.draw(closed.location, closed.app, eve, now), { kind: 'unanswered', fault })
    t.equal(made.uncounted.length, 1)
    t.equal(made.timers(), 0)
  }
  const broken = requestLimits(failing(() => Promise.reject(new TypeError('ours'))))
  const { app, location } = placeOf('[{ per: user, rate: 1/1m }]')
  await t.rejects(Promise.resolve(broken.draw(location, app, eve, now)), { message: 'ours' })
})

t.test('a store that is slow holds nobody up for longer than its time', async (t) => {
  const never: LimitStore = { take: () => new Promise(() => {}), giveBack: () => {}, close: () => {} }
  const made = requestLimits(never)
  for (const fail of ['open', 'closed']) {
    const { app, location } = placeOf('[{ per: user, rate: 1/1m }]', fail)
    const drawn = made.draw(location, app, eve, now)
    await new Promise((resolve) => setImmediate(resolve))
    made.due.pop()?.()
    t.match(await drawn, fail === 'open' ? { kind: 'within' } : { kind: 'unanswered', fault: StoreFault })
  }
  t.match(made.uncounted, [/did not answer within 250 ms/])
})

t.test('the store is opened once, with the first configuration that has limits', async (t) => {
  let opened = 0
  const { store } = countingStore()
  const made = createRequestLimits({
    open: () => {
      opened += 1
      return store
    },
    uncounted: () => {},
    timing: { after: () => () => {} },
  })
  const { apps } = originOf('https://api.example.com')
  made.renew({ apps })
  t.equal(opened, 0)
  const { app, location } = placeOf('[{ per: user, rate: 1/1m }]')
  made.renew({ apps: [app] })
  made.renew({ apps: [app] })
  await made.draw(location, app, eve, now)
  t.equal(opened, 1)
})

// What the library that counts rates does, measured: the reasons why our own code bounds its memory, judges its counts
// itself, and gives it no window longer than a day.
import { mock } from 'node:test'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import t from 'tap'

t.test('a window begins with its first request, and does not move', async (t) => {
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_800_000_000_000 })
  t.teardown(() => mock.timers.reset())
  const limiter = new RateLimiterMemory({ points: 1, duration: 60 })
  const first = await limiter.penalty('a')
  t.match(first, { consumedPoints: 1, msBeforeNext: 60_000, isFirstInDuration: true })
  mock.timers.tick(59_000)
  t.match(await limiter.penalty('a'), { consumedPoints: 2, msBeforeNext: 1000, isFirstInDuration: false })
  mock.timers.tick(1000)
  t.match(await limiter.penalty('a'), { consumedPoints: 1, msBeforeNext: 60_000, isFirstInDuration: true })
})

t.test(
  '`penalty` counts and never rejects; `consume` rejects with no Error, and counts all the same',
  async (t) => {
    const limiter = new RateLimiterMemory({ points: 1, duration: 60 })
    await limiter.penalty('a')
    t.equal((await limiter.penalty('a')).consumedPoints, 2)
    const refused: unknown = await limiter.consume('a').catch((thrown: unknown) => thrown)
    t.ok(refused instanceof RateLimiterRes && !(refused instanceof Error))
    t.equal((await limiter.get('a'))?.consumedPoints, 3)
    await limiter.reward('a')
    t.equal((await limiter.get('a'))?.consumedPoints, 2)
  },
)

t.test('its memory has no bound, and `delete` takes one out', async (t) => {
  const limiter = new RateLimiterMemory({ points: 1, duration: 60 })
  for (let at = 0; at < 5000; at++) await limiter.penalty(`${at}`)
  t.equal(limiter.dump().storage.length, 5000)
  await limiter.delete('0')
  t.equal(limiter.dump().storage.length, 4999)
})

t.test('a window of more than 24.8 days is over at once: its timer takes no more', async (t) => {
  const told: string[] = []
  const listen = ({ name }: Error): void => void told.push(name)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  const limiter = new RateLimiterMemory({ points: 1, duration: 30 * 86_400 })
  await limiter.penalty('a')
  while (limiter.dump().storage.length > 0) await new Promise((resolve) => setImmediate(resolve))
  t.ok(told.includes('TimeoutOverflowWarning'), `${told}`)
})

t.test('of a client of Redis it needs `eval` alone: a script, one key, texts', async (t) => {
  const asked: unknown[] = []
  const storeClient = {
    eval: async (script: string, given: { keys: string[]; arguments: string[] }) => {
      asked.push(given)
      t.match(script, /incrby/)
      return [given.arguments[0] === '-1' ? 6 : 7, 12_345]
    },
  }
  const limiter = new RateLimiterRedis({
    ...{ storeClient, useRedisPackage: true },
    ...{ points: 1, duration: 60, keyPrefix: 'p:rate:60' },
  })
  t.match(await limiter.penalty('name'), { consumedPoints: 7, msBeforeNext: 12_345 })
  await limiter.reward('name')
  t.match(asked, [
    { keys: ['p:rate:60:name'], arguments: ['1', '60', '1', '60'] },
    { keys: ['p:rate:60:name'], arguments: ['-1', '60', '1', '60'] },
  ])
})

t.test('what the client rejects with comes through as it is', async (t) => {
  const fault = new Error('away')
  const storeClient = { eval: () => Promise.reject(fault) }
  const limiter = new RateLimiterRedis({ storeClient, useRedisPackage: true, points: 1, duration: 60 })
  t.equal(await limiter.penalty('name').catch((thrown: unknown) => thrown), fault)
})

import { limits } from '../../core/limits/table.ts'
import type { Servers } from '../redis/servers.ts'
import { type Counters, full, type StoredCounter } from './stored.ts'

/** What of a limiter of the library is used: its counting, and none of its verdicts. */
interface Limiter {
  /** Counts one more, whatever is counted already. */
  penalty(name: string): Promise<{ consumedPoints: number; msBeforeNext: number; isFirstInDuration: boolean }>
  /** Counts one less; one that it does not know begins below nought. */
  reward(name: string): Promise<{ consumedPoints: number }>
  delete(name: string): Promise<unknown>
}

type MakeLimiter = (windowSeconds: number) => Promise<Limiter>

type Library = typeof import('rate-limiter-flexible')

/** Begins at once, so that no request waits for it, and none pays for it where there are no limits. */
function loadLibrary(): Promise<Library> {
  const loading = import('rate-limiter-flexible')
  loading.catch(() => {}) // Whoever counts is told.
  return loading
}

/** Rates in this process alone. */
export function createMemoryRates(): Counters {
  const library = loadLibrary()
  const make: MakeLimiter = async (windowSeconds) => {
    const { RateLimiterMemory } = await library
    return new RateLimiterMemory({ points: 1, duration: windowSeconds })
  }
  return createRates((windowSeconds) => bounded(make(windowSeconds)))
}

/** Rates in Redis, for all who count there. The library speaks to it through our client, by its own script. */
export function createRedisRates(servers: Pick<Servers, 'send'>, prefix: string): Counters {
  const storeClient = {
    eval: async (script: string, given: { keys: readonly string[]; arguments: readonly string[] }) => {
      const [key = ''] = given.keys
      const [reply] = await servers.send(key, [['EVAL', script, '1', key, ...given.arguments]])
      return reply
    },
  }
  const library = loadLibrary()
  return createRates(async (windowSeconds) => {
    const { RateLimiterRedis } = await library
    const keyPrefix = `${prefix}rate:${windowSeconds}`
    return new RateLimiterRedis({
      storeClient,
      useRedisPackage: true,
      keyPrefix,
      points: 1,
      duration: windowSeconds,
    })
  })
}

/**
 * One limiter for each length of a window: how many a window may have differs from plan to plan, and is judged here. What is
 * anybody’s to fill is apart from what is counted for those who are known.
 */
function createRates(make: MakeLimiter): Counters {
  const limiters = new Map<string, Promise<Limiter>>()

  function limiterOf({ windowSeconds, ofNetworks }: StoredCounter): Promise<Limiter> {
    const which = `${windowSeconds} ${ofNetworks}`
    const known = limiters.get(which)
    if (known !== undefined) return known
    const made = make(windowSeconds)
    limiters.set(which, made)
    return made
  }

  return {
    async take(counter) {
      const limiter = await limiterOf(counter)
      const { consumedPoints, msBeforeNext } = await limiter.penalty(counter.name)
      if (consumedPoints <= counter.count) return { kind: 'taken' }
      // Else what many ask at once is counted for good, though others of their limits refuse them all.
      await uncount(limiter, counter.name)
      return full(msBeforeNext / 1000)
    },
    giveBack: async (counter) => uncount(await limiterOf(counter), counter.name),
  }
}

/** What was forgotten meanwhile has nothing to give back: the next window would have room for more than it says. */
async function uncount(limiter: Limiter, name: string): Promise<void> {
  const { consumedPoints } = await limiter.reward(name)
  if (consumedPoints < 0) await limiter.penalty(name)
}

/** The library keeps as many counters as there are names. Of more than these, the one that began first is forgotten. */
async function bounded(made: Promise<Limiter>): Promise<Limiter> {
  const limiter = await made
  /** In the order in which their windows began: all are of one length. */
  const names = new Set<string>()
  return {
    async penalty(name) {
      const counted = limiter.penalty(name)
      const { isFirstInDuration } = await counted
      if (isFirstInDuration) {
        names.delete(name)
        names.add(name)
        const [first] = names.size > limits.rateCounters ? names : []
        if (first !== undefined) {
          names.delete(first)
          await limiter.delete(first)
        }
      }
      return counted
    },
    reward: (name) => limiter.reward(name),
    delete: (name) => limiter.delete(name),
  }
}

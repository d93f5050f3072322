import type { Awaitable, SessionStore } from '../core/ports.ts'
import type { Session, SessionKey } from '../core/session/session.ts'

/** What is being asked of the store, and how much had been removed and ended here as it was asked. */
interface Load {
  readonly answer: Promise<Session | null>
  readonly news: number
}

/**
 * Has many requests of one session at once ask the store once, where the answer takes time. `news` counts what was removed
 * and ended so far: who comes after more of it asks anew, so that nobody gets an answer from before an end that this process knows
 * of.
 */
export function createSessionLoads(
  store: Pick<SessionStore, 'load'>,
): (key: SessionKey, news: number) => Awaitable<Session | null> {
  const loads = new Map<SessionKey, Load>()
  return (key, news) => {
    const known = loads.get(key)
    if (known?.news === news) return known.answer
    const answer = store.load(key)
    if (!(answer instanceof Promise)) return answer
    const load = { answer, news }
    loads.set(key, load)
    const leave = () => {
      if (loads.get(key) === load) loads.delete(key)
    }
    answer.then(leave, leave)
    return answer
  }
}

import type { KeyLastUse, KeyStore, KeyUses } from '../../core/keys/key-store.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import { limits } from '../../core/limits/table.ts'
import type { EpochSeconds } from '../../core/session/session.ts'

/** Counts uses here, and brings the sums to the store. */
export interface KeyUseCount {
  used(id: string, now: EpochSeconds, network: ClientNetwork): void
  /** Writes what waits. Never rejects: what the store does not take waits on, within bounds. */
  flush(): Promise<void>
  /** The same, for the last time. */
  close(): Promise<void>
}

const everyMs = 5000

export function createKeyUseCount(
  store: Pick<KeyStore, 'countUses'>,
  report: (thrown: unknown) => void,
): KeyUseCount {
  const dayOf = createDays()
  /** By id and day. */
  const waiting = new Map<string, KeyUses>()
  let writing: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined

  function add({ id, day, count, last }: KeyUses): void {
    const name = `${day} ${id}`
    const known = waiting.get(name)
    if (known === undefined && waiting.size >= limits.waitingKeyUses) return
    waiting.set(name, { id, day, count: count + (known?.count ?? 0), last: later(last, known?.last) })
  }

  async function write(): Promise<void> {
    const uses = [...waiting.values()]
    if (uses.length === 0) return
    waiting.clear()
    try {
      await store.countUses(uses)
    } catch (thrown) {
      report(thrown)
      for (const use of uses) add(use)
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing ??= write().finally(() => {
      writing = null
      if (waiting.size > 0) schedule()
    })
    return writing
  }

  function schedule(): void {
    timer ??= setTimeout(() => void flush(), everyMs).unref()
  }

  return {
    used(id, now, { key: network }) {
      add({ id, day: dayOf(now), count: 1, last: { at: now, network } })
      if (waiting.size >= limits.waitingKeyUses) void flush()
      else schedule()
    },
    flush,
    async close() {
      await writing
      await flush()
      clearTimeout(timer)
    },
  }
}

/** `2026-11-29`, in UTC: the same day for every process. Worked out once a day, as each request asks for it. */
function createDays(): (at: EpochSeconds) => string {
  let [number, text] = [Number.NaN, '']
  return (at) => {
    const wanted = Math.floor(at / 86_400)
    if (wanted !== number) [number, text] = [wanted, new Date(at * 1000).toISOString().slice(0, 10)]
    return text
  }
}

function later(one: KeyLastUse, other: KeyLastUse | undefined): KeyLastUse {
  return other === undefined || one.at >= other.at ? one : other
}

import { limits } from '../core/limits/table.ts'
import type { Clock } from '../core/ports.ts'
import type { EpochSeconds } from '../core/session/session.ts'

/**
 * Has long connections judged again that a token, a key or a certificate let in: when it ends, when a key is changed,
 * and as often as a token may have been revoked at its provider. Being judged again ends those that would not be opened
 * now.
 */
export interface CredentialWatch {
  /** Judged again at the next tick too: a key may have been revoked while the app was asked. Returns how to take it back. */
  add(of: WatchedCredential, judgeAgain: () => void): () => void
  /** Keys were changed, revoked or put to sleep; null: which ones is not known. */
  changed(keys: readonly string[] | null): void
  /** Once a second while something is watched. */
  tick(): void
}

export interface WatchedCredential {
  /** The id of a key; null: a token, or a certificate. */
  readonly key: string | null
  readonly endsAt: EpochSeconds | null
}

interface Watched extends WatchedCredential {
  readonly judgeAgain: () => void
  judgedAtMs: number
}

const tickMs = 1000

/** `report` hears of faults of listeners, which stop no other. */
export function createCredentialWatch(clock: Clock, report: (thrown: unknown) => void): CredentialWatch {
  const watched = new Set<Watched>()
  let timer: NodeJS.Timeout | undefined

  function judge(one: Watched): void {
    one.judgedAtMs = clock.monotonicMs()
    try {
      one.judgeAgain()
    } catch (thrown) {
      report(thrown)
    }
  }

  function tick(): void {
    const [now, nowMs] = [clock.now(), clock.monotonicMs()]
    for (const one of watched) {
      const isOver = one.endsAt !== null && now >= one.endsAt
      if (isOver || nowMs - one.judgedAtMs >= limits.credentialRejudgedMs) judge(one)
    }
  }

  return {
    add: (of, judgeAgain) => {
      const one: Watched = { ...of, judgeAgain, judgedAtMs: Number.NEGATIVE_INFINITY }
      watched.add(one)
      timer ??= setInterval(tick, tickMs).unref()
      return () => {
        watched.delete(one)
        if (watched.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
    changed: (keys) => {
      for (const one of watched) if (one.key !== null && (keys === null || keys.includes(one.key))) judge(one)
    },
    tick,
  }
}

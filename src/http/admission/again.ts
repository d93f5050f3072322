import type { UpstreamSettings } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Admission } from './admission.ts'
import { admit } from './gate.ts'
import type { RequestFacts } from './request-facts.ts'

/**
 * What the rules in force now say of a request that was let in before. Being asked keeps no session alive, brings no
 * fresh tokens, as the app has those that went with the request, and draws from no limit.
 */
export async function admitAgain(
  { gateway, sessions, clock, credentials }: Runtime,
  facts: RequestFacts,
): Promise<Admission> {
  const lookUp = sessions.lookUp.bind(sessions)
  return admit({ gateway, sessions: { use: lookUp, lookUp }, clock, credentials }, facts, 'again', 0)
}

/** Whether a connection to the one is a connection to the other: by address, path, and whose certificates count. */
export function leadsTo(now: UpstreamSettings, then: UpstreamSettings): boolean {
  return (
    now.socketPath === then.socketPath &&
    now.origin === then.origin &&
    now.basePath === then.basePath &&
    now.lambda?.functionName === then.lambda?.functionName &&
    now.ca === then.ca
  )
}

/** Judges everything that is open. Resolves when all were begun with, or a later call has taken over. */
export type JudgeAll<T> = (open: Iterable<T>, judge: (one: T) => void) => Promise<void>

/**
 * In pieces, the first at once: a configuration may come into force while thousands are open, and requests come in
 * between. Nobody waits for a judgement before the next is begun, as one may hang on the store. What is opened
 * meanwhile is for the caller to judge.
 */
export function judgingInPieces<T>(nextTurn: () => Promise<void> = afterOthers): JudgeAll<T> {
  let calls = 0
  return async (open, judge) => {
    calls += 1
    const call = calls
    const all = [...open]
    for (const [i, one] of all.entries()) {
      if (i > 0 && i % limits.rejudgedConnections === 0) await nextTurn()
      if (call !== calls) return
      judge(one)
    }
  }
}

function afterOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

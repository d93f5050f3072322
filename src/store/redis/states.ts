import { parseJson } from '../../core/json.ts'
import { limits } from '../../core/limits/table.ts'
import type { SpentState, SpentStateStore } from '../../core/ports.ts'
import { keptMs, type Parts } from './parts.ts'
import { numberOf, textOrNothing, textsOf } from './reply.ts'

/** Those that are forgotten at once when there are too many. */
const forgottenAtOnce = 100

/**
 * States that were spent. Their names are hashes of random bits; what stands there is sealed. Redis forgets them when
 * their time is over, by its own clock: a state may stay spent a little longer, and is never spent twice sooner.
 */
export function createStates(parts: Parts, most: number = limits.sharedUsedStates): SpentStateStore {
  const { servers, keys, context } = parts
  const { seal, clock } = context

  /** Of more than there may be, those that were spent first are forgotten: anybody can begin sign-ins. */
  async function bound(hash: string, ms: string): Promise<void> {
    // As long as any of them: when the last has ended, there is nothing to be counted any more.
    const [count] = await servers.send(keys.states, [
      ['RPUSH', keys.states, hash],
      ['PEXPIRE', keys.states, String(Math.max(Number(ms), Number(keptMs(parts))))],
    ])
    if (numberOf(count) <= most) return
    const [oldest] = await servers.send(keys.states, [['LPOP', keys.states, String(forgottenAtOnce)]])
    const names = textsOf(oldest).flatMap((one) => [keys.state(one), keys.outcome(one)])
    await servers.sendEach(names.map((key) => ({ key, command: ['DEL', key] })))
  }

  async function read(
    hash: string,
  ): Promise<{ readonly at: number; readonly outcomeUntil: number | null } | null> {
    const name = keys.state(hash)
    const sealed = textOrNothing((await servers.send(name, [['GET', name]]))[0])
    if (sealed === null) return null
    const opened = seal.open('state', hash, sealed)
    const parts = opened.ok ? parseJson(opened.text) : null
    const [at, outcomeUntil]: unknown[] = Array.isArray(parts) ? parts : []
    // It is there, so it was spent; when, and what came of it, nobody can tell who cannot open it.
    if (typeof at !== 'number') return { at: 0, outcomeUntil: null }
    return { at, outcomeUntil: typeof outcomeUntil === 'number' ? outcomeUntil : null }
  }

  return {
    async spend(hash, { at, until }) {
      const name = keys.state(hash)
      const sealed = seal.seal('state', hash, JSON.stringify([at, null]))
      const ms = msUntil(until, at)
      const [reply] = await servers.send(name, [['SET', name, sealed, 'NX', 'PX', ms]])
      if (textOrNothing(reply) !== 'OK') return false
      await bound(hash, ms)
      return true
    },
    async spent(hash): Promise<SpentState | null> {
      const state = await read(hash)
      if (state === null) return null
      const { at, outcomeUntil } = state
      if (outcomeUntil === null) return { at, outcome: null }
      const name = keys.outcome(hash)
      const sealed = textOrNothing((await servers.send(name, [['GET', name]]))[0])
      // Gone, as its time is over; nobody waits for it again.
      return { at, outcome: { sealed: sealed ?? '', until: outcomeUntil } }
    },
    async keepOutcome(hash, { sealed, until }) {
      const state = await read(hash)
      if (state === null) return
      const known = seal.seal('state', hash, JSON.stringify([state.at, until]))
      await servers.send(keys.outcome(hash), [
        ['SET', keys.outcome(hash), sealed, 'PX', msUntil(until, clock.now())],
        ['SET', keys.state(hash), known, 'XX', 'KEEPTTL'],
      ])
    },
  }
}

function msUntil(until: number, now: number): string {
  return String(Math.max(1, until - now) * 1000)
}

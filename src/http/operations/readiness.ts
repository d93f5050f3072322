import type { KeyStore } from '../../core/keys/key-store.ts'
import type { SessionStore } from '../../core/ports.ts'
import type { Runtime } from '../../runtime/runtime.ts'

type StoreState = 'ok' | 'unavailable'

/** Whether a gateway can do its work, and if not, what is missing. */
export interface Readiness {
  readonly ready: boolean
  readonly store: StoreState
  /** Where API keys rest; absent: the configuration has none. */
  readonly keys?: StoreState
  readonly draining: boolean
  readonly providers: Readonly<Record<string, 'ready' | 'pending' | 'failed'>>
}

/**
 * What `/readyz` and `claimgate health` answer. Names of providers and states only: no address, no error text. A
 * provider that is down does not make the gateway unready: open locations and live sessions go on.
 */
export async function readReadiness(
  { store, keys, providers }: Pick<Runtime, 'store' | 'keys' | 'providers'>,
  draining: boolean,
): Promise<Readiness> {
  const [found, ofKeys] = await Promise.all([stateOf(store), keys === null ? null : stateOf(keys.store)])
  const states = Object.fromEntries([...providers].map(([name, provider]) => [name, provider.status().kind]))
  return {
    ready: found === 'ok' && ofKeys !== 'unavailable' && !draining,
    store: found,
    ...(ofKeys === null ? {} : { keys: ofKeys }),
    draining,
    providers: states,
  }
}

async function stateOf(store: Pick<SessionStore | KeyStore, 'check'>): Promise<StoreState> {
  try {
    await store.check()
    return 'ok'
  } catch {
    return 'unavailable'
  }
}

import type { Runtime } from '../../runtime/runtime.ts'

/** Whether a gateway can do its work, and if not, what is missing. */
export interface Readiness {
  readonly ready: boolean
  readonly store: 'ok' | 'unavailable'
  readonly draining: boolean
  readonly providers: Readonly<Record<string, 'ready' | 'pending' | 'failed'>>
}

/**
 * What `/readyz` and `claimgate health` answer. Names of providers and states only: no address, no error text. A
 * provider that is down does not make the gateway unready: open locations and live sessions go on.
 */
export async function readReadiness(
  { store, providers }: Pick<Runtime, 'store' | 'providers'>,
  draining: boolean,
): Promise<Readiness> {
  let found: Readiness['store'] = 'ok'
  try {
    await store.check()
  } catch {
    found = 'unavailable'
  }
  const states = Object.fromEntries([...providers].map(([name, provider]) => [name, provider.status().kind]))
  return { ready: found === 'ok' && !draining, store: found, draining, providers: states }
}

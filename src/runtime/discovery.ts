import type { Provider } from '../core/ports.ts'

/** Keeps the metadata of providers at hand, whether somebody signs in or not. */
export interface Discovery {
  /** Reads what is due, of each provider that is in use now. A timer does this; tests do it themselves. */
  look(): Promise<void>
  stop(): void
}

/** As often as it is looked; when something is read at all, each provider decides by its age and its pauses. */
const lookEveryMs = 1_000

/**
 * Readiness and metrics only tell what is known, and ask no provider; so the log says at the start what a first sign-in
 * would find, and a provider that was down is found again without one.
 */
export function keepDiscovered(providers: () => Iterable<Pick<Provider, 'discover'>>): Discovery {
  const look = async (): Promise<void> => {
    await Promise.all([...providers()].map((provider) => provider.discover()))
  }
  const timer = setInterval(() => void look(), lookEveryMs).unref()
  void look()
  return { look, stop: () => clearInterval(timer) }
}

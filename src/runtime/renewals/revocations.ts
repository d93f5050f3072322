import { isFault } from '../../core/fault.ts'
import { limits } from '../../core/limits/table.ts'
import type { ProviderId } from '../../core/provider-id.ts'
import type { Provider } from '../../core/provider-port.ts'
import type { Session } from '../../core/session/session.ts'
import type { RenewalEvent } from './event.ts'

/** Refresh tokens that nobody uses any more (RFC 7009), revoked behind the answers of those who signed out. */
export interface Revocations {
  /** Nothing where there is none, or its provider is not configured any more. Failures are told. */
  revoke(session: Pick<Session, 'issuer' | 'clientId' | 'tokens'>): void
  /** Resolves when those that are under way now are over. Never rejects. */
  settled(): Promise<unknown>
}

export interface RevocationsSetup {
  readonly provider: (id: ProviderId) => Provider | null
  readonly note: (event: RenewalEvent) => void
  readonly report: (thrown: unknown) => void
}

/** How many are sent at once is the provider's own bound. */
export function createRevocations({ provider: find, note, report }: RevocationsSetup): Revocations {
  const underWay = new Set<Promise<void>>()

  async function send(provider: Provider, token: string): Promise<void> {
    try {
      await provider.revoke(token)
    } catch (thrown) {
      if (isFault(thrown)) note({ kind: 'not-revoked', provider: provider.name, fault: thrown })
      else report(thrown)
    }
  }

  return {
    revoke({ issuer, clientId, tokens }) {
      const provider = tokens.refresh === null ? null : find({ issuer, clientId })
      if (provider === null || tokens.refresh === null || underWay.size >= limits.revocationsUnderWay) return
      const one: Promise<void> = send(provider, tokens.refresh).finally(() => underWay.delete(one))
      underWay.add(one)
    },
    settled: () => Promise.all(underWay),
  }
}

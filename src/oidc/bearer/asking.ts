import type { BearerSettings } from '../../core/credential/bearer-settings.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import type { FailureCount } from '../../core/limits/failures.ts'
import type { Clock } from '../../core/ports.ts'
import type { ClientAuthFor } from '../client-auth.ts'
import { within } from '../deadline.ts'
import type { KeyCache } from '../keys.ts'
import type { Limits } from '../limits.ts'
import type { Metadata } from '../metadata.ts'
import type { Transport } from '../transport.ts'
import { type AskedTokens, createAskedTokens } from './asked-tokens.ts'
import { introspect } from './introspection.ts'
import type { Told } from './told-tokens.ts'
import { readByUserinfo } from './userinfo.ts'

/** A provider that has to be asked of each access token. */
export interface AskableProvider {
  readonly settings: ProviderSettings
  readonly bearer: BearerSettings
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
  readonly limits: Limits
  readonly failures: FailureCount
  /** Connections that no sign-in needs. */
  readonly transport: Transport
  readonly clientAuth: ClientAuthFor
  readonly keys: KeyCache
  readonly metadata: () => Promise<Metadata>
}

/** Access tokens of a provider with `check: introspection` or `check: userinfo`. */
export function createTokenAsking(provider: AskableProvider): AskedTokens {
  const { settings, bearer } = provider
  return createAskedTokens({
    ...provider,
    provider: settings.name,
    cacheSeconds: bearer.cacheSeconds,
    ask: async (raw, now, deadline): Promise<Told> => {
      const metadata = () => within(deadline, provider.metadata(), settings.name)
      return bearer.check === 'introspection'
        ? introspect({ ...provider, metadata: await metadata() }, raw, now, deadline)
        : within(deadline, readByUserinfo({ ...provider, metadata }, raw, now, deadline), settings.name)
    },
  })
}

import type { ProviderSettings } from '../core/gateway.ts'
import type { AccessTokenReading } from '../core/provider-port.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { readUnverifiedToken } from '../oidc/bearer/jwt.ts'

/** What a provider's JWT says, judged in all but its signature. For commands: it never lets anybody in. */
export function unverifiedToken(
  raw: string,
  { issuer }: Pick<ProviderSettings, 'issuer'>,
  now: EpochSeconds,
): AccessTokenReading {
  return readUnverifiedToken(raw, issuer, now)
}

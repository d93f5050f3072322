import { LoginFault, ProviderFault } from '../../core/fault.ts'
import type { Json } from '../../core/json.ts'
import type { ProviderSettings } from '../../core/provider-settings.ts'
import type { Claims } from '../../core/rules/claims.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { verifyIdToken } from '../id-token.ts'
import { mergeClaims } from '../identity.ts'
import type { KeyCache } from '../keys.ts'

/** The ID token that came along with an access token, and for which client. */
export interface AccompanyingIdToken {
  readonly raw: Json | undefined
  readonly accessToken: string
  readonly clientId: string
}

/**
 * What an ID token adds to the claims of the access token that it came with, after the checks of a sign-in (OpenID
 * Connect Core 3.1.3.7). Nobody sent a `nonce`, so one that has one is not for this. Null: none came. One that fails is a
 * `ProviderFault`: it is the provider's, whoever the pair is.
 */
export async function addedClaims(
  { raw, accessToken, clientId }: AccompanyingIdToken,
  settings: ProviderSettings,
  algorithms: readonly string[],
  keys: KeyCache,
  now: EpochSeconds,
): Promise<Claims | null> {
  if (raw === undefined || raw === null) return null
  if (typeof raw !== 'string') throw refused('it is no text')
  const { issuer, extraAudiences } = settings
  const expected = { issuer, clientId, extraAudiences, algorithms, accessToken }
  try {
    const { claims } = await verifyIdToken(
      raw,
      { ...expected, nonce: null, nonceMayBeMissing: true },
      keys,
      now,
    )
    return mergeClaims(claims, null, settings.claimsFrom)
  } catch (thrown) {
    if (thrown instanceof LoginFault) throw new ProviderFault('PROVIDER_RESPONSE_INVALID', thrown.message)
    throw thrown
  }
}

function refused(reason: string): ProviderFault {
  return new ProviderFault('PROVIDER_RESPONSE_INVALID', `the ID token is refused: ${reason}`)
}

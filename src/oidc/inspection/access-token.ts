import type { ProviderSettings } from '../../core/gateway.ts'
import { unknownNetwork } from '../../core/limits/network.ts'
import type { AccessTokenReading } from '../../core/provider-port.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { createProvider } from '../provider.ts'
import { type InspectionDeps, type Seen, seen } from './inspection.ts'

/**
 * What becomes of an access token that nobody made, by the very code that serves: it is to be refused, and to be refused
 * the provider’s keys, its introspection endpoint or the address that tells of tokens have to answer. Throws
 * `ConfigFault` as `inspectProvider` does.
 */
export async function inspectAccessTokens(
  settings: ProviderSettings,
  { clock, random, proxyEnv }: InspectionDeps,
): Promise<Seen<AccessTokenReading>> {
  const provider = createProvider(settings, { clock, random, proxyEnv })
  try {
    const now = clock.now()
    const token = madeUpToken(settings, random, now)
    return await seen(async () => provider.readAccessToken(token, now, unknownNetwork))
  } finally {
    await provider.close()
  }
}

/** A JWT that only a signature would make good, or a text that no provider knows. */
function madeUpToken(
  { bearer, issuer }: ProviderSettings,
  random: InspectionDeps['random'],
  now: EpochSeconds,
): string {
  const piece = (bytes: number) => random(bytes).toString('base64url')
  if (bearer?.check !== 'jwt') return `claimgate-doctor-${piece(24)}`
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = part({ alg: 'RS256', typ: 'at+jwt', kid: `claimgate-doctor-${piece(6)}` })
  const body = part({ iss: issuer, sub: 'claimgate-doctor', aud: bearer.audiences[0] ?? '-', exp: now + 60 })
  return `${header}.${body}.${piece(256)}`
}

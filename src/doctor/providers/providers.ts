import type { ProviderSettings } from '../../core/gateway.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { inspectAccessTokens } from '../../oidc/inspection/access-token.ts'
import {
  type InspectionDeps,
  inspectProvider,
  type ProviderInspection,
} from '../../oidc/inspection/inspection.ts'
import { certificateFinding } from '../certificate.ts'
import { type Finding, type FindingsOf, findingsOf } from '../finding.ts'
import type { AskedProvider } from './asked.ts'
import { bearerFinding } from './bearer.ts'
import { authorizationFindings, clientFindings } from './client.ts'
import { metadataFindings } from './metadata.ts'

/** Asks a provider everything that can be asked without signing in. */
export async function providerFindings(
  asked: AskedProvider,
  deps: InspectionDeps,
): Promise<readonly Finding[]> {
  const { settings } = asked
  // With one that signs nobody in there is nothing else to ask for, and no client that could.
  const signIn = settings.signsIn
    ? judgeProvider(asked, await inspectProvider(settings, asked.redirectUris, deps), deps.clock.now())
    : []
  return [...signIn, ...(await tokenFindings(settings, deps))]
}

async function tokenFindings(settings: ProviderSettings, deps: InspectionDeps): Promise<readonly Finding[]> {
  if (settings.bearer === null) return []
  const reading = await inspectAccessTokens(settings, deps)
  return [bearerFinding(findingsOf(`providers.${settings.name}`), settings.bearer, reading)]
}

/** The findings of an inspection, in the order in which a sign-in would meet them. */
export function judgeProvider(
  asked: AskedProvider,
  inspection: ProviderInspection,
  now: EpochSeconds,
): readonly Finding[] {
  const say = findingsOf(`providers.${asked.settings.name}`)
  return [
    ...metadataFindings(say, asked, inspection),
    ...clockFindings(say, inspection),
    ...tlsFindings(say, asked.settings, inspection, now),
    ...authorizationFindings(say, asked.settings, inspection.authorizations),
    ...clientFindings(say, inspection.token),
  ]
}

/** As much as two clocks may differ before ID tokens are refused. */
const clockToleranceSeconds = 60

function clockFindings(
  say: FindingsOf,
  { document, clockAheadSeconds: ahead }: ProviderInspection,
): readonly Finding[] {
  if (ahead === null)
    return document.ok
      ? [say.note('clock', 'its answers bear no Date, so the clocks cannot be compared')]
      : []
  const seconds = Math.abs(Math.round(ahead))
  if (seconds <= clockToleranceSeconds)
    return [say.ok('clock', `differs from this machine's by ${seconds} s`)]
  const saw = `its clock is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} this machine's`
  return [
    say.failed(
      'clock',
      saw,
      "Set this machine's clock by NTP. While the clocks differ so much, ID tokens are refused as not yet valid or as expired.",
    ),
  ]
}

function tlsFindings(
  say: FindingsOf,
  settings: ProviderSettings,
  { certificateEnds }: ProviderInspection,
  now: EpochSeconds,
): readonly Finding[] {
  const reached = new URL(settings.internalUrl ?? settings.issuer)
  const found = [...certificateEnds].map(([host, endsAt]) =>
    certificateFinding(say, `the certificate of ${host}`, endsAt, now),
  )
  if (reached.protocol === 'https:' || isLoopback(reached.hostname)) return found
  return [
    say.warning(
      'TLS',
      `${reached.origin} is asked by plain http`,
      'Whoever is on the way can sign in as anybody: use https.',
    ),
    ...found,
  ]
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}

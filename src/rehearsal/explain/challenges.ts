import { type Credential, credentialOf, isHeaderCredential } from '../../core/credential/credential.ts'
import type { ProbeResult } from '../../http/admission/probe.ts'
import type { Answer } from '../../http/pages/answer.ts'
import { credentialNeeded, withChallenges } from '../../http/pages/credential-answer.ts'

/** The credential that was looked at, good or not, of those that are accepted; null: none. */
export function countedIn(
  { admission, who }: ProbeResult,
  accepted: readonly Credential[],
): Credential | null {
  if (admission.header !== null) return admission.header.credential
  if (who === null) return null
  const credential = credentialOf(who)
  return accepted.includes(credential) ? credential : null
}

/** Whether a token or key was presented that is not good, or not for this: no rule was asked. */
export function isRefusedCredential({ admission, who }: ProbeResult): boolean {
  return admission.header !== null && who === null
}

/** `WWW-Authenticate` as http/pages writes it, where tokens or keys are accepted; null: the answer has none. */
export function challengesIn(
  { admission, now }: ProbeResult,
  headers: Readonly<Record<string, string>>,
): string | null {
  const { decision, location } = admission
  if (location?.credentials.some(isHeaderCredential) !== true) return null
  if (decision.kind === 'challenge' && (decision.presented !== undefined || decision.providers.length === 0))
    return challengeOf(credentialNeeded(admission, decision, headers, now))
  if (decision.kind === 'deny') return challengeOf(withChallenges(bare(403, {}), admission, headers))
  // What a step-up asks for is told elsewhere.
  if (decision.kind !== 'challenge' || decision.how === 'redirect' || decision.stepUp !== null) return null
  const own = { 'www-authenticate': 'Cookie realm="claimgate"' }
  return challengeOf(withChallenges(bare(401, own), admission, headers))
}

function bare(status: number, headers: Answer['headers']): Answer {
  return { status, headers, body: '' }
}

function challengeOf({ headers }: Answer): string | null {
  return headers['www-authenticate'] ?? null
}

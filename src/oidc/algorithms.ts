import type { ProviderSettings } from '../core/gateway.ts'
import { isIdTokenAlgorithm } from '../core/signature-algorithm.ts'
import { quote } from './quote.ts'

/** What ID tokens may be signed with: as written, else what the metadata offers of ours. */
export function acceptedAlgorithms(
  settings: ProviderSettings,
  offered: readonly string[],
): readonly string[] {
  return settings.signingAlgorithms ?? offered
}

/** What it bears, what is accepted, and the key to write where the first is right; `none` is never right. */
export function algorithmProblem(found: unknown, accepted: readonly string[]): string {
  const key =
    typeof found === 'string' && isIdTokenAlgorithm(found)
      ? `; where that is right, write \`id_token_signed_response_alg: ${found}\` at the provider`
      : ''
  return `${notAccepted(found, accepted)}${key}`
}

/** The same where no key of the file changes it. */
export function notAccepted(found: unknown, accepted: readonly string[]): string {
  return `${quote(found)}, and ${accepted.join(', ')} is accepted`
}

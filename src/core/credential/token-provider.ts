import type { ProviderSettings } from '../gateway.ts'
import { readJwtForm } from './jwt-form.ts'

/**
 * The provider whose rules count for an access token, of those that an app accepts (`acceptedBearers`); null: none. By what
 * the token says of itself, which nobody has verified: a JWT goes to the provider of its `iss`, whatever else is there;
 * any other token, and a JWT that names no issuer, to the one that is asked about tokens.
 */
export function providerOfToken(
  accepted: readonly ProviderSettings[],
  token: string,
): ProviderSettings | null {
  const issuer = readJwtForm(token)?.issuer ?? null
  const found =
    issuer === null ? accepted.find(isAskedOfTokens) : accepted.find((one) => one.issuer === issuer)
  return found ?? null
}

/** Whether tokens are sent to the provider, which says whose they are, instead of being read here. */
export function isAskedOfTokens({ bearer }: Pick<ProviderSettings, 'bearer'>): boolean {
  return bearer !== null && bearer.check !== 'jwt'
}

import type { JsonObject } from '../../core/json-object.ts'
import type { Finding, FindingsOf } from '../finding.ts'
import type { AskedProvider } from './asked.ts'
import { shown, textsOf } from './lists.ts'

/** What the metadata says of being asked again (`recheck`, tokens for apps) and of stepping up, as far as the file needs it. */
export function askingAgainFindings(
  say: FindingsOf,
  { keepsTokens, stepUps }: Pick<AskedProvider, 'keepsTokens' | 'stepUps'>,
  document: JsonObject,
): readonly Finding[] {
  const values = [...new Set(stepUps.flatMap(({ acrValues }) => acrValues))]
  const needsClaims = stepUps.some(({ authContext }) => authContext !== null)
  return [
    ...(keepsTokens ? [refreshFinding(say, document), revocationFinding(say, document)] : []),
    ...(values.length > 0 ? [acrFinding(say, values, document)] : []),
    ...(needsClaims ? [claimsParameterFinding(say, document)] : []),
  ]
}

function refreshFinding(say: FindingsOf, document: JsonObject): Finding {
  const grants = textsOf(document.grant_types_supported)
  const scopes = textsOf(document.scopes_supported)
  if (grants?.includes('refresh_token') === false)
    return say.warning(
      'refresh tokens',
      `it offers the grants ${shown(grants)}, and not \`refresh_token\``,
      'Without a refresh token it is asked at userinfo while the access token lives. Then people sign in again.',
    )
  if (grants === null && scopes?.includes('offline_access') !== true)
    return say.note(
      'refresh tokens',
      'it does not say whether it gives any: `claimgate doctor --sign-in` shows it',
    )
  return say.ok(
    'refresh tokens',
    scopes?.includes('offline_access') === true ? 'it offers `offline_access`' : 'it offers `refresh_token`',
  )
}

function revocationFinding(say: FindingsOf, document: JsonObject): Finding {
  return typeof document.revocation_endpoint === 'string'
    ? say.ok('revocation', 'refresh tokens can be revoked at a sign-out')
    : say.note('revocation', 'it names no `revocation_endpoint`: a refresh token lives on after a sign-out')
}

function acrFinding(say: FindingsOf, values: readonly string[], document: JsonObject): Finding {
  const offered = textsOf(document.acr_values_supported)
  if (offered === null) return say.note('acr_values', 'it does not say which it knows')
  const missing = values.filter((value) => !offered.includes(value))
  if (missing.length === 0) return say.ok('acr_values', `it knows ${shown(values)}`)
  return say.warning(
    'acr_values',
    `it does not name ${shown(missing)}, but ${shown(offered)}`,
    'Who is sent there for a `step_up` that it never brings gets 403: see `step_up`.',
  )
}

function claimsParameterFinding(say: FindingsOf, document: JsonObject): Finding {
  const { claims_parameter_supported: reads } = document
  if (reads === true) return say.ok('auth_context', 'it reads the parameter `claims`')
  if (reads === undefined)
    return say.note('auth_context', 'it does not say whether it reads the parameter `claims`')
  return say.warning(
    'auth_context',
    'it says that it does not read the parameter `claims`',
    'Entra reads it all the same. Elsewhere use `acr_values`.',
  )
}

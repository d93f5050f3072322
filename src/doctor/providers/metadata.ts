import type { FaultCode } from '../../core/fault.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import type { JsonObject } from '../../core/json-object.ts'
import type { ProviderInspection } from '../../oidc/inspection/inspection.ts'
import type { Metadata } from '../../oidc/metadata.ts'
import { quote } from '../../oidc/quote.ts'
import type { Finding, FindingsOf } from '../finding.ts'
import type { AskedProvider } from './asked.ts'
import { askingAgainFindings } from './asking-again.ts'
import { shown, textsOf } from './lists.ts'

/** Issuer, metadata, keys, and what the metadata says of scopes, claims, userinfo and signing out. */
export function metadataFindings(
  say: FindingsOf,
  asked: AskedProvider,
  { document, metadata, keys }: ProviderInspection,
): readonly Finding[] {
  const { settings, claims } = asked
  if (!document.ok) return [say.failed('metadata', document.reason, unreadCure(document.code, settings))]
  if (metadata !== null && !metadata.ok) return [unfitFinding(say, settings, document.value, metadata.reason)]
  const known = metadata?.value
  return [
    say.ok('metadata', `is there, and its issuer is ${quote(settings.issuer)}, as written`),
    ...keyFindings(say, keys),
    ...scopeFindings(say, settings, document.value),
    ...claimFindings(say, claims, document.value),
    ...askingAgainFindings(say, asked, document.value),
    ...(known === undefined ? [] : [...userinfoFindings(say, settings, known), signOutFinding(say, known)]),
  ]
}

function unreadCure(code: FaultCode, settings: ProviderSettings): string {
  const place = `providers.${settings.name}`
  return code === 'PROVIDER_UNREACHABLE'
    ? `See that this machine reaches it: its name, the network, HTTPS_PROXY, and \`internal_url\` or \`ca_file\` at ${place} where it has them.`
    : `See \`issuer\` at ${place}; where its metadata is elsewhere, set \`metadata_url\`.`
}

function unfitFinding(
  say: FindingsOf,
  settings: ProviderSettings,
  document: JsonObject,
  reason: string,
): Finding {
  const { issuer } = document
  if (typeof issuer !== 'string' || issuer === settings.issuer)
    return say.failed(
      'metadata',
      reason,
      'Its operator has to mend it, or `metadata_url` names another document.',
    )
  return say.failed(
    'issuer',
    `it calls itself ${quote(issuer)}, and the file says ${quote(settings.issuer)}`,
    `If that is the provider you mean, write \`issuer: ${quote(issuer)}\`: it is compared letter by letter, the last slash too.`,
  )
}

function keyFindings(say: FindingsOf, keys: ProviderInspection['keys']): readonly Finding[] {
  if (keys === null) return []
  if (!keys.ok)
    return [
      say.failed(
        'keys',
        keys.reason,
        'Without its keys (`jwks_uri`) no ID token can be verified, and nobody signs in.',
      ),
    ]
  const { keys: usable, ignored } = keys.value
  const found = say.ok('keys', `${usable.length} to verify ID tokens with`)
  if (ignored.length === 0) return [found]
  return [found, say.warning('keys', ignored.join('; '), 'A token signed by such a key is refused.')]
}

/** Of the protocol: that these are not listed says nothing. */
const scopesOfProtocol: ReadonlySet<string> = new Set(['openid', 'offline_access'])

function scopeFindings(
  say: FindingsOf,
  settings: ProviderSettings,
  document: JsonObject,
): readonly Finding[] {
  const offered = textsOf(document.scopes_supported)
  if (offered === null) return [say.note('scopes', 'it does not say which it offers')]
  const missing = settings.scopes.filter((scope) => !offered.includes(scope) && !scopesOfProtocol.has(scope))
  if (missing.length === 0) return [say.ok('scopes', `it offers ${settings.scopes.join(', ')}`)]
  return [
    say.warning(
      'scopes',
      `it does not offer ${missing.join(', ')}, but ${shown(offered)}`,
      'Some providers ignore such a scope, others refuse every sign-in: see `scopes`.',
    ),
  ]
}

/** OpenID Connect Core section 2, and those that are no claims of a person: hardly anybody lists them. */
const claimsOfProtocol: ReadonlySet<string> = new Set([
  ...['sub', 'iss', 'aud', 'exp', 'iat', 'nbf', 'jti', 'auth_time', 'nonce', 'acr', 'amr', 'azp', 'sid'],
  ...['email_verified', 'scope', 'scp'],
])

function claimFindings(say: FindingsOf, named: readonly string[], document: JsonObject): readonly Finding[] {
  const listed = textsOf(document.claims_supported)
  if (listed === null || listed.every((claim) => claimsOfProtocol.has(claim)))
    return [say.note('claims', 'it does not say which it sends')]
  const known = [...claimsOfProtocol, ...listed]
  const missing = named.filter(
    (path) => !known.some((claim) => path === claim || path.startsWith(`${claim}.`)),
  )
  if (missing.length === 0) return [say.ok('claims', 'it lists all that rules name')]
  return [
    say.warning(
      'claims',
      `it does not list ${shown(missing)}, which rules name`,
      'The list need not be complete: `claimgate doctor --sign-in` shows what really comes.',
    ),
  ]
}

function userinfoFindings(
  say: FindingsOf,
  settings: ProviderSettings,
  { userinfoEndpoint }: Metadata,
): readonly Finding[] {
  if (userinfoEndpoint !== null || !settings.claimsFrom.includes('userinfo')) return []
  if (!settings.claimsFromWritten)
    return [say.note('userinfo', 'it has none: claims come from the ID token alone')]
  return [
    say.failed(
      'userinfo',
      '`claims_from` names it, and the metadata names no `userinfo_endpoint`',
      'Take `userinfo` out of `claims_from`: as it is, every sign-in fails.',
    ),
  ]
}

function signOutFinding(say: FindingsOf, { endSessionEndpoint }: Metadata): Finding {
  return endSessionEndpoint === null
    ? say.note('sign-out', 'it names no `end_session_endpoint`: who signs out here stays signed in there')
    : say.ok('sign-out', 'people can be signed out there too')
}

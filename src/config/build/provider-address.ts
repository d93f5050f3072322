import type { Preset } from '../../core/preset.ts'
import type { ConfigPath } from '../node.ts'
import type { providerKeys } from '../schema/provider.ts'
import type { Checked } from '../validate.ts'
import { isLoopback, readWebAddress } from '../web-address.ts'
import { notTheIssuer } from './issuer.ts'
import { inferPreset, issuerFault } from './preset.ts'
import { faultAt, type Scope, warnAt } from './scope.ts'

type ProviderKeys = Checked<typeof providerKeys>

/** OIDC Core section 2: an issuer is an https URL without query and fragment; http stays on this machine. */
export function checkIssuer(scope: Scope, path: ConfigPath, keys: ProviderKeys): Preset {
  if (keys.issuer === undefined) return keys.preset ?? 'generic'
  const at = [...path, 'issuer']
  const other = notTheIssuer(keys.issuer)
  if (other !== null) faultAt(scope, at, other)
  const read = readWebAddress(keys.issuer)
  if (!read.ok) {
    faultAt(scope, at, read.message)
    return keys.preset ?? 'generic'
  }
  checkScheme(scope, at, read.address, keys.allow_insecure_http === true)
  const preset = keys.preset ?? inferPreset(read.address)
  const fault = issuerFault(preset, keys.issuer, read.address)
  if (fault !== null) faultAt(scope, at, fault)
  return preset
}

export function checkInternalUrl(scope: Scope, path: ConfigPath, keys: ProviderKeys): void {
  if (keys.internal_url === undefined) return
  const at = [...path, 'internal_url']
  const read = readWebAddress(keys.internal_url)
  if (read.ok) checkScheme(scope, at, read.address, keys.allow_insecure_http === true)
  else faultAt(scope, at, read.message)
}

/** An address as the others are, but for a query: Azure AD B2C names the policy in it. */
export function checkMetadataUrl(scope: Scope, path: ConfigPath, keys: ProviderKeys): void {
  if (keys.metadata_url === undefined) return
  const at = [...path, 'metadata_url']
  const [address = '', query = ''] = keys.metadata_url.split(/\?(.*)/s)
  const read = readWebAddress(address)
  if (!read.ok) faultAt(scope, at, read.message)
  else if (!/^[!-"$-~]*$/.test(query)) faultAt(scope, at, 'the query must be visible ASCII, without "#"')
  else checkScheme(scope, at, read.address, keys.allow_insecure_http === true)
}

/** `http` beyond this machine has one explicit key, and is warned of at each start. */
export function checkScheme(
  scope: Scope,
  path: ConfigPath,
  address: { readonly scheme: 'http' | 'https'; readonly hostname: string },
  allowed: boolean,
): void {
  if (address.scheme === 'https' || isLoopback(address.hostname)) return
  if (allowed) {
    warnAt(
      scope,
      path,
      'http is allowed here by `allow_insecure_http`: whoever is on the way can read and change what passes',
    )
  } else {
    faultAt(
      scope,
      path,
      'must be https: http is for loopback hosts (or, knowingly, with `allow_insecure_http: true`)',
    )
  }
}

import type { ProviderSettings } from '../../core/gateway.ts'
import type { Secret } from '../../core/secret.ts'
import type { ConfigPath } from '../node.ts'
import type { providerKeys } from '../schema/provider.ts'
import type { Checked } from '../validate.ts'
import { canSign, readKeyPair, readPrivateKey } from './pem.ts'
import { faultAt, faultAtKey, isWritten, type Scope } from './scope.ts'

type ProviderKeys = Checked<typeof providerKeys>

const secretMethods: ReadonlySet<string> = new Set(['client_secret_basic', 'client_secret_post'])

/**
 * Which keys prove the client follows from the method; what another method would use is a mistake to tell. `asks` is what
 * asks about tokens as our client; null: nothing does.
 */
export function checkClientProof(
  scope: Scope,
  path: ConfigPath,
  keys: ProviderKeys,
  asks: string | null,
): void {
  const method = keys.token_endpoint_auth_method
  // RFC 7662 2.1: whoever may ask about tokens must prove it.
  if (method === 'none' && asks !== null)
    faultAt(scope, [...path, 'token_endpoint_auth_method'], `proves nothing, and ${asks} needs a proof`)
  const written = (key: string) => isWritten(scope, [...path, key])
  const usesSecret = method === undefined || secretMethods.has(method)
  if (method === undefined && written('token_endpoint_auth_method')) return

  if (usesSecret && !written('client_secret')) {
    const other =
      method === undefined ? '; other ways to prove the client are named by `token_endpoint_auth_method`' : ''
    faultAt(scope, [...path, 'client_secret'], `is missing${other}`)
  }
  if (!usesSecret && written('client_secret')) {
    faultAtKey(
      scope,
      [...path, 'client_secret'],
      `is not used with \`token_endpoint_auth_method: ${method}\`: leave it out`,
    )
  }
  for (const [key, owner] of proofKeys) {
    const wanted = method === owner
    if (wanted && key !== 'client_key_id' && key !== 'client_assertion_alg' && !written(key)) {
      faultAt(scope, [...path, key], `is missing: \`token_endpoint_auth_method: ${owner}\` needs it`)
    }
    if (!wanted && written(key)) {
      faultAtKey(scope, [...path, key], `is used with \`token_endpoint_auth_method: ${owner}\` only`)
    }
  }
}

const proofKeys = [
  ['client_key', 'private_key_jwt'],
  ['client_key_id', 'private_key_jwt'],
  ['client_assertion_alg', 'private_key_jwt'],
  ['client_certificate', 'tls_client_auth'],
] as const

interface Proof {
  readonly clientSecret: Secret | null
  readonly authMethod: ProviderSettings['authMethod']
  readonly clientKey: Secret | null
  readonly clientKeyId: string | null
  readonly clientAssertionAlg: string | null
  readonly clientCertificate: ProviderSettings['clientCertificate']
}

export function readProof(scope: Scope, path: ConfigPath, keys: ProviderKeys): Proof {
  const { client_key: key, client_certificate: pair, client_assertion_alg: algorithm } = keys
  const clientKey = key === undefined ? null : readPrivateKey(scope, [...path, 'client_key'], key, true)
  if (clientKey !== null && algorithm !== undefined && !canSign(clientKey, algorithm)) {
    faultAt(scope, [...path, 'client_assertion_alg'], 'does not fit the kind of `client_key`')
  }
  return {
    clientSecret: keys.client_secret ?? null,
    authMethod: keys.token_endpoint_auth_method ?? null,
    clientKey,
    clientKeyId: keys.client_key_id ?? null,
    clientAssertionAlg: algorithm ?? null,
    clientCertificate: pair === undefined ? null : readKeyPair(scope, [...path, 'client_certificate'], pair),
  }
}

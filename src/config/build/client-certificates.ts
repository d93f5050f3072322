import { createSecureContext } from 'node:tls'
import type { CertificateAuthority, ClientCertificateSettings } from '../../core/certificate/settings.ts'
import { errorCode } from '../../core/error-code.ts'
import { clientPrefix } from '../../core/principal.ts'
import { type ConfigPath, nodeAt } from '../node.ts'
import { authorityKeys, clientCertificateKeys } from '../schema/client-certificates.ts'
import { checkKeys } from '../validate.ts'
import { checkAuthorities } from './authority-faults.ts'
import { readCertificateFile, readTextFile } from './pem.ts'
import { checkName } from './provider.ts'
import { faultAt, isWritten, namesOf, placeOf, type Scope } from './scope.ts'

const path: ConfigPath = ['client_certificates']
const { authorities: _authorities, ...plainKeys } = clientCertificateKeys

/** `client_certificates`; null where it is absent, or faulty and reported. */
export function buildClientCertificates(scope: Scope): ClientCertificateSettings | null {
  if (!isWritten(scope, path)) return null
  const keys = checkKeys(plainKeys, placeOf(scope, path), ['authorities'])
  if (nodeAt(scope.root, path)?.kind !== 'map') return null
  const at = [...path, 'authorities']
  if (isWritten(scope, at) && nodeAt(scope.root, at)?.kind !== 'map') {
    faultAt(scope, at, 'expected a mapping, such as `partners: { ca_file: partners.pem }`')
    return null
  }
  const names = namesOf(scope, at)
  if (names.length === 0) {
    faultAt(scope, at, 'is missing: whose certificates count, such as `partners: { ca_file: partners.pem }`')
    return null
  }
  const built = names.map((name) => buildAuthority(scope, [...at, name], name))
  const { user_id: userId, user_id_prefix: userIdPrefix } = keys
  if (userIdPrefix !== undefined) checkPrefix(scope, userIdPrefix)
  if (names.length > 1 && userId !== undefined && userId !== 'fingerprint_sha256') {
    const message = `is \`${userId}\`, and each of ${names.join(' and ')} could give one and the same to somebody else: with several authorities it is fingerprint_sha256`
    faultAt(scope, [...path, 'user_id'], message)
  }
  const authorities = built.filter((one) => one !== null)
  checkAuthorities(scope, at, authorities)
  if (authorities.length < names.length || userId === undefined || userIdPrefix === undefined) return null
  return { authorities, userId, userIdPrefix }
}

function buildAuthority(scope: Scope, at: ConfigPath, name: string): CertificateAuthority | null {
  checkName(scope, at, name)
  const keys = checkKeys(authorityKeys, placeOf(scope, at))
  const { ca_file: caFile, crl_file: crlFile } = keys
  if (caFile === undefined) return null
  const ca = readCertificateFile(scope, [...at, 'ca_file'], caFile)
  const crl = crlFile === undefined ? null : readRevocations(scope, [...at, 'crl_file'], crlFile)
  if (crlFile !== undefined && crl === null) return null
  // Of a file that may be missing nothing is known.
  return { name, ca: ca ?? '', crl }
}

/** Lists of revoked certificates in PEM that TLS takes; null when reported. */
function readRevocations(scope: Scope, at: ConfigPath, file: string): string | null {
  const text = readTextFile(scope, at, file)
  if (text === null) return null
  if (!/-----BEGIN X509 CRL-----/.test(text)) {
    faultAt(scope, at, 'holds no revocation list in PEM form ("-----BEGIN X509 CRL-----")')
    return null
  }
  try {
    createSecureContext({ crl: text })
    return text
  } catch (thrown) {
    faultAt(scope, at, `holds a revocation list that cannot be read: ${errorCode(thrown) ?? 'unknown'}`)
    return null
  }
}

function checkPrefix(scope: Scope, prefix: string): void {
  if (prefix.startsWith(clientPrefix) || clientPrefix.startsWith(prefix)) {
    const message = `could be taken for \`${clientPrefix}\`, with which the ids of programs begin`
    faultAt(scope, [...path, 'user_id_prefix'], message)
  }
}

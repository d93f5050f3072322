import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { certificateEndText, certificateState } from '../../core/certificate.ts'
import { errorCode } from '../../core/error-code.ts'
import { Secret } from '../../core/secret.ts'
import { algorithmsOfKey, type SignatureAlgorithm } from '../../core/signature-algorithm.ts'
import { certificatesIn } from '../certificates.ts'
import { decodeUtf8, readBeside } from '../files.ts'
import { mayBeMadeUp } from '../made-up.ts'
import type { ConfigPath } from '../node.ts'
import { faultAt, type Scope, warnAt } from './scope.ts'

/**
 * Certificates in PEM, each of them readable; null when reported, or missing where it may be. `value` is the text
 * itself or a file's path.
 */
export function readCertificates(scope: Scope, path: ConfigPath, value: string): string | null {
  const found = readText(scope, path, value)
  if (found === null) return null
  const blocks = found.text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length > 0 && blocks.every((block) => isCertificate(block))) {
    warnOfEnds(scope, path, found.text)
    return found.text
  }
  faultAt(scope, path, 'holds no certificate in PEM form ("-----BEGIN CERTIFICATE-----")')
  return null
}

/** No faults: a gateway that does not start for an old certificate serves nobody, and one that does most. */
function warnOfEnds(scope: Scope, path: ConfigPath, pem: string): void {
  const { now } = scope.surroundings
  if (now === undefined) return
  for (const { name, endsAt } of certificatesIn(pem)) {
    if (certificateState(endsAt, now) !== 'good')
      warnAt(scope, path, `the certificate "${name}" ${certificateEndText(endsAt, now)}: renew it`)
  }
}

/** The same for a key that names a file and nothing else: `ca_file`. */
export function readCertificateFile(scope: Scope, path: ConfigPath, file: string): string | null {
  if (!file.includes('-----BEGIN')) return readCertificates(scope, path, file)
  faultAt(scope, path, 'expected the name of a file')
  return null
}

/** The text of a file, for a key that names a file and nothing else; null when reported, or missing where it may be. */
export function readTextFile(scope: Scope, path: ConfigPath, file: string): string | null {
  if (!file.includes('-----BEGIN')) return readText(scope, path, file)?.text ?? null
  faultAt(scope, path, 'expected the name of a file')
  return null
}

/** The text of a private key, whatever is in it; null when reported, or missing where it may be. */
export function readPrivateText(scope: Scope, path: ConfigPath, value: string): string | null {
  const found = readText(scope, path, value)
  if (found === null) return null
  if (found.worldReadable)
    warnAt(scope, path, `everyone on this machine may read the file ${value}: chmod o-r`)
  return found.text
}

/** A private key without a passphrase, in PEM or, where `jwk` is allowed, as a JWK; null when reported. */
export function readPrivateKey(scope: Scope, path: ConfigPath, value: string, jwk: boolean): Secret | null {
  const text = readPrivateText(scope, path, value)
  if (text === null) return null
  if (isPrivateKey(text, jwk)) return new Secret(text)
  faultAt(scope, path, `holds no private key without passphrase in PEM${jwk ? ' or JWK' : ''} form`)
  return null
}

interface KeyPair {
  readonly certificate: string
  readonly key: Secret
}

/** A certificate and its key, which must belong together and be taken by TLS; null when reported. */
export function readKeyPair(
  scope: Scope,
  path: ConfigPath,
  value: { readonly certificate: string; readonly key: string },
): KeyPair | null {
  const certificate = readCertificates(scope, [...path, 'certificate'], value.certificate)
  const key = readPrivateKey(scope, [...path, 'key'], value.key, false)
  if (certificate === null || key === null) return null
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key.reveal()))) {
    faultAt(scope, [...path, 'key'], 'is not the key of the certificate')
    return null
  }
  const refusal = refusalOfTls(certificate, key)
  if (refusal === null) return { certificate, key }
  faultAt(scope, [...path, 'certificate'], `cannot be used for TLS: ${refusal}`)
  return null
}

/** Asked while the file is read, as a listener that finds out would go on with the certificate before it. */
function refusalOfTls(cert: string, key: Secret): string | null {
  try {
    createSecureContext({ cert, key: key.reveal(), minVersion: 'TLSv1.2' })
    return null
  } catch (thrown) {
    const code = errorCode(thrown) ?? 'unknown'
    return code === 'ERR_SSL_EE_KEY_TOO_SMALL'
      ? 'its key is too small; expected RSA of 2048 bits or more, or EC'
      : code
  }
}

interface FoundText {
  readonly text: string
  readonly worldReadable: boolean
}

function readText(scope: Scope, path: ConfigPath, value: string): FoundText | null {
  const found = findText(scope, path, value)
  // As environments and stores of secrets that know a single line have it.
  if (found === null || !/^\s*-----BEGIN [A-Z0-9 ]+-----\\[rn]/.test(found.text)) return found
  faultAt(scope, path, 'has `\\n` written out where its lines end: write line breaks, or the name of a file')
  return null
}

function findText(scope: Scope, path: ConfigPath, value: string): FoundText | null {
  if (/^\s*(?:\{|-----BEGIN )/.test(value)) return { text: value, worldReadable: false }
  // A text that was meant as a key must not be printed as the name of a file.
  if (/[\r\n]/.test(value)) {
    faultAt(scope, path, 'is neither PEM text nor the name of a file')
    return null
  }
  const file = readBeside(scope.surroundings, value)
  const text = file.ok ? decodeUtf8(file.bytes) : null
  if (file.ok && text !== null) return { text, worldReadable: file.worldReadable }
  if (!file.ok && mayBeMadeUp(path, scope.surroundings.madeUp)) return null
  faultAt(scope, path, `the file cannot be used: ${file.ok ? 'is no UTF-8 text' : file.reason}`)
  return null
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).subject !== undefined
  } catch {
    return false
  }
}

function isPrivateKey(text: string, jwk: boolean): boolean {
  try {
    return keyObject(text, jwk).type === 'private'
  } catch {
    return false
  }
}

function keyObject(text: string, jwk: boolean): KeyObject {
  if (jwk && text.trimStart().startsWith('{'))
    return createPrivateKey({ key: JSON.parse(text), format: 'jwk' })
  return createPrivateKey(text)
}

/** Whether a key of this kind makes signatures of this algorithm. */
export function canSign(key: Secret, algorithm: SignatureAlgorithm): boolean {
  return algorithmsOfKey(keyObject(key.reveal(), true)).includes(algorithm)
}

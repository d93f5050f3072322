import { type KeyObject, verify, X509Certificate } from 'node:crypto'
import {
  type CertificateNames,
  type RevocationList,
  type RevocationListFault,
  readCertificateNames,
  readRevocationList,
  type Signed,
} from './revocation-list.ts'
import type { CertificateAuthority } from './settings.ts'

/** A certificate of an authority, or one that was shown, as chains are built of it. */
export interface ChainCertificate extends CertificateNames {
  readonly certificate: X509Certificate
  /** Its public key as DER in hexadecimal. */
  readonly key: string
}

/** An authority, ready to be asked. */
export interface OpenAuthority {
  readonly name: string
  readonly certificates: readonly ChainCertificate[]
  /** Null: it takes nothing back. */
  readonly lists: readonly OwnList[] | null
}

/** A list with the key that wrote it. */
export interface OwnList extends RevocationList {
  readonly key: string
}

export type AuthorityFault =
  /** None of its certificates signs itself: a chain would end nowhere. */
  | { readonly of: 'ca'; readonly fault: 'no-root' | 'unreadable' }
  /** `of-nobody`: none of the authority's certificates signed the list of this place. */
  | { readonly of: 'crl'; readonly index: number; readonly fault: RevocationListFault | 'of-nobody' }

export interface OpenedAuthority {
  readonly authority: OpenAuthority
  readonly faults: readonly AuthorityFault[]
}

/**
 * Reads an authority's certificates and lists and verifies the lists' signatures. What is faulty is told and left out; a
 * list that is left out still stands for "there are lists": what none covers does not count. Never throws.
 */
export function openAuthority({ name, ca, crl }: CertificateAuthority): OpenedAuthority {
  const faults: AuthorityFault[] = []
  const blocks = pemBlocks(ca, certificateBlock)
  const certificates = blocks.flatMap((der) => chainCertificate(new X509Certificate(der)) ?? [])
  if (certificates.length < blocks.length) faults.push({ of: 'ca', fault: 'unreadable' })
  if (!certificates.some(({ certificate }) => certificate.checkIssued(certificate)))
    faults.push({ of: 'ca', fault: 'no-root' })
  if (crl === null) return { authority: { name, certificates, lists: null }, faults }
  const lists: OwnList[] = []
  for (const [index, der] of pemBlocks(crl, listBlock).entries()) {
    const reading = readRevocationList(der)
    const key = reading.ok ? writerOf(reading.list, certificates) : null
    if (reading.ok && key !== null) lists.push({ ...reading.list, key })
    else faults.push({ of: 'crl', index, fault: reading.ok ? 'of-nobody' : reading.fault })
  }
  return { authority: { name, certificates, lists }, faults }
}

/** Null: its DER cannot be read, or its key is none that is known here. */
export function chainCertificate(certificate: X509Certificate): ChainCertificate | null {
  const names = readCertificateNames(certificate.raw)
  if (names === null) return null
  try {
    const key = certificate.publicKey.export({ type: 'spki', format: 'der' }).toString('hex')
    return { certificate, key, ...names }
  } catch {
    return null
  }
}

/** The key of who wrote it: by its name, and by the signature. */
function writerOf(
  { issuer, signed }: RevocationList,
  certificates: readonly ChainCertificate[],
): string | null {
  const hash = hashes.get(signed.algorithm)
  if (hash === undefined) return null
  const writer = certificates.find(
    ({ subject, certificate }) => subject === issuer && isSigned(hash, signed, certificate.publicKey),
  )
  return writer?.key ?? null
}

function isSigned(hash: string | null, { bytes, signature }: Signed, key: KeyObject): boolean {
  try {
    return verify(hash, bytes, key, signature)
  } catch {
    return false
  }
}

/** Of RSA, ECDSA and EdDSA; null: the algorithm has its own. SHA-1 is none. */
const hashes: ReadonlyMap<string, string | null> = new Map([
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.3.101.112', null],
  ['1.3.101.113', null],
])

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const listBlock = /-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g

function pemBlocks(pem: string, block: RegExp): readonly Buffer[] {
  const found = pem.match(block) ?? []
  return found.map((text) => Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64'))
}

import { createHash } from 'node:crypto'
import { limits } from '../limits/table.ts'
import type { Claims } from '../rules/claims.ts'
import type { EpochSeconds } from '../session/session.ts'
import { readAlternativeNames } from './alternative-names.ts'
import { type DerElement, isContext, ofType, readDer } from './der.ts'
import {
  attributeTypes,
  type DistinguishedName,
  distinguishedNameText,
  readDistinguishedName,
  textsOfType,
} from './distinguished-name.ts'
import { readTime } from './time.ts'

/** What is known of a client by its certificate. */
export const certificateClaims = [
  ...(['authority', 'subject', 'issuer', 'common_name', 'organization', 'organizational_unit'] as const),
  ...(['san_dns', 'san_uri', 'san_email', 'serial', 'fingerprint_sha256', 'not_after'] as const),
] as const

export type CertificateClaim = (typeof certificateClaims)[number]

/**
 * The claims of a certificate that was verified in the handshake, by the authority that its chain ends at. One value is
 * a text, several are a list, none is no claim; `not_after` is a number of seconds. Null: it cannot be read, or a text
 * in it has a control character: who shows such a one has shown none. Judges no signature and no date.
 */
export function readCertificateClaims(der: Uint8Array, authority: string): Claims | null {
  if (der.length > limits.certificateBytes) return null
  const parts = readParts(der)
  if (parts === null) return null
  const { subject, serial, notAfter, names } = parts
  const attributes = {
    common_name: textsOfType(subject, attributeTypes.commonName),
    organization: textsOfType(subject, attributeTypes.organization),
    organizational_unit: textsOfType(subject, attributeTypes.organizationalUnit),
  }
  const { common_name, organization, organizational_unit } = attributes
  if (common_name === null || organization === null || organizational_unit === null) return null
  return {
    authority,
    subject: distinguishedNameText(subject),
    issuer: distinguishedNameText(parts.issuer),
    ...claim('common_name', common_name),
    ...claim('organization', organization),
    ...claim('organizational_unit', organizational_unit),
    ...claim('san_dns', names.dns),
    ...claim('san_uri', names.uri),
    ...claim('san_email', names.email),
    serial,
    fingerprint_sha256: createHash('sha256').update(der).digest('hex'),
    not_after: notAfter,
  }
}

function claim(name: string, values: readonly string[]): Claims {
  const [value, ...more] = values
  if (value === undefined) return {}
  return { [name]: more.length === 0 ? value : values }
}

interface Parts {
  readonly serial: string
  readonly issuer: DistinguishedName
  readonly subject: DistinguishedName
  readonly notAfter: EpochSeconds
  readonly names: NonNullable<ReturnType<typeof readAlternativeNames>>
}

/** RFC 5280 4.1. */
function readParts(der: Uint8Array): Parts | null {
  const certificate = ofType(readDer(der) ?? undefined, 'sequence')
  const body = ofType(certificate?.children[0], 'sequence')
  if (certificate?.children.length !== 3 || body === null) return null
  const [first] = body.children
  const [number, , issuing, validity, holder, , ...rest] = isContext(first, 0)
    ? body.children.slice(1)
    : body.children
  const serial = readSerial(number)
  const issuer = readDistinguishedName(issuing)
  const subject = readDistinguishedName(holder)
  const notAfter = readTime(ofType(validity, 'sequence')?.children[1])
  const names = readAlternativeNames(rest.find((element) => isContext(element, 3)))
  if (serial === null || issuer === null || subject === null || notAfter === null || names === null)
    return null
  return { serial, issuer, subject, notAfter, names }
}

/** As OpenSSL prints it: `0A3F`. */
function readSerial(element: DerElement | undefined): string | null {
  const content = ofType(element, 'integer')?.content
  if (content === undefined || content.length === 0) return null
  const value = BigInt.asIntN(content.length * 8, BigInt(`0x${Buffer.from(content).toString('hex')}`))
  const digits = (value < 0n ? -value : value).toString(16).toUpperCase()
  return `${value < 0n ? '-' : ''}${digits.length % 2 === 0 ? '' : '0'}${digits}`
}

import { type DerElement, ofType } from './der.ts'
import { isDerText, readDerText } from './text.ts'

/** A name of X.501: what stands in it, in its order. An RDN may have several attributes. */
export type DistinguishedName = readonly (readonly NameAttribute[])[]

interface NameAttribute {
  readonly oid: string
  /** Null: of a type that holds no text. */
  readonly text: string | null
  readonly encoded: Uint8Array
}

/** The types of attributes that are claims of their own (RFC 5280 4.1.2.4). */
export const attributeTypes = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  organizationalUnit: '2.5.4.11',
} as const

/** Null: it is none, or a text in it cannot be read. */
export function readDistinguishedName(element: DerElement | undefined): DistinguishedName | null {
  const sequence = ofType(element, 'sequence')
  if (sequence === null) return null
  const name: (readonly NameAttribute[])[] = []
  for (const child of sequence.children) {
    const set = ofType(child, 'set')
    const attributes = set?.children.map(readAttribute) ?? []
    const read = attributes.filter((one) => one !== null)
    if (read.length === 0 || read.length < attributes.length) return null
    name.push(read)
  }
  return name
}

function readAttribute(element: DerElement): NameAttribute | null {
  const pair = ofType(element, 'sequence')
  const [type, value, ...more] = pair?.children ?? []
  const oid = ofType(type, 'oid')?.oid ?? null
  if (oid === null || value === undefined || more.length > 0) return null
  const { encoded } = value
  if (!isDerText(value)) return { oid, text: null, encoded }
  const text = readDerText(value)
  return text === null ? null : { oid, text, encoded }
}

/** The texts of one type, in their order; null: one of them is no text. */
export function textsOfType(name: DistinguishedName, type: string): readonly string[] | null {
  const found = name.flat().filter(({ oid }) => oid === type)
  const texts = found.flatMap(({ text }) => (text === null ? [] : [text]))
  return texts.length === found.length ? texts : null
}

/**
 * A name as RFC 4514 writes it: the last RDN first, `CN=shop,O=Acme`. What has no short name here, or is no text, is its
 * number and its bytes. Just so `openssl x509 -nameopt RFC2253,-esc_msb` prints it, and Apache's `SSL_CLIENT_S_DN`.
 */
export function distinguishedNameText(name: DistinguishedName): string {
  return [...name].reverse().map(rdnText).join(',')
}

function rdnText(attributes: readonly NameAttribute[]): string {
  // Backwards here too, as OpenSSL does it: within one RDN the order says nothing.
  return [...attributes].reverse().map(attributeText).join('+')
}

function attributeText({ oid, text, encoded }: NameAttribute): string {
  const short = shortNames.get(oid)
  if (short === undefined || text === null) {
    return `${short ?? oid}=#${Buffer.from(encoded).toString('hex').toUpperCase()}`
  }
  return `${short}=${escaped(text)}`
}

/** RFC 4514 2.4. */
function escaped(text: string): string {
  return text
    .replace(/[\\,+"<>;]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, (space) => (text.length > 1 ? `\\${space}` : space))
}

/** RFC 4514 3, and those that OpenSSL has for what authorities write. */
const shortNames: ReadonlyMap<string, string> = new Map([
  [attributeTypes.commonName, 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'street'],
  [attributeTypes.organization, 'O'],
  [attributeTypes.organizationalUnit, 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.13', 'description'],
  ['2.5.4.17', 'postalCode'],
  ['2.5.4.42', 'GN'],
  ['2.5.4.43', 'initials'],
  ['2.5.4.44', 'generationQualifier'],
  ['2.5.4.45', 'x500UniqueIdentifier'],
  ['2.5.4.46', 'dnQualifier'],
  ['2.5.4.65', 'pseudonym'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
  ['1.3.6.1.4.1.311.60.2.1.1', 'jurisdictionL'],
  ['1.3.6.1.4.1.311.60.2.1.2', 'jurisdictionST'],
  ['1.3.6.1.4.1.311.60.2.1.3', 'jurisdictionC'],
  ['2.5.4.15', 'businessCategory'],
])

import { type DerElement, isContext, ofType, readDer } from './der.ts'
import { readAsciiText } from './text.ts'

/** The names of `subjectAltName` that are claims (RFC 5280 4.2.1.6). */
export interface AlternativeNames {
  readonly dns: readonly string[]
  readonly uri: readonly string[]
  readonly email: readonly string[]
}

const none: AlternativeNames = { dns: [], uri: [], email: [] }

const subjectAltName = '2.5.29.17'

/**
 * Of the extensions of a certificate; null: they cannot be read, or stand twice, of which two programs take two.
 * Names of other kinds count nothing here: `otherName` holds whatever its own type says.
 */
export function readAlternativeNames(extensions: DerElement | undefined): AlternativeNames | null {
  if (extensions === undefined) return none
  const list = extensions.children.length === 1 ? ofType(extensions.children[0], 'sequence') : null
  if (list === null) return null
  const read = list.children.map(readExtension)
  const known = read.filter((one) => one !== null)
  if (known.length < read.length || new Set(known.map(({ oid }) => oid)).size < known.length) return null
  const found = known.find(({ oid }) => oid === subjectAltName)
  return found === undefined ? none : readNames(found.value)
}

interface Extension {
  readonly oid: string
  readonly value: Uint8Array
}

function readExtension(element: DerElement): Extension | null {
  const children = ofType(element, 'sequence')?.children ?? []
  const oid = ofType(children[0], 'oid')?.oid ?? null
  const value = ofType(children.at(-1), 'octetString')
  return oid === null || value === null || children.length > 3 ? null : { oid, value: value.content }
}

function readNames(bytes: Uint8Array): AlternativeNames | null {
  const element = readDer(bytes)
  const list = ofType(element ?? undefined, 'sequence')
  if (list === null) return null
  const [email, dns, uri] = [textsOf(list, 1), textsOf(list, 2), textsOf(list, 6)]
  return email === null || dns === null || uri === null ? null : { dns, uri, email }
}

/** All three are IA5String (RFC 5280 4.2.1.6). */
function textsOf(list: DerElement, tag: number): readonly string[] | null {
  const found = list.children.filter((child) => isContext(child, tag))
  const texts = found.map(({ content, isConstructed }) => (isConstructed ? null : readAsciiText(content)))
  const known = texts.filter((text) => text !== null)
  return known.length === found.length ? known : null
}

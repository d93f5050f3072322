/** One element in DER: a tag, its length, what it holds. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), derLength(content.length), content])
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const hex = length.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
export const set = (...parts: readonly Uint8Array[]): Buffer => der(0x31, ...parts)

/** `2.5.4.3`. */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(number: number): number[] {
  const digits = [number % 128]
  for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128))
    digits.unshift((left % 128) | 0x80)
  return digits
}

/** The tags of strings. */
export const stringTags = {
  utf8: 0x0c,
  numeric: 0x12,
  printable: 0x13,
  t61: 0x14,
  ia5: 0x16,
  universal: 0x1c,
  bmp: 0x1e,
}

export type StringTag = keyof typeof stringTags

/** A string of a type; of text, in the encoding of that type. */
export function string(type: StringTag, value: string | Uint8Array): Buffer {
  return der(stringTags[type], typeof value === 'string' ? encoded(type, value) : value)
}

function encoded(type: StringTag, text: string): Buffer {
  switch (type) {
    case 'utf8':
      return Buffer.from(text)
    case 'bmp':
      return Buffer.from(text, 'utf16le').swap16()
    case 'universal':
      return Buffer.from([...text].flatMap((letter) => [0, 0, 0, letter.codePointAt(0) ?? 0]))
    case 'numeric':
    case 'printable':
    case 't61':
    case 'ia5':
      return Buffer.from(text, 'latin1')
  }
}

export const attribute = (type: string, value: Uint8Array): Buffer => sequence(oid(type), value)

/** One RDN with one attribute. */
export const rdn = (type: string, value: Uint8Array): Buffer => set(attribute(type, value))

/** An entry of `subjectAltName`. */
export const otherName = (type: string, value: Uint8Array): Buffer => der(0xa0, oid(type), der(0xa0, value))
export const email = (text: string): Buffer => der(0x81, Buffer.from(text, 'latin1'))
export const dns = (text: string): Buffer => der(0x82, Buffer.from(text, 'latin1'))
export const uri = (text: string): Buffer => der(0x86, Buffer.from(text, 'latin1'))

export const extension = (type: string, value: Uint8Array): Buffer => sequence(oid(type), der(0x04, value))

export const altNames = (...names: readonly Uint8Array[]): Buffer =>
  extension('2.5.29.17', sequence(...names))

/** A certificate with a signature of nobody: of the form that RFC 5280 4.1 gives. */
export function certificate({
  subject = [],
  issuer = [rdn('2.5.4.3', string('utf8', 'Test CA'))],
  extensions = [],
  serial = Buffer.from([1]),
  notAfter = der(0x17, Buffer.from('301231235959Z')),
}: {
  readonly subject?: readonly Uint8Array[]
  readonly issuer?: readonly Uint8Array[]
  readonly extensions?: readonly Uint8Array[]
  readonly serial?: Uint8Array
  readonly notAfter?: Uint8Array
}): Buffer {
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'))
  const key = sequence(
    sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
    der(0x03, Buffer.from([0]), generator),
  )
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    sequence(...issuer),
    sequence(der(0x17, Buffer.from('200101000000Z')), notAfter),
    sequence(...subject),
    key,
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  )
  return sequence(
    body,
    algorithm,
    der(0x03, Buffer.from([0]), sequence(der(0x02, Buffer.from([1])), der(0x02, Buffer.from([1])))),
  )
}

/** The base point of P-256, so that OpenSSL takes it for a key. */
const generator = Buffer.from(
  '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  'hex',
)

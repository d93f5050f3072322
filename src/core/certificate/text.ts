import { type DerElement, derTags } from './der.ts'

/**
 * The text of a string of X.509; null for none: another type, bytes that its encoding does not have, and every control
 * character, NUL first of all. What one program cuts there and another does not would be two names.
 */
export function readDerText(element: DerElement): string | null {
  if (element.tagClass !== 'universal' || element.isConstructed) return null
  const text = decode(element)
  return text === null || hasControl(text) ? null : text
}

/** The same of bytes that must be ASCII, whatever their tag says. */
export function readAsciiText(content: Uint8Array): string | null {
  const text = ascii(content)
  return text === null || hasControl(text) ? null : text
}

/** Whether it is of a type that holds text. */
export function isDerText({ tagClass, tag }: DerElement): boolean {
  return tagClass === 'universal' && textTags.has(tag)
}

const textTags: ReadonlySet<number> = new Set([
  ...[derTags.utf8String, derTags.numericString, derTags.printableString, derTags.teletexString],
  ...[derTags.ia5String, derTags.visibleString, derTags.universalString, derTags.bmpString],
])

function decode({ tag, content }: DerElement): string | null {
  switch (tag) {
    case derTags.utf8String:
      return utf8(content)
    case derTags.numericString:
    case derTags.printableString:
    case derTags.ia5String:
    case derTags.visibleString:
      return ascii(content)
    case derTags.teletexString:
      // T.61 in name. Those who write it, and OpenSSL that reads it, mean Latin-1.
      return Buffer.from(content).toString('latin1')
    case derTags.bmpString:
      return fixedWidth(content, 2)
    case derTags.universalString:
      return fixedWidth(content, 4)
    default:
      return null
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function utf8(content: Uint8Array): string | null {
  try {
    return strictUtf8.decode(content)
  } catch {
    return null
  }
}

function ascii(content: Uint8Array): string | null {
  return content.every((byte) => byte < 0x80) ? Buffer.from(content).toString('latin1') : null
}

/** One number a character: surrogates are none (X.680 41.8). */
function fixedWidth(content: Uint8Array, width: 2 | 4): string | null {
  if (content.length % width !== 0) return null
  const bytes = Buffer.from(content)
  let text = ''
  for (let at = 0; at < bytes.length; at += width) {
    const code = bytes.readUIntBE(at, width)
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null
    text += String.fromCodePoint(code)
  }
  return text
}

function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text)
}

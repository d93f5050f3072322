import type { KeyForms } from '../keys/api-key-settings.ts'
import { shortTokenPrefix } from '../keys/short-token-form.ts'
import { foldHeaderName } from './names.ts'

/** Whatever prefixes keys have. */
const shortTokenWord = shortTokenPrefix.slice(0, -1)

/** How the lines of a client are told that carry a key or a short token of ours. */
export interface OwnCredentials {
  /** The folded name of the header beside `Authorization`. */
  readonly keyHeader: string
  /** What ours begin with, in lower case, before the `_`. */
  readonly words: readonly string[]
}

export function ownCredentials({ header, prefixes }: KeyForms): OwnCredentials {
  return { keyHeader: foldHeaderName(header), words: [...prefixes, shortTokenWord] }
}

/**
 * Whether one line of `Authorization`, or of the header of keys, carries what is ours: it goes to no app. Wider than
 * what opens a location, as whoever mistypes a key sends nearly all of it: right or wrong, under any scheme or none, in
 * any case, in quotes, beside other values, as user name or as password of Basic.
 */
export function carriesOwn(value: string, { words }: Pick<OwnCredentials, 'words'>): boolean {
  if (namesOwn(unescaped(value), words)) return true
  const text = value.trimStart()
  if (!/^basic[\t ]/i.test(text)) return false
  // As forgiving as the most forgiving reader: both alphabets, and whatever is in neither is skipped.
  const pair = Buffer.from(text.slice('basic'.length).replace(/[^A-Za-z0-9+/_-]/g, ''), 'base64').toString(
    'latin1',
  )
  const password = pair.slice(pair.indexOf(':') + 1)
  return [pair, password].some((half) => beginsAsOwn(unescaped(half), words)) || holdsOwnId(pair, words)
}

/** Whether a prefix of ours and a whole id stand somewhere in a text, which is no chance. */
export function holdsOwnId(text: string, words: readonly string[]): boolean {
  return namesOwn(unescaped(text), words, true)
}

/**
 * As it reads where somebody encoded it as forms are: some clients do that to the underscore too (RFC 6749 section
 * 2.3.1). Blanks in front came along when it was copied.
 */
export function unescaped(text: string): string {
  return text.replace(/^(?:[\s+]|%20)+/, '').replaceAll(/%5f/gi, '_')
}

/**
 * Whether a word of the text begins as ours do. Inside of a token of somebody else it is chance, unless a whole id
 * follows. `byId`: that alone counts.
 */
function namesOwn(text: string, words: readonly string[], byId = false): boolean {
  for (let end = text.indexOf('_'); end !== -1; end = text.indexOf('_', end + 1)) {
    for (const word of words) {
      const start = end - word.length
      if (start < 0 || text.slice(start, end).toLowerCase() !== word) continue
      const isWord = !byId && (start === 0 || !isOfToken(text.charCodeAt(start - 1)))
      if (isWord || idForm.test(text.slice(end, end + 18))) return true
    }
  }
  return false
}

const idForm = /^_[0-9A-Za-z]{16}_/

function beginsAsOwn(text: string, words: readonly string[]): boolean {
  return words.some((word) => text.slice(0, word.length + 1).toLowerCase() === `${word}_`)
}

/** What may stand in a token (RFC 6750 section 2.1), but for the `=` at its end. */
function isOfToken(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    '-._~+/'.includes(String.fromCharCode(code))
  )
}

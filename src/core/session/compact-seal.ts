import { type KeyRing, type Opened, open, type Random, type SealScope, seal } from './seal.ts'

/**
 * The same seal as one word of base64url, for what people copy and what is told by its letters: key id, IV, tag and
 * ciphertext of the JWE behind one another. All but the last have one length, so that there is one spelling.
 */
const [kidLength, ivLength, tagLength] = [8, 16, 22]

/** Throws a RangeError when the result would be longer than `mostBytes`. */
export function sealCompact(
  ring: KeyRing,
  scope: SealScope,
  text: string,
  { random, mostBytes }: { readonly random: Random; readonly mostBytes: number },
): string {
  const [, , iv = '', ciphertext = '', tag = ''] = seal(
    ring,
    scope,
    text,
    random,
    Number.MAX_SAFE_INTEGER,
  ).split('.')
  const word = ring.sealing.kid + iv + tag + ciphertext
  if (word.length > mostBytes) throw new RangeError('too long to be sealed')
  return word
}

/** Opens what somebody sent. Never throws, and says nothing of why it did not open. */
export function openCompact(ring: KeyRing, scope: SealScope, word: string): Opened {
  const header = headerOf(ring, word.slice(0, kidLength))
  if (header === null) return { ok: false }
  const ivEnd = kidLength + ivLength
  const tagEnd = ivEnd + tagLength
  const [iv, tag, ciphertext] = [word.slice(kidLength, ivEnd), word.slice(ivEnd, tagEnd), word.slice(tagEnd)]
  return open(ring, scope, `${header}..${iv}.${ciphertext}.${tag}`)
}

/** Of the secret that a key id names; null: it names none of ours. */
function headerOf({ opening }: KeyRing, kid: string): string | null {
  for (const key of opening.values()) if (key.kid === kid) return key.header
  return null
}

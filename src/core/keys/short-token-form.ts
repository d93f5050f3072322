import { limits } from '../limits/table.ts'

/** What a token of our token endpoint is at a location: it opens what its key opens, or pages of one origin. */
export type ShortTokenKind = 'api_key' | 'widget'

/** What all of them begin with, in whatever case it is written. */
export const shortTokenPrefix = 'cgt_'

const kinds: Readonly<Record<string, ShortTokenKind>> = { k: 'api_key', w: 'widget' }

const form = /^cgt_([kw])[\w-]+$/

/**
 * Which kind of ours a text is by its letters alone: `cgt_k…` or `cgt_w…`, the rest base64url. Null: it is none, or too
 * long. The letter decides what is looked up; that it is true is for the seal to say.
 */
export function shortTokenKind(text: string): ShortTokenKind | null {
  if (text.length > limits.shortTokenBytes) return null
  return kinds[form.exec(text)?.[1] ?? ''] ?? null
}

/** What the sealed part of one follows. */
export function shortTokenStart(kind: ShortTokenKind): string {
  return `${shortTokenPrefix}${kind === 'api_key' ? 'k' : 'w'}`
}

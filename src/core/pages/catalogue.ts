import type { english } from './english.ts'

/** What a sentence of a page is called, in every language and in `pages.texts`. */
export type SentenceName = keyof typeof english

/** One language: every sentence of the pages. A catalogue that lacks one does not compile. */
export type Catalogue = Readonly<Record<SentenceName, string>>

/** What is filled into a sentence: the names in braces of its English form. */
export type Slots<Name extends SentenceName> = SlotsIn<(typeof english)[Name]>

type SlotsIn<Text extends string> = Text extends `${string}{${infer Slot}}${infer Rest}`
  ? Slot | SlotsIn<Rest>
  : never

/** The names in braces, in their order. */
export function slotsOf(text: string): readonly string[] {
  return [...text.matchAll(slot)].map(([, name = '']) => name)
}

/** A sentence taken apart: texts, and between them the names of what is filled in. */
export function partsOf(text: string): readonly { readonly text: string; readonly slot: string | null }[] {
  const pieces = text.split(slot)
  const parts: { readonly text: string; readonly slot: string | null }[] = []
  for (let at = 0; at < pieces.length; at += 2)
    parts.push({ text: pieces[at] ?? '', slot: pieces[at + 1] ?? null })
  return parts
}

const slot = /\{([a-z]+)\}/g

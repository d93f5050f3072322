import { html } from 'ghtml'
import { type Catalogue, partsOf, type SentenceName, type Slots } from '../../core/pages/catalogue.ts'

/** What is filled into a sentence: markup, made by the `html` tag. */
type Filling<Name extends SentenceName> = Readonly<Record<Slots<Name>, string>>

/** A sentence as markup: its own text escaped, what is filled in as it is. */
export function say<Name extends SentenceName>(
  words: Catalogue,
  name: Name,
  ...[filling]: [Slots<Name>] extends [never] ? [] : [Filling<Name>]
): string {
  const fillings: Readonly<Record<string, string>> = filling ?? {}
  const parts = partsOf(words[name]).map(({ text, slot }) => {
    const filled = slot === null ? '' : (fillings[slot] ?? '')
    return html`${text}!${filled}`
  })
  return parts.join('')
}

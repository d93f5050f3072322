import { quote } from '../../oidc/quote.ts'

/** The texts of a list of the metadata; null for what is no list. */
export function textsOf(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.filter((member) => typeof member === 'string') : null
}

const mostShown = 12

/** What a provider sent, or what a file names, in one line. */
export function shown(names: readonly string[]): string {
  const first = names.slice(0, mostShown).map((name) => quote(name))
  const more = names.length - first.length
  return more > 0 ? `${first.join(', ')} and ${more} more` : first.join(', ')
}

import type { HeaderLine } from './header-lines.ts'

/**
 * The parameters of a query without its `?`, decoded as forms are (a `+` is a space), in their order. What cannot be
 * decoded, as its bytes are no UTF-8 or a `%` is not followed by digits, stands as it came. `a` is `a` with an empty
 * value; what is empty between two `&` is nothing.
 */
export function queryParameters(query: string): readonly HeaderLine[] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair): HeaderLine => {
      const equals = pair.indexOf('=')
      if (equals === -1) return [decoded(pair), '']
      return [decoded(pair.slice(0, equals)), decoded(pair.slice(equals + 1))]
    })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/**
 * Takes one word off the front, as httpd's `ap_getword_conf` does: up to a blank, or what stands between `"` or `'`.
 * A backslash is eaten before another backslash and, in quotes, before that quote; every other one stays.
 */
export function takeWord(text: string): { readonly word: string; readonly rest: string } {
  const from = text.trimStart()
  const quote = from[0]
  if (quote !== '"' && quote !== "'") {
    const end = from.search(/\s/)
    const raw = end === -1 ? from : from.slice(0, end)
    return { word: raw.replaceAll('\\\\', '\\'), rest: end === -1 ? '' : from.slice(end).trimStart() }
  }
  let word = ''
  let at = 1
  while (at < from.length && from[at] !== quote) {
    const next = from[at + 1]
    if (from[at] === '\\' && (next === '\\' || next === quote)) at += 1
    word += from[at] ?? ''
    at += 1
  }
  return { word, rest: from.slice(at + 1).trimStart() }
}

/** All words of a text. An empty one in quotes is a word, as in `OIDCProviderUserInfoEndpoint ""`. */
export function splitWords(text: string): readonly string[] {
  const words: string[] = []
  let rest = text.trimStart()
  while (rest !== '') {
    const taken = takeWord(rest)
    words.push(taken.word)
    rest = taken.rest
  }
  return words
}

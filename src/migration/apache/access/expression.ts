import { compileWholeMatch } from '../../../core/rules/matcher.ts'
import type { ClaimTest } from '../../rule.ts'

export type ConvertedExpression =
  | { readonly ok: true; readonly test: ClaimTest }
  | { readonly ok: false; readonly reason: string }

/**
 * A search by PCRE, anywhere in a text, as a matcher of ours. Plain words become plain matchers; the rest is an
 * expression in RE2 syntax that must match the whole value, so what was not anchored gets its `.*` written out.
 */
export function convertExpression(source: string): ConvertedExpression {
  const plain = plainTest(source)
  if (plain !== null) return { ok: true, test: plain }
  const texts = textsInAnyCase(source)
  if (texts !== null) return { ok: true, test: { matcher: 'is_ignoring_case', values: texts } }
  const whole = wholeExpression(source)
  const compiled = compileWholeMatch(whole)
  if (!compiled.ok) return { ok: false, reason: compiled.reason }
  return { ok: true, test: { matcher: 'matches', values: [whole] } }
}

/** `(^|\s)word($|\s)`, as people write it for lists of words. */
const aWord =
  /^\((?:\^\|(?:\\s|\[\[:space:\]\]| )|(?:\\s|\[\[:space:\]\]| )\|\^)\)(.+)\((?:\$\|(?:\\s|\[\[:space:\]\]| )|(?:\\s|\[\[:space:\]\]| )\|\$)\)$/

function plainTest(source: string): ClaimTest | null {
  const word = aWord.exec(source)?.[1]
  const wordText = word === undefined ? null : literalText(word)
  if (wordText !== null && !/\s/.test(wordText)) return { matcher: 'has_word', values: [wordText] }
  const [, start, middle = '', end] = /^(\^?)(.*?)(\.\*\$?|\$?)$/s.exec(source) ?? []
  const begins = start === '^'
  const literals = literalTexts(middle)
  if (literals === null || literals.includes('')) return null
  if (begins && end === '$') return { matcher: 'is', values: literals }
  if (begins) return { matcher: 'starts_with', values: literals }
  return end === '$' ? { matcher: 'ends_with', values: literals } : null
}

/** `(?i)^(root|admin)$`: whole texts in any case, as PCRE and we compare it, of ASCII letters alone. */
function textsInAnyCase(source: string): readonly string[] | null {
  const [, whole = ''] = /^\(\?i\)(\^.*\$)$/s.exec(source) ?? []
  const test = plainTest(whole)
  return test?.matcher === 'is' && test.values.every((value) => /^[ -~]+$/.test(String(value)))
    ? test.values.map(String)
    : null
}

/** `a` and `(a|b)`: the texts that an expression stands for, when there are a few. */
function literalTexts(source: string): readonly string[] | null {
  const [, inner] = /^\((?:\?:)?([^()]*)\)$/.exec(source) ?? []
  const texts = (inner ?? source).split('|').map(literalText)
  if (inner === undefined && texts.length > 1) return null
  return texts.every((text) => text !== null) ? texts : null
}

/** The one text that an expression stands for; null when it stands for more. */
function literalText(source: string): string | null {
  let text = ''
  for (let at = 0; at < source.length; at += 1) {
    const character = source[at] ?? ''
    if (character === '\\') {
      at += 1
      const escaped = source[at]
      if (escaped === undefined || /\w/.test(escaped)) return null
      text += escaped
    } else if (/[.*+?^$()|[\]{}]/.test(character)) {
      const set = /^\[([^\]\\^])\]/.exec(source.slice(at))
      if (set === null) return null
      text += set[1] ?? ''
      at += 2
    } else text += character
  }
  return text
}

function wholeExpression(source: string): string {
  const alternatives = /\|/.test(source.replaceAll(/\\.|\[[^\]]*\]|\([^()]*\)/g, ''))
  const flags = /^\(\?[ims]+\)/.exec(source)?.[0] ?? ''
  const body = source.slice(flags.length)
  const begins = body.startsWith('^')
  const ends = /(?:^|[^\\])(?:\\\\)*\$$/.test(body)
  if (alternatives) return `${flags}(?s:.*)(?:${body})(?s:.*)`
  const inner = body.slice(begins ? 1 : 0, ends ? -1 : undefined)
  return `${flags}${begins ? '' : '(?s:.*)'}${inner}${ends ? '' : '(?s:.*)'}`
}

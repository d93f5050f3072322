import { compileSearch } from '../apache/reading/path-match.ts'

/**
 * Some text that an expression finds, for the expressions that people write in configurations: the first of each
 * alternative, one of each repetition. Null where that does not work out.
 */
export function sampleOf(source: string): string | null {
  const body = source.replace(/^\(\?[a-z]+\)/, '')
  const text = new Sampler(body).alternatives()
  return compileSearch(source)?.test(text) === true ? text : null
}

class Sampler {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  /** Up to the end or a closing parenthesis; the first alternative counts. */
  alternatives(): string {
    let first: string | null = null
    let text = ''
    while (this.#at < this.#source.length && this.#source[this.#at] !== ')') {
      if (this.#source[this.#at] === '|') {
        first ??= text
        text = ''
        this.#at += 1
      } else text += this.#piece()
    }
    return first ?? text
  }

  #piece(): string {
    const text = this.#atom()
    const [quantifier] = /^(?:[*+?]|\{\d+(?:,\d*)?\})[+?]?/.exec(this.#source.slice(this.#at)) ?? []
    if (quantifier === undefined) return text
    this.#at += quantifier.length
    const least = /^\{(\d+)/.exec(quantifier)?.[1]
    return least === undefined ? text : text.repeat(Math.min(Number(least), 100))
  }

  #atom(): string {
    const rest = this.#source.slice(this.#at)
    const character = rest[0] ?? ''
    switch (character) {
      case '^':
      case '$':
        this.#at += 1
        return ''
      case '.':
        this.#at += 1
        return 'x'
      case '\\':
        this.#at += 2
        return escapes.get(rest[1] ?? '') ?? rest[1] ?? ''
      case '[':
        return this.#set(rest)
      case '(':
        return this.#group(rest)
      default:
        this.#at += 1
        return character
    }
  }

  #set(rest: string): string {
    const [whole = '[', negated = '', first = ''] =
      /^\[(\^?)(\]?(?:\[:\w+:\]|\\.|[^\]\\])*)\]/.exec(rest) ?? []
    this.#at += whole.length
    if (negated !== '') return ['x', '1', '-'].find((one) => compileSearch(`^${whole}$`)?.test(one)) ?? 'x'
    const candidates = [...'a1 A-._/@x', ...first]
    return candidates.find((one) => compileSearch(`^${whole}$`)?.test(one)) ?? ''
  }

  #group(rest: string): string {
    const [opening = '(', kind = ''] = /^\((\?(?::|P?<\w+>|[!=]|<[!=]))?/.exec(rest) ?? []
    this.#at += opening.length
    const text = this.alternatives()
    this.#at += 1
    // What is only looked at is no part of the text.
    return /^\?<?[!=]/.test(kind) ? '' : text
  }
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['d', '1'],
  ['w', 'a'],
  ['s', ' '],
  ['S', 'x'],
  ['D', 'x'],
  ['W', '-'],
  ['b', ''],
  ['A', ''],
  ['z', ''],
  ['Z', ''],
  ['t', '\t'],
  ['n', '\n'],
])

import { compileSearch } from './reading/path-match.ts'

/** One path that the beginning of an expression stands for. */
export interface ExpressionPath {
  readonly segments: readonly (string | null)[]
  /** Whether every segment that a `null` stands for is one that the expression finds. */
  readonly isWhole: boolean
}

/** The paths that the beginning of an expression stands for; at most 50. Null when they are no list of segments. */
export function pathsOf(source: string): readonly ExpressionPath[] | null {
  if (source === '') return [{ segments: [], isWhole: true }]
  if (!source.startsWith('/')) return null
  let paths: readonly ExpressionPath[] = [{ segments: [], isWhole: true }]
  for (const part of splitSegments(source.slice(1))) {
    const choices = choicesOf(part)
    if (choices === null) return null
    paths = paths.flatMap(({ segments, isWhole }) =>
      choices.map((choice) => ({
        segments: [...segments, choice.segment],
        isWhole: isWhole && choice.isWhole,
      })),
    )
    if (paths.length > 50) return null
  }
  return paths
}

/** At slashes outside of groups and sets. */
function splitSegments(source: string): readonly string[] {
  const parts = ['']
  let depth = 0
  for (let at = 0; at < source.length; at += 1) {
    const character = source[at] ?? ''
    if (character === '(' || character === '[') depth += 1
    if (character === ')' || character === ']') depth -= 1
    if (character === '/' && depth === 0) parts.push('')
    else {
      const escaped = character === '\\' ? (source[at + 1] ?? '') : ''
      parts.push(`${parts.pop() ?? ''}${character}${escaped}`)
      if (escaped !== '') at += 1
    }
  }
  return parts
}

interface Choice {
  readonly segment: string | null
  readonly isWhole: boolean
}

const anySegment = /^(?:\((?:\?P?<\w+>|\?:)?)?\[\^\/\]\+\)?$/
/** Letters of a set, one or more, and perhaps a literal behind them. */
const someSegment = /^(?:\((?:\?P?<\w+>|\?:)?)?(\[(?!\^)(?:\\.|[^\]\\])+\]|\\[wd])\+(?:\\\.[\w]+|-[\w]+)*\)?$/

/** One segment: a literal, a few of them, or anything. */
function choicesOf(part: string): readonly Choice[] | null {
  const literal = plainText(part)
  if (literal !== null) return isSegment(literal) ? [{ segment: literal, isWhole: true }] : null
  const [, group] = /^\((?:\?:)?([^()]*)\)$/.exec(part) ?? []
  const texts = group?.split('|').map(plainText) ?? []
  if (texts.length > 0 && texts.every((text): text is string => text !== null && isSegment(text))) {
    return texts.map((segment) => ({ segment, isWhole: true }))
  }
  if (anySegment.test(part)) return [{ segment: null, isWhole: true }]
  const set = someSegment.exec(part)?.[1]
  // A set that holds a slash goes on over segments.
  const stays = set !== undefined && compileSearch(set)?.test('/') === false
  return stays ? [{ segment: null, isWhole: false }] : null
}

function isSegment(text: string): boolean {
  return !/^\.{0,2}$/.test(text) && !/[%;\\?#*/\p{Cc}]/u.test(text)
}

function plainText(source: string): string | null {
  const text = source.replaceAll(/\\([^\w])/g, '$1')
  return /[*+?^$()|[\]{}]/.test(source.replaceAll(/\\[^\w]/g, '')) ||
    /\\/.test(text) ||
    /(?<!\\)\./.test(source)
    ? null
    : text
}

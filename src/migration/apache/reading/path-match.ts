import type { PathSection } from './section.ts'
import { isAtOrBelow } from './served.ts'

/**
 * Whether httpd applies a section to a decoded path. A prefix ends at a `/`, unless it is written with one; a
 * wildcard stands within a segment and for the whole path; an expression is searched anywhere in it.
 */
export function sectionCovers(section: PathSection, path: string): boolean {
  return matcherOf(section)(path) && !section.except.some((outer) => isAtOrBelow(path, outer))
}

/** Whether that can be told here: of the expressions of PCRE some mean something else in JavaScript. */
export function isReadAlike({ kind, pattern }: Pick<PathSection, 'kind' | 'pattern'>): boolean {
  return kind !== 'expression' || (compileSearch(pattern) !== null && !onlyPcre.test(pattern))
}

/** Flags, possessive quantifiers, and letters behind a backslash that are not the same in both. */
const onlyPcre = /\(\?[^:P<!=]|[*+?}]\+|\\[^dwsDWSbB\W]/

const matchers = new WeakMap<PathSection, (path: string) => boolean>()

function matcherOf(section: PathSection): (path: string) => boolean {
  const known = matchers.get(section)
  if (known !== undefined) return known
  const made = makeMatcher(section)
  matchers.set(section, made)
  return made
}

function makeMatcher({ kind, pattern }: PathSection): (path: string) => boolean {
  switch (kind) {
    case 'prefix':
      return (path) =>
        path.startsWith(pattern) &&
        (pattern.endsWith('/') || path.length === pattern.length || path[pattern.length] === '/')
    case 'wildcard': {
      const source = [...pattern].map(wildcardPart).join('')
      const expression = compileSearch(`^${source}$`)
      return (path) => expression?.test(path) ?? false
    }
    case 'expression': {
      const expression = compileSearch(pattern)
      return (path) => expression?.test(path) ?? false
    }
  }
}

function wildcardPart(character: string): string {
  if (character === '*') return '[^/]*'
  if (character === '?') return '[^/]'
  return /[.+^${}()|\\]/.test(character) ? `\\${character}` : character
}

/** An expression of PCRE as one of JavaScript, as far as the two agree; null where they do not. */
export function compileSearch(source: string): RegExp | null {
  const flags = /^\(\?([im]+)\)/.exec(source)
  const plain = source
    .slice(flags?.[0].length ?? 0)
    .replaceAll(/\[:(\w+):\]/g, (whole, name: string) => posix.get(name) ?? whole)
    .replaceAll('(?P<', '(?<')
  try {
    return new RegExp(plain, flags?.[1] ?? '')
  } catch {
    return null
  }
}

const posix: ReadonlyMap<string, string> = new Map([
  ['space', '\\s'],
  ['digit', '0-9'],
  ['alpha', 'A-Za-z'],
  ['alnum', 'A-Za-z0-9'],
  ['upper', 'A-Z'],
  ['lower', 'a-z'],
  ['word', '\\w'],
  ['xdigit', '0-9A-Fa-f'],
  ['punct', '!-/:-@\\[-`{-~'],
])

import { unknownKey } from './hints.ts'
import { nearest } from './nearest.ts'
import { type ConfigNode, type ConfigPath, keyPositionOf, nodeAt, pathText, positionOf } from './node.ts'
import type { Place } from './place.ts'
import { meantOf } from './schema/values.ts'
import { isStep, type SchemaIssue } from './wanted-kinds.ts'

/** One value that a schema has judged, with what the reference calls its form. */
interface Judged {
  readonly node: ConfigNode | undefined
  readonly place: Place
  readonly form: string | undefined
}

/** Reports in our words what zod found; of a union, what the branch found that was meant. Shows no value that may be secret. */
export function reportSchemaIssue(issue: SchemaIssue, judged: Judged): void {
  const { node, place, form } = judged
  // Beyond what JavaScript counts exactly; `count` has bounds within that, and the schema tells of these too.
  if ((issue.code === 'too_big' || issue.code === 'too_small') && issue.origin === 'int') return
  const within = issue.path.filter(isStep)
  const path = [...place.path, ...within]
  const at = node === undefined ? undefined : nodeAt(node, within)
  if (issue.code === 'invalid_union') {
    const branch = branchMeant(issue.errors, at)
    for (const inner of branch ?? []) {
      reportSchemaIssue({ ...inner, path: [...issue.path, ...inner.path] }, judged)
    }
    if (branch !== null) return
  }
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(' ')
    for (const key of issue.keys) {
      const position = keyPositionOf(place.root, [...path, key])
      place.report({ position, path: pathText([...path, key]), ...unknownKey(key, path, known) })
    }
    return
  }
  if (at === undefined) {
    const position = keyPositionOf(place.root, path.slice(0, -1))
    place.report({ position, path: pathText(path), message: 'is missing', suggestion: null })
    return
  }
  if (issue.code === 'invalid_type') {
    reportWrongType(place, path, at, issue.expected)
    return
  }
  if (issue.code === 'invalid_union' && within.length === 0 && form !== undefined) {
    const texts = issue.errors
      .flat()
      .some((inner) => inner.code === 'invalid_type' && inner.expected === 'string')
    reportWrongType(place, path, at, form.replaceAll('`', ''), texts, wordMeant(issue.errors.flat(), at))
    return
  }
  const position =
    issue.code === 'invalid_key' ? keyPositionOf(place.root, path) : positionOf(place.root, path)
  place.report({ position, path: pathText(path), ...explain(issue, at) })
}

/**
 * Of a union the branch that was meant: the one that got furthest into the value; else the first one whose kind it is.
 * Null when none is.
 */
function branchMeant(
  branches: readonly (readonly SchemaIssue[])[],
  node: ConfigNode | undefined,
): readonly SchemaIssue[] | null {
  const fitting = branches.filter(
    (issues) => !issues.some((issue) => issue.path.length === 0 && isOtherKind(issue)),
  )
  if (fitting.length > 0) return fitting[0] ?? null
  if (node?.kind !== 'scalar' || node.value !== null) return null
  const [first = []] = branches
  // One word of several forms is not what was expected.
  return first.some((issue) => issue.code === 'invalid_value') ? null : first
}

function isData(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.interpolated
}

function isOtherKind(issue: SchemaIssue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value'
}

function explain(issue: SchemaIssue, node: ConfigNode): { message: string; suggestion: string | null } {
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'number') return { message: `must be at least ${issue.minimum}`, suggestion: null }
      return {
        message: node.kind === 'scalar' ? 'must not be empty' : 'must not be an empty list',
        suggestion: null,
      }
    case 'too_big':
      if (issue.origin === 'number') return { message: `must be at most ${issue.maximum}`, suggestion: null }
      return {
        message: `is too long: at most ${issue.maximum} ${node.kind === 'list' ? 'entries' : 'characters'}`,
        suggestion: null,
      }
    case 'invalid_value': {
      const words = issue.values.filter((value) => typeof value === 'string')
      const expected = `expected ${listed(issue.values.map(String))}`
      if (node.kind !== 'scalar' || node.interpolated || typeof node.value !== 'string') {
        return { message: expected, suggestion: null }
      }
      return { message: expected, suggestion: nearest(node.value, words) }
    }
    case 'invalid_union':
      return { message: wantedOfUnion(issue.errors.flat(), node), suggestion: null }
    case 'invalid_key':
      return { message: issue.issues[0]?.message ?? 'is no name that can stand here', suggestion: null }
    default:
      // What `${…}` yields is never printed, nor anything made of it.
      return { message: issue.message, suggestion: isData(node) ? null : meantOf(issue) }
  }
}

/** Of a union inside of a value, whose form has no name in the reference: its kinds. */
function wantedOfUnion(branches: readonly SchemaIssue[], node: ConfigNode): string {
  const wanted = branches.flatMap((issue) => (issue.code === 'invalid_type' ? [issue.expected] : []))
  if (wanted.length === 0) {
    const words = branches.flatMap((issue) => (issue.code === 'invalid_value' ? issue.values : []))
    const texts = words.filter((word) => typeof word === 'string')
    return texts.length === 0 ? 'is not of the expected form' : `expected ${listed(texts)}`
  }
  const texts = wanted.includes('string')
  return `expected ${listed(wanted.map((kind) => kinds[kind] ?? kind))}, found ${foundKind(node, texts)}`
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  boolean: 'true or false',
  array: 'a list such as [a, b]',
  object: 'a mapping',
  record: 'a mapping',
  int: 'a whole number',
  number: 'a whole number',
}

/**
 * Reports that a value is of another kind than `expected`, zod's word for it or a form's own. `texts`: a text would do, so
 * that a number may lack its quotes.
 */
export function reportWrongType(
  place: Place,
  path: ConfigPath,
  node: ConfigNode,
  expected: string,
  texts = expected === 'string',
  suggestion: string | null = null,
): void {
  const wanted = kinds[expected] ?? expected
  place.report({
    position: positionOf(place.root, path),
    path: pathText(path),
    message: `expected ${wanted}, found ${foundKind(node, texts)}`,
    suggestion,
  })
}

/** Of a union with words of its own: the one that a mistyped one is nearest to. */
function wordMeant(branches: readonly SchemaIssue[], node: ConfigNode): string | null {
  if (node.kind !== 'scalar' || node.interpolated || typeof node.value !== 'string') return null
  const words = branches.flatMap((issue) => (issue.code === 'invalid_value' ? issue.values : []))
  return nearest(node.value, words.map(String))
}

function foundKind(node: ConfigNode, texts: boolean): string {
  if (node.kind === 'list' || node.kind === 'lines') return 'a list'
  if (node.kind === 'map') return 'a mapping'
  if (node.value === null) return 'nothing'
  if (typeof node.value === 'string') return node.interpolated ? `what ${node.source} yields` : 'a text'
  // A number may be a secret without its quotes, so it is not shown.
  const found = typeof node.value === 'number' ? 'a number' : `${node.value}`
  return texts ? `${found}: write it in quotes` : found
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

import { z } from 'zod'
import { unknownKey } from './hints.ts'
import type { Issue, Report } from './issue.ts'
import { nearest } from './nearest.ts'
import {
  type ConfigNode,
  type ConfigPath,
  entryOf,
  keyPositionOf,
  type MapEntry,
  nodeAt,
  pathText,
  positionOf,
  toPlain,
} from './node.ts'
import { formOf } from './schema/form.ts'
import { meantOf } from './schema/values.ts'
import { isStep, type Plain, putTexts, putWanted, type SchemaIssue } from './wanted-kinds.ts'

/** What was fine; a key that is absent here was absent in the file without a default, or faulty and reported. */
export type Checked<Shape extends z.ZodRawShape> = {
  readonly [Key in keyof Shape]?: Exclude<z.output<Shape[Key]>, undefined>
}

/** A mapping of the file and where it stands. */
export interface Place {
  readonly root: ConfigNode
  readonly path: ConfigPath
  readonly report: Report
}

/**
 * Holds one mapping against the keys that it may have, each on its own: a fault in one hides none in another.
 * `others` are keys that are known here and judged elsewhere.
 */
export function checkKeys<Shape extends z.ZodRawShape>(
  shape: Shape,
  place: Place,
  others: readonly string[] = [],
): Checked<Shape> {
  const node = nodeAt(place.root, place.path)
  if (node !== undefined && node.kind !== 'map') {
    reportWrongType(place, place.path, node, 'object')
    return {}
  }
  const known = [...Object.keys(shape), ...others]
  let above: MapEntry | null = null
  for (const entry of node?.entries ?? []) {
    const { key, keyAt } = entry
    if (known.includes(key)) {
      above = entry
      continue
    }
    place.report({
      position: keyAt,
      path: pathText([...place.path, key]),
      ...(outOfPlace(above) ?? unknownKey(key, place.path, known)),
    })
  }
  const found: [string, unknown][] = []
  for (const [key, schema] of Object.entries(shape)) {
    const result = checkValue(schema as z.ZodType, entryOf(node, key)?.value, {
      ...place,
      path: [...place.path, key],
    })
    if (result.ok && result.value !== undefined) found.push([key, result.value])
  }
  return Object.fromEntries(found) as Checked<Shape>
}

/** A key that nobody knows behind one that holds nothing: it was meant to stand below that one. */
function outOfPlace(above: MapEntry | null): Pick<Issue, 'message' | 'suggestion'> | null {
  if (above?.value.kind !== 'scalar' || above.value.value !== null) return null
  const message = `unknown key here: if it belongs to \`${above.key}\` in line ${above.keyAt.line}, it begins further in`
  return { message, suggestion: null }
}

type CheckedValue<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false }

/** Holds one value, present or absent, against its schema; reports all that is wrong with it. */
export function checkValue<Schema extends z.ZodType>(
  schema: Schema,
  node: ConfigNode | undefined,
  place: Place,
): CheckedValue<z.output<Schema>> {
  const replaced = new Map<ConfigNode, Plain>()
  const plain = () => (node === undefined ? undefined : toPlain(node, replaced))
  let result = schema.safeParse(plain(), { error: withKnownKeys })
  // Variables yield strings. The schema knows which keys want something else: it is asked again with that in its place.
  if (!result.success && node !== undefined && putWanted(result.error.issues, node, replaced)) {
    result = schema.safeParse(plain(), { error: withKnownKeys })
  }
  if (result.success) return { ok: true, value: result.data }
  const judged = { node, place, form: formOf(schema) }
  for (const issue of withNumbersAsTexts(result.error.issues)) reportSchemaIssue(issue, judged)
  return { ok: false }

  /** A number without its quotes may be wrong as a text too, which says more: `60` has no unit. */
  function withNumbersAsTexts(issues: readonly SchemaIssue[]): readonly SchemaIssue[] {
    const texts = new Map(replaced)
    if (node === undefined || !putTexts(issues, node, texts)) return issues
    const second = schema.safeParse(toPlain(node, texts), { error: withKnownKeys })
    const found = second.success ? [] : second.error.issues
    return issues.map((issue) => found.find(({ path }) => `${path}` === `${issue.path}`) ?? issue)
  }
}

/** One value that a schema has judged, with what the reference calls its form. */
interface Judged {
  readonly node: ConfigNode | undefined
  readonly place: Place
  readonly form: string | undefined
}

function reportSchemaIssue(issue: SchemaIssue, judged: Judged): void {
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

function reportWrongType(
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

/** What zod says of an unknown key names the key alone: in place of its message the keys that are known there. */
const withKnownKeys: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'unrecognized_keys' || !(issue.inst instanceof z.ZodObject)) return undefined
  return Object.keys(issue.inst.shape).join(' ')
}

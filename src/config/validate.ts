import { z } from 'zod'
import { unknownKey } from './hints.ts'
import type { Issue } from './issue.ts'
import { type ConfigNode, entryOf, type MapEntry, nodeAt, pathText, toPlain } from './node.ts'
import type { Place } from './place.ts'
import { formOf } from './schema/form.ts'
import { reportSchemaIssue, reportWrongType } from './schema-issues.ts'
import { type Plain, putTexts, putWanted, type SchemaIssue } from './wanted-kinds.ts'

/** What was fine; a key that is absent here was absent in the file without a default, or faulty and reported. */
export type Checked<Shape extends z.ZodRawShape> = {
  readonly [Key in keyof Shape]?: Exclude<z.output<Shape[Key]>, undefined>
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

/** What zod says of an unknown key names the key alone: in place of its message the keys that are known there. */
const withKnownKeys: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'unrecognized_keys' || !(issue.inst instanceof z.ZodObject)) return undefined
  return Object.keys(issue.inst.shape).join(' ')
}

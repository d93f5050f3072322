import type { z } from 'zod'
import { type ConfigNode, nodeAt, type ScalarNode } from './node.ts'

export type SchemaIssue = z.core.$ZodIssue

/** What a scalar is read as in place of what it is in the file. */
export type Plain = boolean | number | string

/**
 * Variables yield strings: where the schema wanted a boolean or a number, it is put in their place. Answers whether
 * there was any.
 */
export function putWanted(
  issues: readonly SchemaIssue[],
  node: ConfigNode,
  replaced: Map<ConfigNode, Plain>,
): boolean {
  return put(judgedScalars(issues, node), replaced, ({ issue, value }) => {
    const wanted = value.interpolated ? (booleans.get(value.value) ?? wholeNumber(value.value)) : null
    return wanted !== null && wants(issue, wanted) ? wanted : null
  })
}

/** The same of numbers of the file where the schema wanted a text. */
export function putTexts(
  issues: readonly SchemaIssue[],
  node: ConfigNode,
  replaced: Map<ConfigNode, Plain>,
): boolean {
  return put(judgedScalars(issues, node), replaced, ({ issue, value }) => {
    const isWanted = issue.code === 'invalid_type' && issue.expected === 'string'
    return typeof value.value === 'number' && isWanted ? value.source : null
  })
}

function put(
  judged: readonly JudgedScalar[],
  replaced: Map<ConfigNode, Plain>,
  inItsPlace: (judged: JudgedScalar) => Plain | null,
): boolean {
  let any = false
  for (const one of judged) {
    const plain = inItsPlace(one)
    if (plain === null) continue
    replaced.set(one.value, plain)
    any = true
  }
  return any
}

interface JudgedScalar {
  readonly issue: SchemaIssue
  readonly value: ScalarNode
}

/** The scalars that issues are about, those within unions too. */
function judgedScalars(issues: readonly SchemaIssue[], node: ConfigNode): readonly JudgedScalar[] {
  return issues.flatMap((issue) => {
    const branches = issue.code === 'invalid_union' ? issue.errors.flat() : []
    return [issue, ...branches].flatMap((branch) => {
      const path = branch === issue ? issue.path : [...issue.path, ...branch.path]
      const value = nodeAt(node, path.filter(isStep))
      return value?.kind === 'scalar' ? [{ issue: branch, value }] : []
    })
  })
}

const booleans: ReadonlyMap<unknown, boolean> = new Map([
  ['true', true],
  ['false', false],
])

/** As YAML reads one without a sign. */
function wholeNumber(value: unknown): number | null {
  return typeof value === 'string' && /^(0|[1-9][0-9]{0,14})$/.test(value) ? Number(value) : null
}

function wants(issue: SchemaIssue, value: boolean | number): boolean {
  if (issue.code === 'invalid_type') return issue.expected === typeof value
  return typeof value === 'boolean' && issue.code === 'invalid_value' && issue.values.includes(value)
}

export function isStep(step: PropertyKey): step is string | number {
  return typeof step !== 'symbol'
}

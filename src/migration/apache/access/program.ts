import type { Rule } from '../../rule.ts'

/** The two idioms of `Require claims_expr` that people write; null for every other jq program. */
export function convertProgram(program: string): Rule | null {
  const element = /^\s*\.([\w.]+)\s*\|\s*any\(\s*\.\s*==\s*("(?:[^"\\]|\\.)*")\s*\)\s*$/.exec(program)
  const equal = /^\s*\.([\w.]+)\s*==\s*("(?:[^"\\]|\\.)*"|true|false|\d{1,15})\s*$/.exec(program)
  const [, path, operand] = element ?? equal ?? []
  if (path === undefined || operand === undefined) return null
  const value: unknown = JSON.parse(operand)
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null
  return { kind: 'claim', path, test: { matcher: 'is', values: [value] } }
}

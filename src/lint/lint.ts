import { nearest } from '../config/nearest.ts'
import type { Position } from '../config/node.ts'
import type { Check, Found, Severity } from './check.ts'
import { checks } from './checks.ts'
import { type Ignore, type IgnoreFault, ignoreFaults, ignoresOf } from './ignores.ts'
import type { Subject } from './subject.ts'

/** What `docs/lint.md`, code hosts and the command tell of one kind of finding. */
export type Kind = Omit<Check, 'find' | 'online' | 'inCheck'>

export interface Finding extends Found {
  readonly id: string
  readonly severity: Severity
  readonly file: string
  readonly fix: string
}

export interface LintResult {
  /** In the order of the file. */
  readonly findings: readonly Finding[]
  /** Those that a comment excuses, each with its reason. */
  readonly ignored: readonly (Finding & { readonly reason: string })[]
}

/** Whether `check` shows a finding whole: of lines that read well and mean nothing. */
export function isInCheck({ id }: Pick<Finding, 'id'>): boolean {
  return checks.some((check) => check.id === id && check.inCheck === true)
}

export const kinds: readonly Kind[] = [...checks, ...ignoreFaults]

/** Looks a configuration through. Never throws for what it holds. */
export function lint(subject: Subject): LintResult {
  const all = checks.flatMap((check) => findingsOf(check, subject))
  const ignores = ignoresOf(subject.text)
  const excused = all.map((finding) => ({ finding, reason: reasonFor(finding, ignores) }))
  const told = excused.flatMap(({ finding, reason }) => (reason === null ? [finding] : []))
  return {
    findings: inOrder([...told, ...ignores.flatMap((ignore) => faultsOf(ignore, all, subject))]),
    ignored: excused.flatMap(({ finding, reason }) => (reason === null ? [] : [{ ...finding, reason }])),
  }
}

/** Each thing once: a policy's condition is looked at for every rule that uses it. */
function findingsOf({ id, severity, fix, find }: Check, subject: Subject): readonly Finding[] {
  const found = new Map<string, Finding>()
  for (const one of find(subject)) {
    const { line, column } = one.position
    found.set(`${line}:${column} ${one.message}`, { ...one, id, severity, fix, file: subject.file })
  }
  return [...found.values()]
}

function reasonFor({ id, position }: Finding, ignores: readonly Ignore[]): string | null {
  return ignores.find(({ ids, line }) => line === position.line && ids.includes(id))?.reason ?? null
}

function faultsOf(ignore: Ignore, all: readonly Finding[], subject: Subject): readonly Finding[] {
  const { ids, reason, line, position } = ignore
  if (ids.length === 0) return [fault('ignore-unknown', position, subject, 'this comment names no finding')]
  const unknown = ids.filter((id) => !kinds.some((kind) => kind.id === id))
  const unused = ids.filter((id) => {
    if (unknown.includes(id) || isUnasked(id, subject)) return false
    return !all.some((finding) => finding.id === id && finding.position.line === line)
  })
  return [
    ...(reason === null
      ? [fault('ignore-without-reason', position, subject, 'this comment gives no reason (`because …`)')]
      : []),
    ...unknown.map((id) => fault('ignore-unknown', position, subject, unknownText(id))),
    ...unused.map((id) => fault('ignore-unused', position, subject, `there is no ${id} in line ${line}`)),
  ]
}

/** Without `--online` nobody can say whether it would be found. */
function isUnasked(id: string, { answers }: Subject): boolean {
  return answers === null && checks.some((check) => check.id === id && check.online === true)
}

function unknownText(id: string): string {
  const meant = nearest(
    id,
    kinds.map((kind) => kind.id),
  )
  return `there is no finding "${id}"${meant === null ? '' : `; did you mean "${meant}"?`}`
}

function fault(id: IgnoreFault, position: Position, { file }: Subject, message: string): Finding {
  const { severity, fix } = ignoreFaults.find((kind) => kind.id === id) ?? ignoreFaults[0]
  return { id, severity, fix, file, position, path: '', message }
}

function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted(({ position: a }, { position: b }) => a.line - b.line || a.column - b.column)
}

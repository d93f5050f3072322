import { oneLine } from '../../config/issue.ts'
import { type Severity, severities } from '../check.ts'
import type { Finding, LintResult } from '../lint.ts'

/** For people: each finding in a line, what to do below it, and how many there are. */
export function resultText(file: string, { findings, ignored }: LintResult): string {
  const rows = findings.map((finding) => `${findingLine(finding)}\n    ${finding.fix}\n`)
  const summary = findings.length === 0 ? 'nothing found' : countedFindings(findings)
  return [
    ...rows,
    ...(rows.length === 0 ? [] : ['\n']),
    `${file}: ${summary}${ignoredText(ignored.length)}\n`,
  ].join('')
}

/** Behind what was found: whoever reads "nothing" knows what was left out of it. */
export function ignoredText(count: number): string {
  return count === 0 ? '' : ` (${count} ignored by comments)`
}

/** `1 warning, 2 notes` */
export function countedFindings(findings: readonly Finding[]): string {
  const counts = countsBySeverity(findings)
  return severities.flatMap((severity) => count(counts[severity], severity) ?? []).join(', ')
}

export function countsBySeverity(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const of = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length
  return { error: of('error'), warning: of('warning'), note: of('note') }
}

/** A finding and what to do, in one line, for who asked about something else. */
export function findingText({ file, position, path, message, id, fix }: Finding): string {
  return oneLine(`${file}:${position.line}:${position.column} ${path}: ${message} [${id}]. ${fix}`)
}

/** `claimgate.yaml:14:7 warning apps.wiki.require: … [open-by-default]` */
function findingLine({ file, position, path, message, severity, id }: Finding): string {
  const subject = path === '' ? '' : ` ${path}:`
  return oneLine(`${file}:${position.line}:${position.column} ${severity}${subject} ${message} [${id}]`)
}

function count(number: number, noun: string): string | null {
  if (number === 0) return null
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** For programs. */
export function resultJson(file: string, { findings, ignored }: LintResult): string {
  const counts = countsBySeverity(findings)
  const answer = {
    file,
    findings: findings.map(toFindingJson),
    ignored: ignored.map((finding) => ({ ...toFindingJson(finding), reason: finding.reason })),
    counts,
  }
  return `${JSON.stringify(answer, null, 2)}\n`
}

export function toFindingJson({
  id,
  severity,
  file,
  position: { line, column },
  path,
  message,
  fix,
}: Finding) {
  return { id, severity, file, line, column, path, message, fix }
}

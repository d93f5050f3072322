import { oneLine } from '../../config/issue.ts'
import { severities } from '../check.ts'
import type { Finding, LintResult } from '../lint.ts'

/** For people: each finding in a line, what to do below it, and how many there are. */
export function resultText(file: string, { findings, ignored }: LintResult): string {
  const rows = findings.map((finding) => `${findingLine(finding)}\n    ${finding.fix}\n`)
  const counted = severities
    .map((severity) => count(findings.filter((finding) => finding.severity === severity).length, severity))
    .filter((words) => words !== null)
  const excused = ignored.length === 0 ? '' : ` (${ignored.length} ignored by comments)`
  const summary = counted.length === 0 ? 'nothing found' : counted.join(', ')
  return [...rows, ...(rows.length === 0 ? [] : ['\n']), `${file}: ${summary}${excused}\n`].join('')
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
  const counts = Object.fromEntries(
    severities.map((name) => [name, findings.filter(({ severity }) => severity === name).length]),
  )
  const answer = {
    file,
    findings: findings.map(toJson),
    ignored: ignored.map((finding) => ({ ...toJson(finding), reason: finding.reason })),
    counts,
  }
  return `${JSON.stringify(answer, null, 2)}\n`
}

function toJson({ id, severity, file, position: { line, column }, path, message, fix }: Finding) {
  return { id, severity, file, line, column, path, message, fix }
}

import type { Finding, FindingKind } from './finding.ts'
import type { Variable } from './variable.ts'

export interface Report {
  readonly findings: readonly Finding[]
  readonly variables: readonly Variable[]
}

const headings: readonly (readonly [FindingKind, string])[] = [
  ['not-convertible', 'Not convertible: a person has to look at it'],
  ['changed', 'Changed: means something else here'],
  ['suspect', 'Kept, and probably not what was meant'],
  ['kept', 'Kept'],
  ['not-needed', 'Not needed'],
]

/** The report for people: the worst first, each line with its place. */
export function reportText({ findings, variables }: Report): string {
  const parts = headings.flatMap(([kind, heading]) => {
    const of = findings.filter((finding) => finding.kind === kind)
    return of.length === 0 ? [] : [`${heading} (${of.length})`, ...of.map(lineOf), '']
  })
  const set = variables.map(({ name, purpose }) => `  ${name}: ${purpose}`)
  return [...parts, ...(set.length === 0 ? [] : ['To set in the gateway’s environment', ...set, ''])].join(
    '\n',
  )
}

function lineOf({ id, at, what, message, effect }: Finding): string {
  const place = at === null ? '' : `${at.file}:${at.line} `
  const whom = effect === null ? '' : `, ${effect}`
  return `  ${place}${oneLine(what)}: ${oneLine(message)} [${id}${whom}]`
}

/** No terminal is steered by a file's content. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
}

/** The same for programs. */
export function reportJson({ findings, variables }: Report) {
  return {
    findings: findings.map(({ id, kind, at, what, message, effect }) => ({
      id,
      kind,
      file: at?.file ?? null,
      line: at?.line ?? null,
      column: at?.column ?? null,
      what,
      message,
      effect,
    })),
    variables,
  }
}

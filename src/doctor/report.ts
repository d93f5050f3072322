import { type Finding, type Outcome, outcomes } from './finding.ts'

/** One line a check, as people read it: what came of it, about what, what was seen, and the cure. */
export function findingLine({ about, check, outcome, saw, cure }: Finding): string {
  const said = oneLine(cure === null ? saw : `${saw}. ${cure}`)
  return `${outcome.padEnd(8)}${about}  ${check}: ${said}\n`
}

/** The last line: how many of each. */
export function summaryLine(findings: readonly Finding[]): string {
  const counts = countsOf(findings)
  const parts = outcomes
    .filter((outcome) => outcome !== 'ok' && counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${outcome}`)
  const rest = parts.length === 0 ? 'nothing is wrong' : parts.toReversed().join(', ')
  return `\n${findings.length} checks: ${rest}\n`
}

/** The same for programs. */
export function findingsJson(findings: readonly Finding[]): string {
  const failed = findings.some(({ outcome }) => outcome === 'failed')
  return `${JSON.stringify({ ok: !failed, counts: countsOf(findings), findings }, null, 2)}\n`
}

function countsOf(findings: readonly Finding[]): Record<Outcome, number> {
  const counts = { ok: 0, note: 0, warning: 0, failed: 0 }
  for (const { outcome } of findings) counts[outcome] += 1
  return counts
}

/** What others wrote may have got into it: no control, no line break and nothing that turns a terminal's text round. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}

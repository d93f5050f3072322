import type { Position } from './node.ts'

/** One fault of a configuration, or one warning: where, what is wrong, what would be right. */
export interface Issue {
  /** As the file was named by whoever asked. */
  readonly file: string
  /** Null: about the file as a whole, or its surroundings. */
  readonly position: Position | null
  /** `apps.billing.locations[1].require`; empty for the file as a whole. */
  readonly path: string
  /** A sentence without a full stop. Never holds the value of a secret or of a variable. */
  readonly message: string
  /** The nearest thing that is known here, as one would write it. */
  readonly suggestion: string | null
}

/** How the parts of the configuration tell of a fault: the file is known to whoever collects. */
export type Report = (issue: Omit<Issue, 'file'>) => void

/** `claimgate.yaml:14:7 apps.wiki.requier: unknown key; did you mean "require"?` */
export function printIssue(issue: Issue): string {
  const { position, path, message, suggestion } = issue
  const place = position === null ? issue.file : `${issue.file}:${position.line}:${position.column}`
  const subject = path === '' ? '' : ` ${path}`
  const question = suggestion === null ? '' : `; did you mean "${suggestion}"?`
  return oneLine(`${place}${subject}: ${message}${question}`)
}

/** What `--json` prints of one fault. */
export function toIssueJson(issue: Issue): Readonly<Record<string, string | number | null>> {
  return {
    file: issue.file,
    line: issue.position?.line ?? null,
    column: issue.position?.column ?? null,
    path: issue.path,
    message: issue.message,
    suggestion: issue.suggestion,
  }
}

/** In the order of the file; what has no place comes first, what stands at one place stays as it was found. */
export function inFileOrder(issues: readonly Issue[]): readonly Issue[] {
  return issues.toSorted((a, b) => {
    const [left, right] = [a.position ?? { line: 0, column: 0 }, b.position ?? { line: 0, column: 0 }]
    return left.line - right.line || left.column - right.column
  })
}

/** One line, whatever it holds, read in one direction: no terminal and no reader is steered by a file's content. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => {
    const digits = (character.codePointAt(0) ?? 0).toString(16)
    return digits.length > 4 ? `\\u{${digits}}` : `\\u${digits.padStart(4, '0')}`
  })
}

import type { Position } from '../config/node.ts'
import type { Severity } from './check.ts'
import { type Comment, commentsOf } from './comments.ts'

/** A comment that asks to leave findings out: `# lint-ignore: app-open because the wiki is public`. */
export interface Ignore {
  readonly position: Position
  readonly ids: readonly string[]
  /** Null: there is none, and nothing is ignored. */
  readonly reason: string | null
  /** The lines that it is about: its own, or the next one that is no comment. */
  readonly line: number
}

const beginning = /^lint-ignore\b:?/

/** What the file's comments ask to leave out. */
export function ignoresOf(text: string): readonly Ignore[] {
  const comments = commentsOf(text)
  const alone = new Set(comments.filter((comment) => comment.alone).map(({ position }) => position.line))
  return comments
    .filter((comment) => beginning.test(comment.text))
    .map((comment) => readIgnore(comment, alone))
}

function readIgnore(comment: Comment, commentLines: ReadonlySet<number>): Ignore {
  const [, named = '', reason = ''] =
    /^([\s\S]*?)(?:\bbecause\b([\s\S]*))?$/.exec(comment.text.replace(beginning, '')) ?? []
  const { position } = comment
  let line = position.line
  if (comment.alone) while (commentLines.has(line)) line += 1
  return {
    position,
    ids: named.split(/[\s,]+/).filter((id) => id !== ''),
    reason: reason.trim() === '' ? null : reason.trim(),
    line,
  }
}

/** What can be wrong with such a comment; told like a finding, and never ignored itself. */
export const ignoreFaults = [
  {
    id: 'ignore-without-reason',
    severity: 'warning',
    finds: 'A comment that ignores a finding without a reason',
    why: 'Somebody who reads it later cannot tell whether it still holds. The finding is shown until there is a reason.',
    fix: 'Write why: `# lint-ignore: app-open because everything here is published anyhow`.',
    example: '# lint-ignore: app-open',
  },
  {
    id: 'ignore-unknown',
    severity: 'warning',
    finds: 'A comment that ignores a finding that does not exist',
    why: 'It does nothing. The id is mistyped, or belongs to another version.',
    fix: 'Write an id of this page.',
    example: '# lint-ignore: ap-open because everything here is published anyhow',
  },
  {
    id: 'ignore-unused',
    severity: 'warning',
    finds: 'A comment that ignores a finding that is not there',
    why: 'What it excused is gone, or stands in another line. If the comment stays, it would hide the next finding.',
    fix: 'Remove it, or move it to the line of the finding or the line above.',
    example: '# lint-ignore: policy-unused because nothing is unused any more',
  },
] as const satisfies readonly {
  readonly id: string
  readonly severity: Severity
  readonly finds: string
  readonly why: string
  readonly fix: string
  readonly example: string
}[]

export type IgnoreFault = (typeof ignoreFaults)[number]['id']

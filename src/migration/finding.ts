import type { Claims } from '../core/rules/claims.ts'
import type { SourcePosition } from './source-position.ts'

/**
 * One line of the report. `kept`: means the same here. `changed`: means something else, and the message says what.
 * `suspect`: means the same, and probably never was what its author wanted. `not-needed`: the server's own business.
 * `not-convertible`: a person has to decide.
 */
export interface Finding {
  readonly id: string
  readonly kind: FindingKind
  readonly at: SourcePosition | null
  /** The line, as written and without secrets. */
  readonly what: string
  readonly message: string
  /** Whom it concerns: fewer people get in than before, more, or some of each. Null: nobody. */
  readonly effect: Effect | null
  /** For `--prove`: the requests for which this finding announces that the verdicts differ. */
  readonly announces?: (request: JudgedRequest) => boolean
  /** It speaks of other requests than those that its own section covers. */
  readonly isAnywhere?: true
  /** What stands inside of the section or host that it is about is left out with it. */
  readonly leavesOut?: true
  /** What its line says is not known, so its place lets nobody in. */
  readonly closesPlace?: true
}

export type FindingKind = 'kept' | 'changed' | 'suspect' | 'not-needed' | 'not-convertible'
export type Effect = 'stricter' | 'looser' | 'either'

/** A request that both rule sets judge. */
export interface JudgedRequest {
  readonly method: string
  readonly path: string
  /** Null: not signed in. */
  readonly claims: Claims | null
  readonly clientAddress: string
  /** The claims are those of an access token; absent: of a session. */
  readonly byToken?: true
}

/** Collects findings, each once: a section is judged for every path that it covers. */
export interface Findings {
  add(finding: Finding): void
  /** In the order of the files; what has no place comes first. */
  all(): readonly Finding[]
}

export function createFindings(): Findings {
  const found = new Map<string, Finding>()
  return {
    add: (finding) => {
      const { id, at, what, message } = finding
      const key = JSON.stringify([id, at, what, message])
      if (!found.has(key)) found.set(key, finding)
    },
    all: () => {
      const files = [...new Set([...found.values()].map(({ at }) => at?.file ?? ''))]
      const order = ({ at }: Finding): number => (at === null ? -1 : files.indexOf(at.file) * 1e7 + at.line)
      return [...found.values()].toSorted((one, other) => order(one) - order(other))
    },
  }
}

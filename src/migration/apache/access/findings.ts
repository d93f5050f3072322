import type { Effect, Finding, JudgedRequest } from '../../finding.ts'

/** Reports one finding of a place in Apache's configuration. */
export type Say = (
  id: string,
  kind: Finding['kind'],
  message: string,
  effect?: Effect | null,
  announces?: (request: JudgedRequest) => boolean,
) => void

/** How findings of one place are reported: `at` is where it stands, `what` how it is written. */
export function findingsOf(
  report: (finding: Finding) => void,
  at: Finding['at'],
  what: Finding['what'],
): Say {
  return (id, kind, message, effect = null, announces) =>
    report({ id, kind, at, what, message, effect, ...(announces === undefined ? {} : { announces }) })
}

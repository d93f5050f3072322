import type { RequireNode } from '../apache/reading/require.ts'
import type { Finding, JudgedRequest } from '../finding.ts'
import { positionText } from '../source-position.ts'
import type { MergedPath, Verdict } from './apache-model.ts'

/** The findings that announce differences, by where they speak of. */
export interface Announcements {
  /** By `file:line`. */
  readonly byLine: ReadonlyMap<string, readonly Finding[]>
  /** Of sections that cover other paths here: those concern paths that they do not cover, too. */
  readonly ofPaths: readonly Finding[]
}

export function readAnnouncements(findings: readonly Finding[]): Announcements {
  const announcing = findings.filter(({ announces, at }) => announces !== undefined && at !== null)
  const ofLines = announcing.filter((finding) => !isOfPaths(finding))
  return {
    byLine: Map.groupBy(ofLines, ({ at }) => (at === null ? '' : positionText(at))),
    ofPaths: announcing.filter(isOfPaths),
  }
}

function isOfPaths({ isAnywhere }: Finding): boolean {
  return isAnywhere === true
}

/** Those that can speak of requests at one place. */
export function announcementsAt(
  { byLine, ofPaths }: Announcements,
  place: MergedPath,
  path: string,
): readonly Finding[] {
  const rules = place.requires === null ? [] : linesOf(place.requires)
  const lines = new Set([...place.sections.map(({ at }) => positionText(at)), ...rules])
  const here: JudgedRequest = { method: 'GET', path, claims: null, clientAddress: '' }
  return [
    ...[...lines].flatMap((line) => byLine.get(line) ?? []),
    ...ofPaths.filter(({ announces }) => announces?.(here) === true),
  ]
}

/** The finding that told of this very difference: in its direction, and for such a request. Null: nobody did. */
export function announcedBy(
  findings: readonly Finding[],
  request: JudgedRequest,
  apache: Verdict,
  ours: Verdict,
): Finding | null {
  const told = findings.find(({ announces, effect }) => {
    if (apache === 'allow' && effect === 'looser') return false
    if (ours === 'allow' && effect === 'stricter') return false
    return announces?.(request) === true
  })
  return told ?? null
}

function linesOf(node: RequireNode): readonly string[] {
  return node.kind === 'rule'
    ? [positionText(node.at)]
    : [positionText(node.at), ...node.members.flatMap(linesOf)]
}

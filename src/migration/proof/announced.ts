import type { RequireNode } from '../apache/reading/require.ts'
import { type Asked, type Finding, placeText } from '../finding.ts'
import type { Place, Verdict } from './apache-model.ts'

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
    byLine: Map.groupBy(ofLines, ({ at }) => (at === null ? '' : placeText(at))),
    ofPaths: announcing.filter(isOfPaths),
  }
}

function isOfPaths({ id }: Finding): boolean {
  return id.startsWith('path')
}

/** Those that can speak of requests at one place. */
export function announcementsAt(
  { byLine, ofPaths }: Announcements,
  place: Place,
  path: string,
): readonly Finding[] {
  const rules = place.requires === null ? [] : linesOf(place.requires)
  const lines = new Set([...place.sections.map(({ at }) => placeText(at)), ...rules])
  const here: Asked = { method: 'GET', path, claims: null, clientAddress: '' }
  return [
    ...[...lines].flatMap((line) => byLine.get(line) ?? []),
    ...ofPaths.filter(({ announces }) => announces?.(here) === true),
  ]
}

/** The finding that told of this very difference: in its direction, and for such a request. Null: nobody did. */
export function announcedBy(
  findings: readonly Finding[],
  asked: Asked,
  apache: Verdict,
  ours: Verdict,
): Finding | null {
  const told = findings.find(({ announces, effect }) => {
    if (apache === 'allow' && effect === 'looser') return false
    if (ours === 'allow' && effect === 'stricter') return false
    return announces?.(asked) === true
  })
  return told ?? null
}

function linesOf(node: RequireNode): readonly string[] {
  return node.kind === 'rule' ? [placeText(node.at)] : [placeText(node.at), ...node.members.flatMap(linesOf)]
}

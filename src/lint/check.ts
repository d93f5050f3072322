import {
  type ConfigPath,
  keyPositionOf,
  nodeAt,
  type Position,
  pathText,
  positionOf,
} from '../config/node.ts'
import type { Place } from '../config/rules/context.ts'
import type { Subject } from './subject.ts'

export type Severity = 'error' | 'warning' | 'note'

/** The worst first. */
export const severities: readonly Severity[] = ['error', 'warning', 'note']

/** One thing that lint looks for: what the page docs/lint.md tells of it, and how it is found. */
export interface Check {
  /** Stands in comments that ignore it, and in code hosts: never renamed. */
  readonly id: string
  readonly severity: Severity
  /** What is found, as a title. */
  readonly finds: string
  readonly why: string
  readonly fix: string
  /** A piece of a file that gets the finding. */
  readonly example: string
  /** Only `--online` can tell: the providers have to be asked. */
  readonly online?: true
  /** `check` shows it whole: a line that reads well and means nothing. */
  readonly inCheck?: true
  readonly find: (subject: Subject) => readonly Found[]
}

/** One place where a check found something. The message is a sentence without a full stop, and holds no secret. */
export interface Found {
  readonly position: Position
  readonly path: string
  readonly message: string
}

/**
 * What was found at the value under a path; of a list or mapping at its key, where people write comments, and of what
 * is absent at the nearest key around it.
 */
export function foundAt({ root }: Pick<Subject, 'root'>, path: ConfigPath, message: string): Found {
  const isOneLine = nodeAt(root, path)?.kind === 'scalar'
  const position = isOneLine ? positionOf(root, path) : keyPositionOf(root, path)
  return { position, path: pathText(path), message }
}

/** What was found at a key itself. */
export function foundAtKey({ root }: Pick<Subject, 'root'>, path: ConfigPath, message: string): Found {
  return { position: keyPositionOf(root, path), path: pathText(path), message }
}

/** What was found at a part of the model; nothing where it stands nowhere in the file. */
export function foundAtPart(
  subject: Pick<Subject, 'root' | 'places'>,
  part: object,
  message: string,
): readonly Found[] {
  const place: Place | undefined = subject.places.get(part)
  if (place === undefined) return []
  if (place.path.at(-1) === 'require') return [foundAt(subject, place.path, message)]
  return [{ position: place.position, path: pathText(place.path), message }]
}

/** Whether anything below a path came from outside the file: then it is data, and never printed. */
export function holdsData({ root }: Pick<Subject, 'root'>, path: ConfigPath): boolean {
  const pending = [nodeAt(root, path)]
  for (const node of pending) {
    if (node?.kind === 'lines' || (node?.kind === 'scalar' && node.interpolated)) return true
    if (node?.kind === 'list') pending.push(...node.items)
    if (node?.kind === 'map') pending.push(...node.entries.map(({ value }) => value))
  }
  return false
}

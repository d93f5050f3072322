import type { Surroundings } from '../files.ts'
import type { Report } from '../issue.ts'
import {
  type ConfigNode,
  type ConfigPath,
  keyPositionOf,
  nodeAt,
  type Position,
  pathText,
  positionOf,
} from '../node.ts'
import type { Place } from '../place.ts'

/** One configuration while it is built: its tree, what surrounds it, and where faults and warnings go. */
export interface Scope {
  readonly root: ConfigNode
  readonly surroundings: Surroundings
  readonly report: Report
  readonly warn: Report
  /** The files of `${lines:FILE}` that have no entries, as they are named, each with a place that names it. */
  readonly emptyLists: Map<string, { readonly position: Position; readonly path: ConfigPath }>
  /** Where each location and each part of a rule stands, by the model's own objects. */
  readonly places: Map<object, { readonly position: Position; readonly path: ConfigPath }>
}

export function placeOf(scope: Scope, path: ConfigPath): Place {
  return { root: scope.root, path, report: scope.report }
}

/** A fault of the value under a path; of one that is absent, at the nearest key around it. */
export function faultAt(
  scope: Scope,
  path: ConfigPath,
  message: string,
  suggestion: string | null = null,
): void {
  scope.report({ position: positionOf(scope.root, path), path: pathText(path), message, suggestion })
}

/** A fault of a key itself, not of its value. */
export function faultAtKey(
  scope: Scope,
  path: ConfigPath,
  message: string,
  suggestion: string | null = null,
): void {
  scope.report({ position: keyPositionOf(scope.root, path), path: pathText(path), message, suggestion })
}

export function warnAt(scope: Scope, path: ConfigPath, message: string): void {
  scope.warn({ position: positionOf(scope.root, path), path: pathText(path), message, suggestion: null })
}

/** The names below a mapping such as `providers`, in the order of the file. */
export function namesOf(scope: Scope, path: ConfigPath): readonly string[] {
  const node = nodeAt(scope.root, path)
  return node?.kind === 'map' ? node.entries.map((entry) => entry.key) : []
}

/** Whether the file has something there. */
export function isWritten(scope: Scope, path: ConfigPath): boolean {
  return nodeAt(scope.root, path) !== undefined
}

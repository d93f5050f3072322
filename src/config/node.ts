/**
 * The configuration as a tree that remembers where each thing stands: what `read` makes of the YAML. Everything
 * after it judges values and points at places by this tree; nothing else of the YAML parser is seen.
 */
export interface Position {
  /** Both count from 1. */
  readonly line: number
  readonly column: number
}

export type ConfigNode = ScalarNode | LinesNode | ListNode | MapNode

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly at: Position
  /** What YAML's core schema reads; after interpolation always a string. */
  readonly value: string | number | boolean | null
  /** As it stands in the file, without quotes: `00E1`, `${env:NAME}`. The only form that messages may show. */
  readonly source: string
  /** Whether `${…}` gave (part of) the value: then it is data, and never printed. */
  readonly interpolated: boolean
}

/** `${lines:FILE}`: the entries of a file, as data. Only rules and `only` have a use for it; see config/lines. */
export interface LinesNode {
  readonly kind: 'lines'
  readonly at: Position
  /** As it is named in the configuration. */
  readonly file: string
  /** Each once, in the order of the file. */
  readonly entries: readonly string[]
}

export interface ListNode {
  readonly kind: 'list'
  readonly at: Position
  readonly items: readonly ConfigNode[]
}

export interface MapNode {
  readonly kind: 'map'
  readonly at: Position
  readonly entries: readonly MapEntry[]
}

export interface MapEntry {
  readonly key: string
  readonly keyAt: Position
  readonly value: ConfigNode
}

/** Steps from the root: names of keys and indexes of lists. */
export type ConfigPath = readonly (string | number)[]

/** The entry of that name, if the node is a mapping that has it. */
export function entryOf(node: ConfigNode | undefined, key: string): MapEntry | undefined {
  return node?.kind === 'map' ? node.entries.find((entry) => entry.key === key) : undefined
}

/** The value under a path, if it is there. */
export function nodeAt(root: ConfigNode | undefined, path: ConfigPath): ConfigNode | undefined {
  let node = root
  for (const step of path) {
    if (typeof step === 'number') node = node?.kind === 'list' ? node.items[step] : undefined
    else node = entryOf(node, step)?.value
  }
  return node
}

/** Where a value stands, or, when it is absent, the key of the nearest thing around it. */
export function positionOf(root: ConfigNode, path: ConfigPath): Position {
  const node = nodeAt(root, path)
  if (node !== undefined) return node.at
  return path.length === 0 ? root.at : keyPositionOf(root, path.slice(0, -1))
}

/** Where the key of a value stands; for a member of a list the member. */
export function keyPositionOf(root: ConfigNode, path: ConfigPath): Position {
  const last = path.at(-1)
  const entry = typeof last === 'string' ? entryOf(nodeAt(root, path.slice(0, -1)), last) : undefined
  return entry?.keyAt ?? positionOf(root, path)
}

/** `apps.billing.locations[1].require`; keys that are no plain words stand in quotes. */
export function pathText(path: ConfigPath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      const word = /^[\w:@/-]+$/.test(step) ? step : JSON.stringify(step)
      return index === 0 ? word : `.${word}`
    })
    .join('')
}

/**
 * The tree as plain values, for the schema. `replaced` holds what a scalar is read as where its key wants another
 * kind.
 */
export function toPlain(
  node: ConfigNode,
  replaced: ReadonlyMap<ConfigNode, boolean | number | string>,
): unknown {
  switch (node.kind) {
    case 'scalar':
      return replaced.get(node) ?? node.value
    case 'lines':
      return node.entries
    case 'list':
      return node.items.flatMap((item): readonly unknown[] =>
        item.kind === 'lines' ? item.entries : [toPlain(item, replaced)],
      )
    case 'map':
      return Object.fromEntries(node.entries.map((entry) => [entry.key, toPlain(entry.value, replaced)]))
  }
}

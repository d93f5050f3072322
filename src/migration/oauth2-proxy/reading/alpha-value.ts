import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml'
import type { SourcePosition } from '../../source-position.ts'
import type { ReadingFault } from './setting.ts'

/** A value of the alpha configuration: a text, a list, or a mapping whose keys are in lower case. */
export type AlphaValue =
  | { readonly kind: 'text'; readonly text: string; readonly at: SourcePosition }
  | { readonly kind: 'list'; readonly items: readonly AlphaValue[]; readonly at: SourcePosition }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, AlphaEntry>; readonly at: SourcePosition }

export interface AlphaEntry {
  readonly name: string
  readonly at: SourcePosition
  readonly value: AlphaValue
}

type Place = (offset: number) => SourcePosition

/** A node of YAML as a value; what cannot be read as one is a fault. */
export function readAlphaNode(node: unknown, place: Place, faults: ReadingFault[]): AlphaValue | null {
  if (isAlias(node)) {
    faults.push({ at: placeOf(node, place), message: 'an alias is not read here: write the value out' })
    return null
  }
  if (isScalar(node)) return { kind: 'text', text: scalarText(node), at: placeOf(node, place) }
  if (isSeq(node)) {
    const items = node.items.flatMap((item) => readAlphaNode(item, place, faults) ?? [])
    return { kind: 'list', items, at: placeOf(node, place) }
  }
  if (!isMap(node)) return null
  const entries = new Map<string, AlphaEntry>()
  for (const { key, value } of node.items) {
    if (!isScalar(key)) {
      faults.push({ at: placeOf(node, place), message: 'a key that is no text' })
      continue
    }
    const name = String(key.value)
    const at = placeOf(key, place)
    if (entries.has(name.toLowerCase())) faults.push({ at, message: `${name} stands here twice` })
    const read =
      value === null ? { kind: 'text' as const, text: '', at } : readAlphaNode(value, place, faults)
    if (read !== null) entries.set(name.toLowerCase(), { name, at, value: read })
  }
  return { kind: 'map', entries, at: placeOf(node, place) }
}

/** As it was written: `0777` and `1e3` stay what they are. */
function scalarText({ value, source }: { readonly value: unknown; readonly source?: string }): string {
  if (value === null) return ''
  return typeof value === 'string' ? value : (source ?? String(value))
}

function placeOf(node: Node, place: Place): SourcePosition {
  return place(node.range?.[0] ?? 0)
}

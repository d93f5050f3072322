import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { SourcePosition } from '../../source-position.ts'
import { alphaKeys } from './alpha-keys.ts'
import type { ReadingFault, Setting } from './setting.ts'

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

/** What the flat settings cannot say. */
export interface AlphaLists {
  readonly upstreams: readonly AlphaValue[] | null
  readonly requestHeaders: readonly AlphaValue[] | null
  readonly responseHeaders: readonly AlphaValue[]
  /** More than the one provider that oauth2-proxy uses. */
  readonly moreProviders: readonly AlphaValue[]
}

export interface ReadAlpha extends AlphaLists {
  readonly settings: readonly Setting[]
  readonly faults: readonly ReadingFault[]
}

/** Reads the alpha configuration, YAML, as the settings that mean the same; keys fold case, as oauth2-proxy folds it. */
export function readAlpha(text: string, file: string): ReadAlpha {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const place = (offset: number): SourcePosition => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  const faults: ReadingFault[] = document.errors.map(({ pos, message }) => ({
    at: place(pos[0]),
    message: message.split(/ at line |\n/)[0] ?? message,
  }))
  const top = faults.length > 0 ? null : readNode(document.contents, place, faults)
  const entries = top?.kind === 'map' ? top.entries : new Map<string, AlphaEntry>()
  const settings: Setting[] = []
  const providers = itemsOf(entries.get('providers')?.value)
  for (const [key, entry] of entries) {
    if (key === 'providers') flatten(providers?.[0], 'providers', settings)
    else if (!taken.has(key)) flatten(entry.value, entry.name, settings)
  }
  const upstreams = entries.get('upstreamconfig')?.value ?? entries.get('upstreams')?.value
  if (upstreams?.kind === 'map') {
    for (const [key, { name, value }] of upstreams.entries) {
      if (key !== 'upstreams') flatten(value, `upstreamConfig.${name}`, settings)
    }
  }
  return {
    settings,
    faults,
    upstreams: itemsOf(upstreams?.kind === 'map' ? upstreams.entries.get('upstreams')?.value : upstreams),
    requestHeaders: itemsOf(entries.get('injectrequestheaders')?.value),
    responseHeaders: itemsOf(entries.get('injectresponseheaders')?.value) ?? [],
    moreProviders: providers?.slice(1) ?? [],
  }
}

const taken: ReadonlySet<string> = new Set([
  ...['upstreamconfig', 'upstreams', 'injectrequestheaders', 'injectresponseheaders'],
])

function itemsOf(value: AlphaValue | undefined): readonly AlphaValue[] | null {
  return value?.kind === 'list' ? value.items : null
}

function readNode(
  node: unknown,
  place: (offset: number) => SourcePosition,
  faults: ReadingFault[],
): AlphaValue | null {
  if (isAlias(node)) {
    faults.push({ at: placeOf(node, place), message: 'an alias is not read here: write the value out' })
    return null
  }
  if (isScalar(node)) {
    const text =
      node.value === null
        ? ''
        : typeof node.value === 'string'
          ? node.value
          : (node.source ?? String(node.value))
    return { kind: 'text', text, at: placeOf(node, place) }
  }
  if (isSeq(node)) {
    const items = node.items.flatMap((item) => readNode(item, place, faults) ?? [])
    return { kind: 'list', items, at: placeOf(node, place) }
  }
  if (!isMap(node)) return null
  const entries = new Map<string, AlphaEntry>()
  for (const { key, value } of node.items) {
    if (!isScalar(key)) continue
    const name = String(key.value)
    const read = readNode(value, place, faults)
    if (read !== null) entries.set(name.toLowerCase(), { name, at: placeOf(key, place), value: read })
  }
  return { kind: 'map', entries, at: placeOf(node, place) }
}

function placeOf(node: Node, place: (offset: number) => SourcePosition): SourcePosition {
  return place(node.range?.[0] ?? 0)
}

/** Every leaf as a setting, under the key that has its meaning, else under its path. */
function flatten(value: AlphaValue | undefined, path: string, settings: Setting[], at = value?.at): void {
  if (value === undefined || at === undefined) return
  if (value.kind === 'map') {
    for (const [, entry] of value.entries) flatten(entry.value, `${path}.${entry.name}`, settings, entry.at)
    return
  }
  const key = alphaKeys.get(path.toLowerCase()) ?? path
  const values = value.kind === 'text' ? [value.text] : value.items.map(textOf)
  settings.push({ key, name: path, values, origin: 'file', at })
}

/** `{ name: prompt, default: [login] }`, the parameters of the sign-in, as `prompt=login`. */
function textOf(value: AlphaValue): string {
  if (value.kind === 'text') return value.text
  if (value.kind === 'list') return value.items.map(textOf).join(' ')
  const fixed = value.entries.get('default')?.value
  const name = value.entries.get('name')?.value
  return name === undefined ? '…' : `${textOf(name)}=${fixed === undefined ? '' : textOf(fixed)}`
}

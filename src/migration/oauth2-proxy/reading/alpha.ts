import { LineCounter, parseDocument } from 'yaml'
import type { SourcePosition } from '../../source-position.ts'
import { alphaKeys } from './alpha-keys.ts'
import { type AlphaEntry, type AlphaValue, readAlphaNode } from './alpha-value.ts'
import type { ReadingFault, Setting } from './setting.ts'

/** A member of a list of mappings, such as one upstream, with everything that it says. */
export interface AlphaItem {
  readonly at: SourcePosition
  /** `upstream docs`, `injectRequestHeaders X-Team`: what it is called in the report. */
  readonly what: string
  /** Keys are paths in lower case, such as `values[0].claimsource.claim`. */
  readonly leaves: readonly Setting[]
}

/** What the flat settings cannot say. */
export interface AlphaLists {
  readonly upstreams: readonly AlphaItem[] | null
  readonly requestHeaders: readonly AlphaItem[] | null
  readonly responseHeaders: readonly AlphaItem[]
  /** More than the one provider that oauth2-proxy uses. */
  readonly moreProviders: readonly AlphaItem[]
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
  const top = faults.length > 0 ? null : readAlphaNode(document.contents, place, faults)
  const entries = top?.kind === 'map' ? top.entries : new Map<string, AlphaEntry>()
  const settings: Setting[] = []
  const upstreams = upstreamsOf(entries, settings, faults)
  const [provider, ...moreProviders] = membersOf(entries.get('providers'), faults)
  if (provider !== undefined) settings.push(...leavesOf(provider, 'providers', provider.at).map(meaning))
  for (const [key, { name, value, at }] of entries) {
    if (!taken.has(key)) settings.push(...leavesOf(value, name, at).map(meaning))
  }
  const itemsOf = (key: string, what: string, label: string): readonly AlphaItem[] =>
    membersOf(entries.get(key), faults).map((one) => itemOf(one, what, label))
  const read = {
    upstreams: upstreams.map((one) => itemOf(one, 'upstream', 'id')),
    requestHeaders: itemsOf('injectrequestheaders', 'injectRequestHeaders', 'name'),
    responseHeaders: itemsOf('injectresponseheaders', 'injectResponseHeaders', 'name'),
    moreProviders: moreProviders.map((one) => itemOf(one, 'providers', 'id')),
  }
  return { ...read, settings, faults }
}

const taken: ReadonlySet<string> = new Set([
  ...['providers', 'upstreamconfig', 'upstreams', 'injectrequestheaders', 'injectresponseheaders'],
])

/** A list under `upstreamConfig.upstreams`, in older releases under `upstreams`. */
function upstreamsOf(
  entries: ReadonlyMap<string, AlphaEntry>,
  settings: Setting[],
  faults: ReadingFault[],
): readonly AlphaValue[] {
  const config = entries.get('upstreamconfig')
  const old = entries.get('upstreams')
  if (config === undefined) return membersOf(old, faults)
  if (old !== undefined) faults.push({ at: old.at, message: 'upstreams stand under upstreamConfig too' })
  if (config.value.kind !== 'map') return membersOf(config, faults)
  for (const [key, { name, value, at }] of config.value.entries) {
    if (key !== 'upstreams') settings.push(...leavesOf(value, `${config.name}.${name}`, at).map(meaning))
  }
  return membersOf(config.value.entries.get('upstreams'), faults)
}

/** The mappings of a list; anything else there is a fault, as nobody would miss it. */
function membersOf(entry: AlphaEntry | undefined, faults: ReadingFault[]): readonly AlphaValue[] {
  if (entry === undefined || (entry.value.kind === 'text' && entry.value.text === '')) return []
  if (entry.value.kind !== 'list') {
    faults.push({ at: entry.at, message: `expected a list under ${entry.name}` })
    return []
  }
  for (const { kind, at } of entry.value.items) {
    if (kind !== 'map') faults.push({ at, message: `expected a mapping in the list ${entry.name}` })
  }
  return entry.value.items.filter(({ kind }) => kind === 'map')
}

function itemOf(value: AlphaValue, what: string, label: string): AlphaItem {
  const leaves = leavesOf(value, '', value.at)
  const name = leaves.find(({ key }) => key === label)?.values[0]
  const called = name === undefined ? what : `${what} ${name}`
  return {
    at: value.at,
    what: called,
    leaves: leaves.map((leaf) => ({ ...leaf, name: `${called} ${leaf.name}` })),
  }
}

/** Under the key that has its meaning, where there is one. */
function meaning(leaf: Setting): Setting {
  return { ...leaf, key: alphaKeys.get(leaf.key) ?? leaf.name }
}

/** Every leaf as a setting, under its path. Lists of mappings count their members. */
function leavesOf(value: AlphaValue, path: string, at: SourcePosition): readonly Setting[] {
  if (value.kind === 'map') {
    return [...value.entries.values()].flatMap((entry) =>
      leavesOf(entry.value, path === '' ? entry.name : `${path}.${entry.name}`, entry.at),
    )
  }
  const key = path.toLowerCase()
  const setting = { key, name: path, origin: 'file', at } as const
  if (value.kind === 'text') return [{ ...setting, values: [value.text] }]
  const isParameters = key === 'providers.loginurlparameters'
  if (isParameters || value.items.every(({ kind }) => kind === 'text'))
    return [{ ...setting, values: value.items.map(textOf) }]
  return value.items.flatMap((item, index) => leavesOf(item, `${path}[${index}]`, item.at))
}

/** `{ name: prompt, default: [login] }`, the parameters of the sign-in, as `prompt=login`. */
function textOf(value: AlphaValue): string {
  if (value.kind === 'text') return value.text
  if (value.kind === 'list') return value.items.map(textOf).join(' ')
  const fixed = value.entries.get('default')?.value
  const name = value.entries.get('name')?.value
  return name === undefined ? '…' : `${textOf(name)}=${fixed === undefined ? '' : textOf(fixed)}`
}

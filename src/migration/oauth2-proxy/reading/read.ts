import { type AlphaLists, type ReadAlpha, readAlpha } from './alpha.ts'
import { readEnvironment } from './environment.ts'
import { readFlags } from './flags.ts'
import { isListKey, type Origin, type ReadingFault, type Setting } from './setting.ts'
import { type ReadSettings, readToml } from './toml.ts'

export interface SourceText {
  readonly name: string
  readonly text: string
}

/** All that oauth2-proxy was told. */
export interface ProxySettings extends AlphaLists {
  /** One of each key: flags win over the environment, that wins over files. */
  readonly settings: readonly Setting[]
  /** What another setting takes the place of. */
  readonly overridden: readonly Setting[]
}

export type ReadProxySettings =
  | ({ readonly ok: true } & ProxySettings)
  | { readonly ok: false; readonly faults: readonly ReadingFault[] }

/** Reads configuration files, alpha configurations, command lines and environments of one oauth2-proxy together. */
export function readProxySettings(files: readonly SourceText[]): ReadProxySettings {
  const all: Setting[] = []
  const faults: ReadingFault[] = []
  let lists: AlphaLists = { upstreams: null, requestHeaders: null, responseHeaders: [], moreProviders: [] }
  for (const { name, text } of files) {
    const read = readText(text, name)
    if ('moreProviders' in read) lists = read
    all.push(...read.settings)
    faults.push(...read.faults)
  }
  if (faults.length > 0) return { ok: false, faults }
  return { ok: true, ...lists, ...decided(all) }
}

function readText(text: string, name: string): ReadSettings | ReadAlpha {
  switch (formOf(text)) {
    case 'alpha':
      return readAlpha(text, name)
    case 'flags':
      return readFlags(text, name)
    case 'environment':
      return readEnvironment(text, name)
    case 'file':
      return readToml(text, name)
  }
}

type Form = 'alpha' | 'flags' | 'environment' | 'file'

/** What kind of text it is, by its first lines that say so. */
function formOf(text: string): Form {
  if (
    /^(?:providers|upstreamConfig|upstreams|injectRe(?:quest|sponse)Headers|server|metricsServer):/m.test(
      text,
    )
  ) {
    return 'alpha'
  }
  if (/^\s*(?:-\s+)?(?:export\s+)?["']?OAUTH2_PROXY_\w+(?:=|:\s)/m.test(text)) return 'environment'
  return /^[^=#\n]*(?:^|[\s"'])--[a-z]/m.test(text) ? 'flags' : 'file'
}

const rank: Readonly<Record<Origin, number>> = { file: 0, environment: 1, flag: 2 }

function decided(all: readonly Setting[]): Pick<ProxySettings, 'settings' | 'overridden'> {
  const settings: Setting[] = []
  const overridden: Setting[] = []
  for (const key of new Set(all.map((setting) => setting.key))) {
    const given = all.filter((setting) => setting.key === key)
    const highest = Math.max(...given.map(({ origin }) => rank[origin]))
    const winning = given.filter(({ origin }) => rank[origin] === highest)
    overridden.push(...given.filter((setting) => !winning.includes(setting)))
    // A list grows with each time that it is given; of anything else the last one counts.
    if (isListKey(key)) settings.push(...winning)
    else {
      settings.push(...winning.slice(-1))
      overridden.push(...winning.slice(0, -1))
    }
  }
  return { settings, overridden }
}

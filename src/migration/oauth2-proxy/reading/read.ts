import { type AlphaLists, type ReadAlpha, readAlpha } from './alpha.ts'
import { readCommand } from './command.ts'
import { deploymentFaults } from './deployment.ts'
import { readEnvironment } from './environment.ts'
import { isFragment, readFragment } from './fragment.ts'
import {
  filledIn,
  isFilledIn,
  isListKey,
  isSecret,
  type Origin,
  pluralOf,
  type ReadingFault,
  type Setting,
} from './setting.ts'
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
  const forms: Form[] = []
  let lists: AlphaLists = { upstreams: null, requestHeaders: null, responseHeaders: [], moreProviders: [] }
  for (const { name, text } of files) {
    const deployed = deploymentFaults(text, name)
    if (deployed.length > 0) return { ok: false, faults: deployed }
    const form = formOf(text)
    forms.push(form)
    const read = readText(text, name, form)
    if ('moreProviders' in read) {
      const at = { file: name, line: 1, column: 1 }
      if (forms.indexOf('alpha') < forms.length - 1)
        faults.push({ at, message: 'a second alpha configuration: oauth2-proxy reads one' })
      lists = read
    }
    all.push(...read.settings)
    faults.push(...read.faults)
  }
  const items = [...(lists.upstreams ?? []), ...(lists.requestHeaders ?? []), ...lists.responseHeaders]
  faults.push(
    ...missingFiles(all, forms),
    ...misread(all),
    ...twice(all),
    ...filled([...all, ...items.flatMap(({ leaves }) => leaves)]),
  )
  const unique = new Map(faults.map((fault) => [JSON.stringify(fault), fault]))
  if (unique.size > 0) return { ok: false, faults: [...unique.values()] }
  return { ok: true, ...lists, ...decided(all) }
}

function readText(text: string, name: string, form: Form): ReadSettings | ReadAlpha {
  switch (form) {
    case 'alpha':
      return readAlpha(text, name)
    case 'command':
      return readCommand(text, name)
    case 'fragment':
      return readFragment(text, name)
    case 'environment':
      return readEnvironment(text, name)
    case 'file':
      return readToml(text, name)
  }
}

type Form = 'alpha' | 'command' | 'fragment' | 'environment' | 'file'

const alphaHeads =
  /^(?:providers|upstreamConfig|upstreams|injectRe(?:quest|sponse)Headers|server|metricsServer|cookie):/m

const commands: readonly RegExp[] = [
  /(?:^|[\s/])(?:docker|podman|nerdctl)\s+(?:container\s+)?(?:run|create)\s/m,
  /^\s*(?:export\s+)?OAUTH2_PROXY_\w+=.*\s(?:--[a-z]|(?:\S*\/)?oauth2-proxy(?:\s|$))/m,
  /^[^=#\n]*(?:^|[\s"'])--[a-z]/m,
]

/** What kind of text it is, by the words that only one of them has. */
function formOf(text: string): Form {
  if (alphaHeads.test(text)) return 'alpha'
  if (isFragment(text)) return 'fragment'
  if (commands.some((pattern) => pattern.test(text))) return 'command'
  return /^\s*(?:export\s+)?OAUTH2_PROXY_\w+/m.test(text) ? 'environment' : 'file'
}

/** Settings that name a file with more of them, and the forms that such a file has. */
const naming: ReadonlyMap<string, readonly Form[]> = new Map([
  ['config', ['file']],
  ['alpha_config', ['alpha']],
  ['env_file', ['environment']],
])

/** A file that is named and not here may keep somebody out: nothing is converted without it. */
function missingFiles(settings: readonly Setting[], forms: readonly Form[]): readonly ReadingFault[] {
  return settings.flatMap(({ key, name, at, values: [value = ''] }) => {
    const wanted = naming.get(key)
    if (wanted === undefined || value === '' || forms.some((form) => wanted.includes(form))) return []
    return [
      { at, message: `${name} names ${value}, which holds settings too: name that file beside this one` },
    ]
  })
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
    // A list grows with each flag; of anything else the last one counts.
    if (isListKey(key) && highest === rank.flag) settings.push(...winning)
    else {
      settings.push(...winning.slice(-1))
      overridden.push(...winning.slice(0, -1))
    }
  }
  return { settings, overridden }
}

/** What a shell, a container's tool or oauth2-proxy fills in from an environment is not here. */
function filled(settings: readonly Setting[]): readonly ReadingFault[] {
  return settings
    .filter(({ key, values }) => !isSecret(key) && values.some(isFilledIn))
    .map(({ name, at }) => ({ at, message: filledIn(name) }))
}

/** What oauth2-proxy reads otherwise than it looks. */
function misread(settings: readonly Setting[]): readonly ReadingFault[] {
  return settings.flatMap(({ key, name, values, origin, at }): readonly ReadingFault[] => {
    const plural = origin === 'flag' ? null : pluralOf(name.replace(/^OAUTH2_PROXY_/, ''))
    if (plural !== null) {
      const read = `${name.startsWith('OAUTH2_PROXY_') ? 'OAUTH2_PROXY_' : ''}${plural}`
      return [{ at, message: `oauth2-proxy reads ${read}, and nothing of this name` }]
    }
    if (!isListKey(key) || values.every((value) => value === value.trim())) return []
    const message = `a blank at the edge of a value of ${name} is part of it for oauth2-proxy: leave it out`
    return [{ at, message }]
  })
}

/** One setting in two files of the same rank, of which oauth2-proxy read one. */
function twice(settings: readonly Setting[]): readonly ReadingFault[] {
  return settings.flatMap(({ key, name, origin, values, at }, index) => {
    if (origin === 'flag' || isSecret(key)) return []
    const other = settings
      .slice(0, index)
      .find((one) => one.key === key && one.origin === origin && one.at.file !== at.file)
    if (other === undefined || JSON.stringify(other.values) === JSON.stringify(values)) return []
    return [
      {
        at,
        message: `${name} stands in ${other.at.file} too, with another value: leave the one that counted`,
      },
    ]
  })
}

import type { Effect, Finding, FindingKind } from '../finding.ts'
import type { SourcePosition } from '../source-position.ts'
import type { Variable } from '../variable.ts'
import type { ProxySettings } from './reading/read.ts'
import { isSecret, type Setting } from './reading/setting.ts'

/** oauth2-proxy's settings, and the report that is written while they are read. */
export interface OauthProxy {
  readonly source: ProxySettings
  /** The text of a setting; null when it was not made or is empty. */
  text(key: string): string | null
  list(key: string): readonly string[]
  flag(key: string, byDefault: boolean): boolean
  has(key: string): boolean
  /** A finding of each place where one of the keys was set; of its default where it was not, if `always`. */
  say(key: string, kind: FindingKind, message: string, more?: More): void
  /** Says nothing of a setting here but that it is empty, as its values are told one by one. */
  leave(key: string): void
  report(finding: Finding): void
  variable(variable: Variable): void
  /** Settings that nothing was said of. */
  untold(): readonly Setting[]
}

export interface More {
  readonly id?: string
  readonly effect?: Effect
  /** Says it of the default too. */
  readonly always?: boolean
}

export function createProxy(
  source: ProxySettings,
  report: (finding: Finding) => void,
  variable: (variable: Variable) => void,
): OauthProxy {
  const told = new Set<string>()
  const of = (key: string): readonly Setting[] => source.settings.filter((setting) => setting.key === key)
  const list = (key: string): readonly string[] =>
    of(key)
      .flatMap(({ values }) => values)
      .filter((value) => value !== '')
  const text = (key: string): string | null => list(key).at(-1) ?? null
  return {
    source,
    text,
    list,
    has: (key) => of(key).length > 0,
    flag: (key, byDefault) => {
      const given = text(key)
      return given === null ? byDefault : /^(?:true|t|1)$/i.test(given)
    },
    say: (key, kind, message, { id = key.replaceAll('_', '-'), effect, always } = {}) => {
      told.add(key)
      const found = of(key)
      const common = { id: kind === 'kept' ? 'kept' : id, kind, message, effect: effect ?? null }
      for (const setting of found) report({ ...common, at: setting.at, what: settingText(setting) })
      if (found.length === 0 && always === true)
        report({ ...common, at: null, what: `the default of ${key}` })
    },
    leave: (key) => {
      told.add(key)
      for (const setting of of(key).filter(({ values }) => values.every((value) => value === '')))
        report(found('empty', 'not-needed', setting.at, settingText(setting), 'is empty'))
    },
    report,
    variable,
    untold: () => source.settings.filter(({ key }) => !told.has(key)),
  }
}

/** A setting as the report shows it: never what may be secret. */
export function settingText({ key, name, values, origin }: Setting): string {
  const isSwitch = values.every((value) => /^(?:true|false)$/.test(value))
  if (isSecret(key) && !isSwitch) return `${name} …`
  const shown = values.map((value) => value.replaceAll(/:\/\/[^/@\s]+@/g, '://…@')).join(', ')
  return origin === 'file' ? `${name} = ${shown}` : `${name}=${shown}`
}

/** A finding that belongs to a place of its own, such as one route of many. */
export function found(
  id: string,
  kind: FindingKind,
  at: SourcePosition | null,
  what: string,
  message: string,
  effect: Effect | null = null,
): Finding {
  return { id, kind, at, what, message, effect }
}

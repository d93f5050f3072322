import type { Conversion } from '../conversion.ts'
import type { Finding, FindingKind } from '../finding.ts'
import type { SourcePosition } from '../source-position.ts'
import { found, settingText } from './proxy.ts'
import type { ProxySettings } from './reading/read.ts'
import type { Setting } from './reading/setting.ts'

/** Everything that was read, down to each leaf of an alpha configuration. */
export function allSettings(source: ProxySettings): readonly Setting[] {
  const { settings, overridden, upstreams, requestHeaders, responseHeaders, moreProviders } = source
  const items = [...(upstreams ?? []), ...(requestHeaders ?? []), ...responseHeaders, ...moreProviders]
  return [...settings, ...overridden, ...items.flatMap(({ leaves }) => leaves)]
}

const worstFirst: readonly FindingKind[] = ['not-convertible', 'changed', 'suspect', 'kept', 'not-needed']

/** Each setting with the worst that is said of it; null where nothing is. */
export function accountsOf(
  settings: readonly Setting[],
  findings: readonly Finding[],
): NonNullable<Extract<Conversion, { ok: true }>['lines']> {
  const byPlace = Map.groupBy(findings, ({ at }) => (at === null ? '' : placeText(at)))
  return settings.map(({ at }) => {
    const kinds = new Set((byPlace.get(placeText(at)) ?? []).map(({ kind }) => kind))
    return { at, kind: worstFirst.find((kind) => kinds.has(kind)) ?? null }
  })
}

function placeText({ file, line, column }: SourcePosition): string {
  return `${file}:${line}:${column}`
}

/** What is said of settings that nothing was said of: they may keep somebody out. */
export function unclaimed(settings: readonly Setting[], findings: readonly Finding[]): readonly Finding[] {
  const accounts = accountsOf(settings, findings)
  return settings
    .filter((_, index) => accounts[index]?.kind === null)
    .map((setting) => unknownSetting(setting))
}

/** Of a setting that nobody knows: until somebody has seen what it does, nobody gets in. */
export function unknownSetting(setting: Setting): Finding {
  const message =
    'not known here, so nobody gets in. See what it does: if it keeps nobody out, take it out and convert again'
  const finding = found('unknown', 'not-convertible', setting.at, settingText(setting), message, 'stricter')
  return isAboutServers(setting)
    ? { ...finding, message: 'not known here: see what it does', effect: null }
    : { ...finding, closesPlace: true }
}

/** Where it listens and how its cookie looks is not about who gets in. */
function isAboutServers({ key }: Setting): boolean {
  return /^(?:server|metricsServer|cookie)\./i.test(key)
}

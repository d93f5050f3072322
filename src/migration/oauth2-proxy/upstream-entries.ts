import type { FindingKind } from '../finding.ts'
import { unknownSetting } from './accounts.ts'
import { found, type OauthProxy, settingText } from './proxy.ts'
import type { AlphaItem } from './reading/alpha.ts'
import type { Setting } from './reading/setting.ts'

/** One upstream as it was written, in either form. */
export interface UpstreamEntry {
  readonly path: string
  /** An origin, a socket, a folder or a fixed answer. */
  readonly target: string
  readonly rewrite: string | null
  readonly hostHeader: boolean
  readonly websocket: boolean
  readonly timeout: string | null
  /** The leaf whose line in the report says what became of the upstream. */
  readonly main: Setting
  readonly others: readonly Setting[]
}

export function upstreamEntries(proxy: OauthProxy): readonly UpstreamEntry[] {
  proxy.leave('upstreams')
  if (proxy.source.upstreams !== null) return proxy.source.upstreams.flatMap(alphaEntry)
  const given = proxy.source.settings.filter(({ key }) => key === 'upstreams')
  return given.flatMap((setting) => setting.values.map((value) => legacyEntry(value, setting, proxy)))
}

function legacyEntry(value: string, setting: Setting, proxy: OauthProxy): UpstreamEntry {
  const [, origin = value, path = '', fragment = ''] =
    /^([a-z]+:\/\/[^/#]*)([^#]*)(?:#(.*))?$/.exec(value) ?? []
  const own = value.startsWith('file:') && fragment !== '' ? fragment : path === '' ? '/' : path
  return {
    path: /^(?:static|unix):/.test(value) ? '/' : own,
    target: /^https?:/.test(value) ? origin : value,
    rewrite: null,
    hostHeader: proxy.flag('pass_host_header', true),
    websocket: proxy.flag('proxy_websockets', true),
    timeout: proxy.text('upstream_timeout'),
    main: { ...setting, values: [value] },
    others: [],
  }
}

function alphaEntry({ leaves }: AlphaItem): readonly UpstreamEntry[] {
  const text = (key: string): string | null => {
    const value = leaves.find((leaf) => leaf.key === key)?.values[0] ?? ''
    return value === '' ? null : value
  }
  const main = ['path', 'uri', 'static', 'id'].flatMap(
    (key) => leaves.find((leaf) => leaf.key === key) ?? [],
  )[0]
  if (main === undefined) return []
  const uri = text('uri') ?? ''
  return [
    {
      path: text('path') ?? '/',
      // oauth2-proxy reads no path of an address: what is asked for is added to the root.
      target: isTrue(text('static')) ? 'static:' : uri.replace(/^(https?:\/\/[^/]*)\/.*$/, '$1'),
      rewrite: text('rewritetarget'),
      hostHeader: text('passhostheader') !== 'false',
      websocket: text('proxywebsockets') !== 'false',
      timeout: text('timeout'),
      main,
      others: leaves.filter((leaf) => leaf !== main),
    },
  ]
}

function isTrue(text: string | null): boolean {
  return /^true$/i.test(text ?? '')
}

const places: Readonly<Record<string, string>> = {
  path: 'the app’s `url`',
  uri: '`upstream`',
  rewritetarget: '`upstream` and `strip_prefix`',
  static: 'as its path says',
  staticcode: 'as its path says',
  passhostheader: '`preserve_host`',
  timeout: '`timeouts.response`',
}

const notNeeded: Readonly<Record<string, string>> = {
  id: 'a name for logs',
  flushinterval: 'every piece of an answer is passed on at once',
  disablekeepalives: 'connections to apps are kept and ended as the gateway decides',
}

/** A line for each leaf beside the one that says what became of the upstream. */
export function tellLeaves(entry: UpstreamEntry, isTaken: boolean, proxy: OauthProxy): void {
  for (const leaf of entry.others) {
    if (!isKnown(leaf)) {
      proxy.report(unknownSetting(leaf))
      continue
    }
    const [id, kind, message] = leafNote(leaf, entry, isTaken)
    proxy.report(found(id, kind, leaf.at, settingText(leaf), message))
  }
}

function isKnown({ key }: Setting): boolean {
  return key in places || key in notNeeded || key === 'proxywebsockets' || key === 'insecureskiptlsverify'
}

function leafNote(
  { key, values }: Setting,
  entry: UpstreamEntry,
  isTaken: boolean,
): readonly [string, FindingKind, string] {
  const place = places[key]
  const idle = notNeeded[key]
  if (idle !== undefined) return ['upstream', 'not-needed', idle]
  if (!isTaken) return ['upstream', 'not-needed', 'see what became of its path']
  if (key === 'uri' && /^https?:\/\/[^/]*\/./.test(values[0] ?? ''))
    return [
      'upstream-address',
      'changed',
      '`upstream`, without the path of the address, which was never used',
    ]
  if (place !== undefined) return ['kept', 'kept', place]
  if (key === 'proxywebsockets') {
    return entry.websocket
      ? ['proxy-websockets', 'changed', '`websocket: true`: from pages of the app’s own origin alone']
      : ['kept', 'kept', 'no `websocket`']
  }
  return isTrue(values[0] ?? '') && entry.target.startsWith('https:')
    ? ['upstream-verification', 'not-convertible', unverified]
    : ['kept', 'kept', 'certificates of apps are always verified']
}

export const unverified = 'the app’s certificate is always verified: name its authority in `upstream.ca_file`'

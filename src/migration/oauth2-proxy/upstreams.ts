import type { SourcePosition } from '../source-position.ts'
import type { YamlValue } from '../yaml.ts'
import { found, type OauthProxy, settingText } from './proxy.ts'
import type { AlphaValue } from './reading/alpha.ts'
import { durationText, secondsOf } from './session.ts'

/** One upstream as an app of ours. */
export interface ConvertedUpstream {
  /** Segments in front of everything that it serves. */
  readonly prefix: readonly string[]
  readonly upstream: YamlValue
  readonly websocket: boolean
  readonly timeout: string
  readonly from: { readonly at: SourcePosition; readonly what: string } | null
}

export interface ConvertedUpstreams {
  readonly all: readonly ConvertedUpstream[]
  /** Nothing is passed on: oauth2-proxy only answers another proxy's questions. */
  readonly asksOnly: boolean
}

interface Entry {
  readonly path: string
  readonly target: string
  readonly rewrite: string | null
  readonly hostHeader: boolean
  readonly websocket: boolean
  readonly timeout: string | null
  readonly skipsVerification: boolean
  readonly at: SourcePosition
  readonly what: string
}

/** Upstreams of either form. What has no place here is left out, and told. */
export function convertUpstreams(proxy: OauthProxy): ConvertedUpstreams {
  proxy.leave('upstreams')
  const entries =
    proxy.source.upstreams === null ? legacyEntries(proxy) : alphaEntries(proxy.source.upstreams, proxy)
  const all = entries.flatMap((entry) => convertEntry(entry, proxy) ?? [])
  const asksOnly = all.length === 0 && entries.every(({ target }) => target.startsWith('static:'))
  if (asksOnly) {
    proxy.report(
      found(
        'auth-request',
        'not-convertible',
        entries[0]?.at ?? null,
        entries[0]?.what ?? 'upstreams',
        'nothing is passed on: another proxy asks /oauth2/auth, which is not available yet. Put the gateway in front of the app itself, and write its `upstream`',
      ),
    )
  }
  return { all, asksOnly }
}

function legacyEntries(proxy: OauthProxy): readonly Entry[] {
  const hostHeader = proxy.flag('pass_host_header', true)
  const skipsVerification = proxy.flag('ssl_upstream_insecure_skip_verify', false)
  return proxy.source.settings
    .filter(({ key }) => key === 'upstreams')
    .flatMap((setting) =>
      setting.values.map((value) => {
        const [, origin = value, path = '', fragment = ''] =
          /^([a-z]+:\/\/[^/#]*)([^#]*)(?:#(.*))?$/.exec(value) ?? []
        return {
          path: value.startsWith('file:') && fragment !== '' ? fragment : path === '' ? '/' : path,
          target: /^https?:/.test(value) ? origin : value,
          rewrite: null,
          hostHeader,
          websocket: proxy.flag('proxy_websockets', true),
          timeout: proxy.text('upstream_timeout'),
          skipsVerification,
          at: setting.at,
          what: settingText({ ...setting, values: [value] }),
        }
      }),
    )
}

function alphaEntries(values: readonly AlphaValue[], proxy: OauthProxy): readonly Entry[] {
  return values.flatMap((value) => {
    if (value.kind !== 'map') return []
    const text = (key: string): string | null => {
      const entry = value.entries.get(key)?.value
      return entry?.kind === 'text' && entry.text !== '' ? entry.text : null
    }
    const what = `upstream ${text('id') ?? text('path') ?? ''}`
    for (const [key, { name, at }] of value.entries) {
      if (!knownKeys.has(key))
        proxy.report(found('unknown', 'not-convertible', at, `${what}: ${name}`, 'not known here'))
    }
    const target = text('static') === 'true' ? `static://${text('staticcode') ?? '200'}` : (text('uri') ?? '')
    return [
      {
        path: text('path') ?? '/',
        target,
        rewrite: text('rewritetarget'),
        hostHeader: text('passhostheader') !== 'false',
        websocket: text('proxywebsockets') !== 'false',
        timeout: text('timeout'),
        skipsVerification: text('insecureskiptlsverify') === 'true',
        at: value.at,
        what,
      },
    ]
  })
}

const knownKeys: ReadonlySet<string> = new Set([
  ...['id', 'path', 'uri', 'rewritetarget', 'static', 'staticcode', 'passhostheader', 'proxywebsockets'],
  ...['timeout', 'insecureskiptlsverify', 'flushinterval', 'disablekeepalives'],
])

function convertEntry(entry: Entry, proxy: OauthProxy): ConvertedUpstream | null {
  const { at, what, target } = entry
  const refuse = (id: string, message: string): null => {
    proxy.report(found(id, 'not-convertible', at, what, message))
    return null
  }
  if (target.startsWith('static:')) {
    if (entry.path !== '/')
      return refuse(
        'static',
        'a fixed answer has no counterpart: what asks for it gets 404 or the app around it',
      )
    return null
  }
  if (target.startsWith('file:'))
    return refuse('files', 'files are not served here: a web server has to, as an upstream')
  if (!/^https?:\/\//.test(target)) return refuse('upstream', 'an upstream is reached by http or https')
  const mapped = mapPath(entry)
  if (mapped === null)
    return refuse(
      'upstream-path',
      'the path is an expression that says more than a prefix, or is rewritten: write `url`, `upstream` and `strip_prefix`',
    )
  if (entry.skipsVerification && target.startsWith('https:')) {
    proxy.report(
      found(
        'upstream-verification',
        'not-convertible',
        at,
        what,
        'the app’s certificate is always verified: name its authority in `upstream.ca_file`',
      ),
    )
  }
  const differs = mapped.exact
    ? ', and all below it: oauth2-proxy took that one path alone, as it has no last slash'
    : ''
  proxy.report(
    found(
      mapped.exact ? 'upstream-path' : 'kept',
      mapped.exact ? 'changed' : 'kept',
      at,
      what,
      `an app with \`upstream\`${differs}`,
    ),
  )
  const keys: Record<string, YamlValue> = {}
  if (entry.hostHeader) keys.preserve_host = true
  if (mapped.strip) keys.strip_prefix = true
  const url = `${target.replace(/\/+$/, '')}${mapped.base}`
  return {
    prefix: mapped.prefix,
    upstream: Object.keys(keys).length === 0 ? url : { url, ...keys },
    websocket: entry.websocket,
    timeout: durationText(Math.max(1, secondsOf(entry.timeout ?? '30s') ?? 30)),
    from: { at, what },
  }
}

interface Mapped {
  readonly prefix: readonly string[]
  readonly base: string
  readonly strip: boolean
  readonly exact: boolean
}

/** A prefix, or `^/prefix/(.*)$` with a target that takes it off or leaves it. */
function mapPath({ path, rewrite }: Entry): Mapped | null {
  const [, expression] = rewrite === null ? [] : (/^\^?(\/[^(]*?)\/?\(\.\*\)\$?$/.exec(path) ?? [])
  const plain = expression ?? path
  if (rewrite !== null && expression === undefined) return null
  if (!/^\/(?:[\w.~-]+(?:\/[\w.~-]+)*\/?)?$/.test(plain)) return null
  const prefix = plain.split('/').filter((segment) => segment !== '')
  const exact = rewrite === null && !path.endsWith('/')
  if (rewrite === null) return { prefix, base: '', strip: false, exact }
  const [, base] = /^((?:\/[\w.~-]+)*)\/(?:\$1|\$\{1\})$/.exec(rewrite) ?? []
  if (base === undefined) return null
  const own = prefix.length === 0 ? '' : `/${prefix.join('/')}`
  if (own !== '' && base.endsWith(own))
    return { prefix, base: base.slice(0, -own.length), strip: false, exact }
  return { prefix, base, strip: own !== '', exact }
}

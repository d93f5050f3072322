import { durationText } from '../duration-text.ts'
import type { Effect } from '../finding.ts'
import { type PathPattern, pathText } from '../path-pattern.ts'
import type { SourcePosition } from '../source-position.ts'
import type { YamlValue } from '../yaml.ts'
import { found, type OauthProxy, settingText } from './proxy.ts'
import { secondsOf } from './session.ts'
import { tellLeaves, type UpstreamEntry, upstreamEntries } from './upstream-entries.ts'
import { type MappedPath, mapPath, takenBy } from './upstream-path.ts'

/** One upstream as an app of ours. */
export interface ConvertedUpstream {
  /** Segments in front of everything that it serves. */
  readonly prefix: readonly string[]
  readonly upstream: YamlValue
  readonly websocket: boolean
  readonly timeout: string
  readonly from: Source | null
}

export interface Source {
  readonly at: SourcePosition
  readonly what: string
}

/** Paths that lead nowhere any more: nobody gets in there until a person has said where they lead. */
export interface Closing {
  readonly pattern: PathPattern
  /** The path itself stays as it is; what lies below it is closed. */
  readonly keepsItself: boolean
  /** Whether apps below are closed too: an expression was asked before every plain path. */
  readonly isFirst: boolean
  readonly from: Source | null
}

export interface ConvertedUpstreams {
  readonly all: readonly ConvertedUpstream[]
  readonly closings: readonly Closing[]
  /** Nothing is passed on: oauth2-proxy only answers another proxy's questions. */
  readonly asksOnly: boolean
}

/** What becomes of one upstream, and what the report says of it. */
interface Outcome {
  readonly app: ConvertedUpstream | null
  readonly closing: Closing | null
  readonly id: string
  readonly kind: 'kept' | 'changed' | 'not-needed' | 'not-convertible'
  readonly message: string
  readonly effect: Effect | null
}

/** Upstreams of either form. What has no place here is left out, told, and closed where it stood. */
export function convertUpstreams(proxy: OauthProxy): ConvertedUpstreams {
  const entries = upstreamEntries(proxy)
  const asksOnly = entries.every(({ target, path }) => target.startsWith('static:') && path === '/')
  const outcomes = entries.map((entry) => {
    const outcome = convertEntry(entry, entries, asksOnly)
    const { id, kind, message, effect } = outcome
    proxy.report(found(id, kind, entry.main.at, settingText(entry.main), message, effect))
    tellLeaves(entry, outcome.app !== null, proxy)
    return outcome
  })
  if (entries.length === 0)
    proxy.report(found('auth-request', 'not-convertible', null, 'upstreams', asksMessage))
  return {
    all: outcomes.flatMap(({ app }) => app ?? []),
    closings: outcomes.flatMap(({ closing }) => closing ?? []),
    asksOnly,
  }
}

const asksMessage =
  'nothing is passed on: another proxy asks /oauth2/auth, which is not available yet. Put the gateway in front of the app itself, write its `upstream`, and as locations which paths that proxy asked for, with what stood behind a `?` (`/oauth2/auth?allowed_groups=…`): that is not in these files'

function convertEntry(entry: UpstreamEntry, all: readonly UpstreamEntry[], asksOnly: boolean): Outcome {
  const { target } = entry
  const from = { at: entry.main.at, what: settingText(entry.main) }
  const refuse = (id: string, message: string): Outcome => {
    const pattern = takenBy(entry)
    const closing = { pattern, keepsItself: false, isFirst: isExpression(entry), from }
    const below = pattern.exact ? '' : ' and below'
    const said = `${message}. Nobody gets in at ${pathText(pattern)}${below} until that is written`
    return { app: null, closing, id, kind: 'not-convertible', message: said, effect: 'stricter' }
  }
  if (asksOnly) return { ...plain, id: 'auth-request', kind: 'not-convertible', message: asksMessage }
  if (target.startsWith('static:'))
    return entry.path === '/'
      ? { ...plain, id: 'static', kind: 'changed', message: 'what belongs to no app gets 404' }
      : refuse('static', 'a fixed answer has no counterpart')
  if (target.startsWith('file:'))
    return refuse('files', 'files are not served here: a web server has to, as an upstream')
  if (!/^(?:https?:\/\/|unix:(?:\/\/)?\/)/.test(target))
    return refuse('upstream', 'an upstream is reached by http, https or a socket')
  const mapped = mapPath(entry)
  if (mapped === null) return refuse('upstream-path', unmapped)
  const twin = all.find((other) => other !== entry && hidden(entry, mapped, other, all))
  if (twin !== undefined) {
    const message = `${settingText(twin.main)} takes all of its paths: left out`
    return { ...plain, id: 'upstream-hidden', kind: 'not-needed', message }
  }
  return appOf(entry, mapped, from)
}

const plain = { app: null, closing: null, effect: null }
const unmapped =
  'the path is an expression that says more than a prefix, or is rewritten: write `url`, `upstream` and `strip_prefix`'

function isExpression({ rewrite }: UpstreamEntry): boolean {
  return rewrite !== null
}

/** Paths that are rewritten come first; where two have one place here, the one that takes what lies below has it. */
function hidden(
  entry: UpstreamEntry,
  { prefix, exact }: MappedPath,
  other: UpstreamEntry,
  all: readonly UpstreamEntry[],
): boolean {
  const theirs = mapPath(other)
  if (theirs === null || /^(?:static|file):/.test(other.target)) return false
  const isAround = theirs.prefix.every((segment, index) => segment === prefix[index])
  if (!isAround || theirs.exact) return false
  if (isExpression(other) && !isExpression(entry)) return true
  const isSame = theirs.prefix.length === prefix.length
  return (
    isSame &&
    (exact || (isExpression(other) === isExpression(entry) && all.indexOf(other) < all.indexOf(entry)))
  )
}

function appOf(entry: UpstreamEntry, mapped: MappedPath, from: Source): Outcome {
  const { prefix, exact } = mapped
  const keys: Record<string, YamlValue> = {}
  if (entry.hostHeader) keys.preserve_host = true
  if (mapped.strip) keys.strip_prefix = true
  const url = addressOf(entry.target, mapped.base)
  const app = {
    prefix,
    upstream: Object.keys(keys).length === 0 ? url : { url, ...keys },
    websocket: entry.websocket,
    timeout: durationText(Math.max(1, secondsOf(entry.timeout ?? '30s') ?? 30)),
    from,
  }
  if (!exact) {
    return prefix.length === 0
      ? { ...plain, app, id: 'kept', kind: 'kept', message: 'an app with `upstream`' }
      : {
          ...plain,
          app,
          id: 'upstream-slash',
          kind: 'changed',
          message: withoutSlash(prefix),
          effect: 'looser',
        }
  }
  const closing = { pattern: { segments: prefix, exact: false }, keepsItself: true, isFirst: false, from }
  return { app, closing, id: 'upstream-path', kind: 'changed', message: alone, effect: 'either' }
}

const alone =
  'an app with `upstream`: that one path alone, with and without a last slash. What lies below it belongs to no other app here, and is closed'

function withoutSlash(prefix: readonly string[]): string {
  return `an app with \`upstream\`: /${prefix.join('/')} without a last slash is part of it, which led to another upstream or to this address`
}

function addressOf(target: string, base: string): string {
  const [, socket] = /^unix:(?:\/\/)?(\/.*)$/.exec(target) ?? []
  if (socket === undefined) return `${target.replace(/\/+$/, '')}${base}`
  return `unix:${socket}${base === '' ? '' : `:${base}`}`
}

import type { Finding } from '../../finding.ts'
import type { SourcePosition } from '../../source-position.ts'
import { lastOf, wordsOf } from '../reading/last.ts'
import {
  passedPath,
  passesOn,
  type RewriteStep,
  readMatch,
  rewriteSteps,
  runsAlways,
} from '../reading/rewrite.ts'
import type { VirtualHost } from '../reading/site.ts'
import type { Directive } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { told } from '../told.ts'

/** One `ProxyPass`: below which path requests go where. */
export interface Mapping {
  /** `/wiki`; `/` for all. */
  readonly path: string
  /** Null: `!`, it is not passed on. */
  readonly target: string | null
  readonly websocket: boolean
  /** `ws://`: nothing else goes there. */
  readonly onlyWebSocket: boolean
  readonly timeoutSeconds: number | null
  readonly at: SourcePosition
  readonly what: string
}

/**
 * The mappings of a host in httpd's order, of which the first that matches counts: rewrites, then those of sections,
 * the last first, then all others.
 */
export function readMappings(host: VirtualHost, report: (finding: Finding) => void): readonly Mapping[] {
  const steps = rewriteSteps(host.rewriting)
  const rewritten = steps.flatMap((step) => readStep(step, host, report))
  const own = host.directives.flatMap((directive) => readMapping(directive, null, host, report))
  // A rewrite to ws:// stands in front of the line for everything else, and means the same app.
  const webSocketLast = (mapping: Mapping): number => (mapping.onlyWebSocket ? 1 : 0)
  for (const { kind, directives, isRefusal } of host.sections) {
    if (kind === 'prefix' || isRefusal === true) continue
    for (const directive of directives.filter(({ key }) => /^proxypass(?:match)?$/.test(key)))
      sayer(directive, report)('proxy-pass-match', 'not-convertible', asApp)
  }
  const inSections = host.sections
    .toReversed()
    .filter(({ kind, isRefusal, doubt }) => kind === 'prefix' && isRefusal !== true && doubt === null)
    .flatMap((section) =>
      section.directives.flatMap((directive) => readMapping(directive, section.pattern, host, report)),
    )
  return [...rewritten, ...inSections, ...own].toSorted(
    (one, other) => webSocketLast(one) - webSocketLast(other),
  )
}

const asApp =
  'this expression has to be written as an app with its own `url` and `upstream`; until then its paths are closed'

function readStep(
  step: RewriteStep,
  host: VirtualHost,
  report: (finding: Finding) => void,
): readonly Mapping[] {
  if (!passesOn(step)) return []
  const say = sayer(step.directive, report)
  const read = passedPath(step)
  if (read === null) {
    const message = 'this proxied rewrite has to be written as an app with its own `url` and `upstream`'
    say('rewrite', 'not-convertible', `${message}; until then its paths are closed`)
    return []
  }
  if (!runsAlways(step)) {
    const message =
      'passes on what meets the `RewriteCond` above it, which nobody can say here: its paths are closed (`nobody`)'
    say('rewrite-condition', 'not-convertible', message)
  }
  return mapping({ ...read, parameters: [] }, step.directive, host, say)
}

function readMapping(
  directive: Directive,
  sectionPath: string | null,
  host: VirtualHost,
  report: (finding: Finding) => void,
): readonly Mapping[] {
  const words = splitWords(directive.rest)
  const say = sayer(directive, report)
  switch (directive.key) {
    case 'proxypass': {
      const [path = '', target = '', ...parameters] = sectionPath === null ? words : [sectionPath, ...words]
      return mapping({ path, target, parameters }, directive, host, say)
    }
    case 'sethandler': {
      const [, target] = /^proxy:(.+)$/.exec(words[0] ?? '') ?? []
      if (sectionPath === null || target === undefined) return []
      return mapping({ path: sectionPath, target, parameters: [] }, directive, host, say)
    }
    case 'proxypassmatch': {
      const read = sectionPath === null ? readMatch(words[0] ?? '', words[1] ?? '') : null
      if (read === null) {
        say('proxy-pass-match', 'not-convertible', asApp)
        return []
      }
      return mapping({ ...read, parameters: words.slice(2) }, directive, host, say)
    }
    default:
      return []
  }
}

type Say = (id: string, kind: Finding['kind'], message: string) => void

function sayer(directive: Directive, report: (finding: Finding) => void): Say {
  return (id, kind, message) =>
    report({ id, kind, at: directive.at, what: told(directive), message, effect: null })
}

function mapping(
  { path, target, parameters }: { path: string; target: string; parameters: readonly string[] },
  directive: Directive,
  host: VirtualHost,
  say: Say,
): readonly Mapping[] {
  const place = { at: directive.at, what: told(directive) }
  const plain = path === '/' ? '/' : path.replace(/\/+$/, '')
  if (target === '!') {
    return [
      { ...place, path: plain, target: null, websocket: false, onlyWebSocket: false, timeoutSeconds: null },
    ]
  }
  const websocket = /^wss?:/.test(target) || parameters.some((one) => /^upgrade=/i.test(one))
  const timeout = parameters.find((one) => /^timeout=\d+$/i.test(one))
  const address = toHttp(target, host, say)
  if (address === null) return []
  return [
    {
      ...place,
      path: plain,
      target: address,
      websocket,
      onlyWebSocket: /^wss?:/.test(target),
      timeoutSeconds: timeout === undefined ? null : Number(timeout.slice('timeout='.length)),
    },
  ]
}

/** Null for what the gateway does not speak. */
function toHttp(target: string, host: VirtualHost, say: Say): string | null {
  if (/^https?:\/\//.test(target) || target.startsWith('${')) return target
  const [, socket, base = ''] = /^unix:(\/[^|:]+)\|https?:\/\/[^/|]*(\/[^|]*)?$/.exec(target) ?? []
  if (socket !== undefined)
    return base.replace(/\/$/, '') === '' ? `unix:${socket}` : `unix:${socket}:${base}`
  if (/^wss?:\/\//.test(target)) return target.replace(/^ws/, 'http')
  const balancer = /^balancer:\/\/([^/]+)(.*)$/.exec(target)
  if (balancer !== null) {
    const members = membersOf(balancer[1] ?? '', host)
    const first = members[0]
    const message =
      first === undefined
        ? 'a balancer without members: write the upstream'
        : members.length === 1
          ? null
          : `an app has one upstream: the first of ${members.length} members stands there`
    if (message !== null) say('balancer', 'not-convertible', message)
    return first === undefined ? 'http://fill-in.invalid' : `${first.replace(/\/$/, '')}${balancer[2] ?? ''}`
  }
  say('proxy-scheme', 'not-convertible', 'the gateway reaches apps by http or https: write the upstream')
  return 'http://fill-in.invalid'
}

function membersOf(name: string, host: VirtualHost): readonly string[] {
  const section = host.others.find(
    ({ key, rest }) => key === 'proxy' && splitWords(rest)[0]?.replace(/\/$/, '') === `balancer://${name}`,
  )
  const own = section?.children.filter((child) => child.key === 'balancermember') ?? []
  const outside = host.directives.filter(
    ({ key, rest }) => key === 'balancermember' && splitWords(rest)[0] === `balancer://${name}`,
  )
  return [
    ...own.map(({ rest }) => splitWords(rest)[0] ?? ''),
    ...outside.map(({ rest }) => splitWords(rest)[1] ?? ''),
  ].filter((member) => member !== '')
}

/** What people browse: scheme and host. `certain` is false where a person has to look at it. */
export interface PublicOrigin {
  readonly origin: string
  readonly problem: string | null
}

/** From the redirect URI, which the provider knows, else from `ServerName`. */
export function readOrigin(host: VirtualHost): PublicOrigin {
  const [redirect = ''] = wordsOf(host.directives, 'OIDCRedirectURI')
  const [, fromRedirect] = /^(https?:\/\/[^/]+)/.exec(redirect) ?? []
  if (fromRedirect !== undefined) return secured(fromRedirect)
  const [name] = wordsOf(host.directives, 'ServerName')
  if (name === undefined) {
    return {
      origin: 'https://fill-in.invalid',
      problem: 'no ServerName and no absolute OIDCRedirectURI says what people browse: write `url`',
    }
  }
  const [, scheme, server = '', port] = /^(?:(https?):\/\/)?([^:]+?)(?::(\d+))?$/.exec(name) ?? []
  const [engine = 'off'] = wordsOf(host.directives, 'SSLEngine')
  const forwarded = lastOf(host.directives, 'OIDCXForwardedHeaders') !== null
  const tls =
    scheme === 'https' || engine.toLowerCase() === 'on' || port === '443' || /:443\b/.test(host.addresses)
  const own = tls || forwarded ? 'https' : 'http'
  const shown = port === undefined || port === '443' || port === '80' ? server : `${server}:${port}`
  return secured(`${own}://${shown}`)
}

/** Plain http is for loopback hosts: elsewhere people browse https, or should. */
function secured(origin: string): PublicOrigin {
  const { hostname, protocol } = URL.parse(origin) ?? { hostname: '', protocol: '' }
  const local = /^(?:.+\.)?localhost$|^127\./.test(hostname)
  if (protocol !== 'http:' || local) return { origin, problem: null }
  const problem =
    'was browsed by http: sessions need https, so `url` says https. Or knowingly: `allow_insecure_http: true`'
  return { origin: origin.replace(/^http:/, 'https:'), problem }
}

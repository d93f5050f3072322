import type { Finding } from '../../finding.ts'
import { lastOf } from '../reading/last.ts'
import type { VirtualHost } from '../reading/site.ts'
import type { Directive } from '../reading/tree.ts'
import { told } from '../told.ts'

/** Where the lines went that say what an app is, and need no more words. */
const where: ReadonlyMap<string, string> = new Map([
  ['servername', 'part of `url`, unless OIDCRedirectURI names the host'],
  ['sslengine', 'part of `url`: people browse https'],
  ['proxypreservehost', '`upstream.preserve_host`'],
  ['proxytimeout', '`timeouts.response`'],
  ['sslproxycacertificatefile', '`upstream.ca_file`, for upstreams with https'],
])

/** What holds for the app that begins at a path: of the host, and of sections for just that path. */
export function directivesOf(host: VirtualHost, prefix: readonly string[]): readonly Directive[] {
  const path = `/${prefix.join('/')}`
  const own = host.sections.filter(
    ({ kind, pattern, doubt }) =>
      kind === 'prefix' && doubt === null && (pattern.replace(/\/+$/, '') || '/') === path,
  )
  return [...host.directives, ...own.flatMap(({ directives }) => directives)]
}

/** Says of the host itself, and of lines that are applied as they are, where they are now. */
export function noteApplied(
  host: VirtualHost,
  prefixes: readonly (readonly string[])[],
  report: (finding: Finding) => void,
): void {
  const kept = { id: 'kept', kind: 'kept', effect: null } as const
  if (host.at !== null) {
    report({ ...kept, at: host.at, what: `<VirtualHost ${host.addresses}>`, message: 'its apps' })
  }
  for (const [key, message] of where) {
    const applied = new Set(prefixes.map((prefix) => lastOf(directivesOf(host, prefix), key)))
    for (const directive of [lastOf(host.directives, key), ...applied]) {
      if (directive !== null) report({ ...kept, at: directive.at, what: told(directive), message })
    }
    for (const directive of host.sections.flatMap(({ directives }) => directives)) {
      if (directive.key !== key || applied.has(directive)) continue
      const place =
        'holds for one path there: write it at the app, or at the location where a location takes it'
      report({ ...kept, kind: 'not-convertible', at: directive.at, what: told(directive), message: place })
    }
  }
  const members = host.others.flatMap(({ children }) => children)
  for (const child of [...host.directives, ...members]) {
    if (child.kind === 'section' || !/^(?:balancermember|proxyset)$/.test(child.key)) continue
    const message = 'of a balancer: the upstream that stands for it'
    report({ ...kept, at: child.at, what: told(child), message })
  }
}

import type { Finding } from '../../finding.ts'
import { lastOf } from '../reading/last.ts'
import type { VirtualHost } from '../reading/site.ts'
import { told } from '../told.ts'

/** Where the lines went that say what an app is, and need no more words. */
const where: ReadonlyMap<string, string> = new Map([
  ['servername', 'part of `url`, unless OIDCRedirectURI names the host'],
  ['sslengine', 'part of `url`: people browse https'],
  ['proxypreservehost', '`upstream.preserve_host`'],
  ['proxytimeout', '`timeouts.response`'],
  ['sslproxycacertificatefile', '`upstream.ca_file`, for upstreams with https'],
])

/** Says of the host itself, and of lines that are applied as they are, where they are now. */
export function noteApplied(host: VirtualHost, report: (finding: Finding) => void): void {
  const kept = { id: 'kept', kind: 'kept', effect: null } as const
  if (host.at !== null) {
    report({ ...kept, at: host.at, what: `<VirtualHost ${host.addresses}>`, message: 'its apps' })
  }
  for (const [key, message] of where) {
    const directive = lastOf(host.directives, key)
    if (directive !== null) report({ ...kept, at: directive.at, what: told(directive), message })
  }
  const members = host.others.flatMap(({ children }) => children)
  for (const child of [...host.directives, ...members]) {
    if (child.kind === 'section' || !/^(?:balancermember|proxyset)$/.test(child.key)) continue
    const message = 'of a balancer: the upstream that stands for it'
    report({ ...kept, at: child.at, what: told(child), message })
  }
}

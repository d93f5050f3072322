import { printIssue } from '../../config/issue.ts'
import { loadGatewayFromText } from '../../config/load.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Finding } from '../finding.ts'
import type { Rule } from '../rule.ts'
import type { SourcePosition } from '../source-position.ts'
import type { YamlValue } from '../yaml.ts'
import { toNetwork } from './access/requirement.ts'
import type { ConvertedApp } from './host/host.ts'
import type { ApacheInput } from './input.ts'
import { wordsOf } from './reading/last.ts'
import type { VirtualHost } from './reading/site.ts'

/** A rule on an address needs to know what stands in front. */
export function trustedProxies(
  hosts: readonly VirtualHost[],
  apps: readonly ConvertedApp[],
  report: (finding: Finding) => void,
): YamlValue | null {
  const words = hosts.flatMap(({ directives }) => [
    ...wordsOf(directives, 'RemoteIPTrustedProxy'),
    ...wordsOf(directives, 'RemoteIPInternalProxy'),
  ])
  const networks = [...new Set(words.map(toNetwork).filter((network) => network !== null))]
  if (networks.length > 0) return networks
  const rules = apps.flatMap(({ locations }) =>
    locations.flatMap(({ accesses }) => accesses.map(({ require }) => require)),
  )
  if (!rules.some((rule) => rule !== 'maybe_signed_in' && asksAddress(rule))) return null
  const at: SourcePosition | null = null
  report({
    id: 'trusted-proxies',
    kind: 'suspect',
    at,
    what: 'trusted_proxies',
    message:
      '`none`: the address is that of whoever connects, as httpd saw it. Is there a load balancer in front, list it',
    effect: null,
  })
  return 'none'
}

function asksAddress(rule: Rule): boolean {
  return rule.kind === 'ip' || ('members' in rule && rule.members.some(asksAddress))
}

/** Loads what was written, with something in each variable: what does not load is a place that a person fills in. */
export function loadResult(
  yaml: string,
  variables: readonly string[],
  { folder, readFile }: ApacheInput,
  report: (finding: Finding) => void,
): Gateway | null {
  // Long enough for a secret; what stands in an address has to stay short.
  const more = (name: string) => (/SECRET|KEY/.test(name) ? `-${'x'.repeat(32)}` : '')
  const env = Object.fromEntries(
    variables.map((name) => [name, `set-${name.toLowerCase().replaceAll('_', '-')}${more(name)}`]),
  )
  const loaded = loadGatewayFromText(yaml, { file: 'the result', folder, env, readFile, mayBeOpen: true })
  if (loaded.ok) return loaded.gateway
  for (const issue of loaded.issues) {
    report({
      id: 'result',
      kind: 'not-convertible',
      at: null,
      what: issue.path === '' ? 'the result' : issue.path,
      message: printIssue(issue),
      effect: null,
    })
  }
  return null
}

import type { Conversion } from '../conversion.ts'
import { createFindings, type Finding } from '../finding.ts'
import { prove } from '../proof/prove.ts'
import type { Variable } from '../variable.ts'
import type { Context } from './context.ts'
import { noteDirectives } from './directives.ts'
import { type ConvertedFile, fileText } from './file.ts'
import { type ConvertedApp, type ConvertedHost, convertHost } from './host/host.ts'
import { convertSession } from './host/session.ts'
import type { ApacheInput } from './input.ts'
import type { ProviderNotes } from './provider/notes.ts'
import { collectProviders, type Providers, uniqueName } from './provider/providers.ts'
import { readRemoteUser } from './provider/user.ts'
import { readApache } from './reading/read.ts'
import { readSite, type VirtualHost } from './reading/site.ts'
import { loadResult, trustedProxies } from './result.ts'
import { asksForForwarded, isAtLeast, latin1, type Version } from './versions.ts'

/** httpd's configuration as ours, with a report. Nothing is contacted; secrets stay where they are. */
export function convertApache(input: ApacheInput): Conversion {
  const read = readApache(input.files, input)
  if (!read.ok) return read
  const findings = createFindings()
  for (const { at, what, kind, message } of read.notes) {
    const known = kind === 'unreadable' ? 'not-convertible' : 'not-needed'
    findings.add({ id: `reading-${kind}`, kind: known, at, what, message, effect: null })
  }
  const variables = new Map<string, Variable>()
  const notes: ProviderNotes = {
    report: findings.add,
    variable: (variable) => void variables.set(variable.name, variable),
  }
  noteVersion(input.version, findings.add)
  const hosts = readSite(read.nodes).filter((host) => isApp(host, findings.add))
  const providers = collectProviders(hosts, input, notes)
  const converted = hosts.map((host) => convertOne(host, providers, input.version, notes))
  const apps = withUniqueNames(converted.flatMap(({ apps }) => apps))
  const file: ConvertedFile = {
    source: input.files.map(({ name }) => name).join(', '),
    providers: providers.all,
    apps,
    trustedProxies: trustedProxies(hosts, apps, findings.add),
  }
  const yaml = fileText(file)
  for (const name of yaml.matchAll(/\$\{env:(\w+)\}/g)) {
    const variable = name[1] ?? ''
    if (variable !== 'SESSION_SECRET' && !variables.has(variable)) {
      variables.set(variable, { name: variable, purpose: 'as in httpd’s environment' })
    }
  }
  const gateway = loadResult(yaml, [...variables.keys()], input, findings.add)
  const found = findings.all()
  return {
    ok: true,
    yaml,
    findings: found,
    variables: [...variables.values()],
    gateway,
    prove: (result) => prove(converted, result, found),
  }
}

/** Defaults that changed after the release that the files were written for. */
function noteVersion(version: Version, report: (finding: Finding) => void): void {
  const say = (id: string, message: string): void =>
    report({
      id,
      kind: 'changed',
      at: null,
      what: `mod_auth_openidc ${version.join('.')}`,
      message,
      effect: null,
    })
  if (!isAtLeast(version, asksForForwarded)) {
    say(
      'forwarded',
      'believed X-Forwarded-Host, -Proto and -Port of everybody: list the load balancers in `trusted_proxies`',
    )
  }
  if (!isAtLeast(version, latin1)) {
    say(
      'pkce',
      'used no PKCE by default: here it is always used, and the client must be allowed to at the provider',
    )
  }
}

/** Hosts that only send people elsewhere are none of ours. */
function isApp(host: VirtualHost, report: (finding: Finding) => void): boolean {
  const proxies = host.directives.some(({ key }) => /^proxypass(?:match)?$|^rewriterule$/.test(key))
  const sections = host.sections.some((section) => section.directives.length > 0 || section.requires !== null)
  const redirects = host.directives.some(({ key }) => /^redirect/.test(key))
  if (proxies || sections)
    return !(redirects && !sections && !host.directives.some(({ key }) => /^proxypass/.test(key)))
  const what = host.at === null ? 'the server' : `<VirtualHost ${host.addresses}>`
  report({
    id: 'host',
    kind: 'not-needed',
    at: host.at,
    what,
    message: 'passes nothing on and protects nothing: it is left out',
    effect: null,
  })
  return false
}

function convertOne(
  host: VirtualHost,
  { all, of }: Providers,
  version: Version,
  notes: ProviderNotes,
): ConvertedHost {
  const providers = of.get(host) ?? []
  const [first] = providers
  const context: Context = {
    version,
    report: notes.report,
    remoteUser: readRemoteUser(host.directives, first?.issuer ?? ''),
    providers: providers.map(({ name }) => name),
    issuers: new Map(providers.map(({ issuer, name }) => [issuer, name])),
  }
  const session = convertSession(host, notes.report)
  const apps = convertHost({ host, providers, severalProviders: all.length > 1, session, context, ...notes })
  noteDirectives(host, notes.report)
  return { host, context, apps }
}

function withUniqueNames(apps: readonly ConvertedApp[]): readonly ConvertedApp[] {
  const taken: string[] = []
  return apps.map((app) => {
    const name = uniqueName(app.name, taken)
    taken.push(name)
    return { ...app, name }
  })
}

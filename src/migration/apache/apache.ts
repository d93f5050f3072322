import type { Conversion } from '../conversion.ts'
import { createFindings, type Finding, type Findings } from '../finding.ts'
import { examplesOf } from '../proof/examples.ts'
import { prove } from '../proof/prove.ts'
import { testFileText } from '../test-file.ts'
import type { Variable } from '../variable.ts'
import { collectAuthorities } from './access/certificates.ts'
import {
  accountsOf,
  claimLeftOut,
  claimRules,
  closeApps,
  closingLines,
  closingsOf,
  unclaimed,
} from './accounts.ts'
import type { Context, WithheldClaims } from './context.ts'
import { noteDirectives } from './directives/directives.ts'
import { type ConvertedFile, fileText } from './file.ts'
import { type ConvertedApp, type ConvertedHost, convertHost } from './host/host.ts'
import { convertSession } from './host/session.ts'
import type { ApacheInput } from './input.ts'
import { takesTokens } from './provider/bearer.ts'
import type { ProviderNotes } from './provider/notes.ts'
import { collectProviders, type Providers, uniqueName } from './provider/providers.ts'
import { readRemoteUser } from './provider/user.ts'
import type { ReadingNote } from './reading/expansion.ts'
import { readApache, type SourceLine } from './reading/read.ts'
import { rulesOf } from './reading/require.ts'
import { passesOn, rewriteSteps } from './reading/rewrite.ts'
import type { PathSection } from './reading/section.ts'
import { readSite, type VirtualHost } from './reading/site.ts'
import { splitWords } from './reading/words.ts'
import { loadResult, trustedProxies } from './result.ts'
import { told } from './told.ts'
import { asksForForwarded, isAtLeast, latin1, type Version } from './versions.ts'

/** httpd's configuration as ours, with a report. Nothing is contacted; secrets stay where they are. */
export function convertApache(input: ApacheInput): Conversion {
  const read = readApache(input.files, input)
  if (!read.ok) return read
  const findings = createFindings()
  const variables = new Map<string, Variable>()
  const notes: ProviderNotes = {
    report: findings.add,
    variable: (variable) => void variables.set(variable.name, variable),
  }
  noteVersion(input.version, findings.add)
  const site = readSite(read.nodes, read.folders)
  const hosts = site.filter((host) => isApp(host, findings.add))
  const authorities = collectAuthorities(hosts, input, findings.add)
  const providers = collectProviders(hosts, input, notes)
  const made = hosts.map((host) =>
    convertOne(
      host,
      providers,
      { version: input.version, certificates: authorities.of.get(host) ?? null },
      notes,
    ),
  )
  for (const note of read.notes) findings.add(noteFinding(note))
  const converted = account(made, site, read.lines, findings)
  const apps = withUniqueNames(converted.flatMap(({ apps }) => apps))
  const file: ConvertedFile = {
    source: input.files.map(({ name }) => name).join(', '),
    providers: providers.all,
    apps,
    authorities: authorities.all,
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
    lines: accountsOf(read.lines, found).map(({ line, kind }) => ({ at: line.node.at, kind })),
    variables: [...variables.values()],
    gateway,
    tests: (result) => testFileText(examplesOf(converted, result), file.source, providers.all.length > 1),
    prove: (result, onStep, mostRequests) => prove(converted, result, found, mostRequests, onStep),
  }
}

function noteFinding({ at, what, kind, message }: ReadingNote): Finding {
  const id = `reading-${kind}`
  if (kind !== 'unreadable') return { id, kind: 'not-needed', at, what, message, effect: null }
  return {
    id,
    kind: 'not-convertible',
    at,
    what,
    message,
    effect: 'stricter',
    closesPlace: true,
    isAnywhere: true,
    announces: () => true,
  }
}

/** Every line is accounted for; where one is not, its place is closed. */
function account(
  converted: readonly ConvertedHost[],
  site: readonly VirtualHost[],
  lines: readonly SourceLine[],
  findings: Findings,
): readonly ConvertedHost[] {
  claimRules(
    lines,
    converted.flatMap(({ apps }) => apps),
    findings.add,
  )
  claimLeftOut(lines, findings.add, findings.all())
  const places = site.flatMap(({ at }) => (at === null ? [] : [at]))
  const all = converted.flatMap(({ apps }) => apps)
  const closings = closingsOf(closingLines(lines, findings.all()), lines, all, places)
  for (const { line, kind } of accountsOf(lines, findings.all())) {
    if (kind === null) findings.add(unclaimed(line))
  }
  return converted.map((host) => ({ ...host, apps: closeApps(host.apps, host.host.at, closings) }))
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
  const passes = host.directives.some(({ key }) => /^proxypass(?:match)?$/.test(key))
  const rewrites = rewriteSteps(host.rewriting).some(passesOn)
  const protects = host.sections.some((section) => section.isRefusal !== true && !isOpen(section))
  if (passes || rewrites || protects) return true
  report({
    id: 'host',
    kind: 'not-needed',
    at: host.at,
    what: host.at === null ? 'the server' : `<VirtualHost ${host.addresses}>`,
    message: 'passes nothing on and protects nothing: it is left out',
    effect: null,
    leavesOut: true,
  })
  return false
}

/** Folders that everybody may read protect nothing; a `<Location>` names something that people browse. */
function isOpen({ requires, compat, directives, text }: PathSection): boolean {
  if (/^<Location/i.test(text)) return requires === null && compat === null && directives.length === 0
  return compat === null && (requires === null || rulesOf(requires).every(({ test }) => test.kind === 'all'))
}

function convertOne(
  host: VirtualHost,
  { all, of, tokens }: Providers,
  around: Pick<Context, 'version' | 'certificates'>,
  notes: ProviderNotes,
): ConvertedHost {
  const providers = of.get(host) ?? []
  const [first] = providers
  const context: Context = {
    ...around,
    report: notes.report,
    remoteUser: readRemoteUser(host.directives, first?.issuer ?? ''),
    tokenUser: tokens.get(host)?.remoteUser ?? null,
    withheld: readWithheld(host, notes.report),
    providers: providers.map(({ name }) => name),
    issuers: new Map(providers.map(({ issuer, name }) => [issuer, name])),
  }
  const session = convertSession(host, notes)
  const apps = convertHost({ host, providers, severalProviders: all.length > 1, session, context, ...notes })
  const refused = takesTokens(host) ? 'refused' : 'none'
  noteDirectives(host, tokens.has(host) ? 'taken' : refused, notes.report)
  return { host, context, apps }
}

/** Claims that httpd took out before any rule was asked. */
function readWithheld({ directives }: VirtualHost, report: (finding: Finding) => void): WithheldClaims {
  const words = (name: string): readonly string[] =>
    directives.filter(({ key }) => key === name).flatMap(({ rest }) => splitWords(rest))
  for (const directive of directives.filter(({ key }) => /^oidc(?:black|white)listedclaims$/.test(key))) {
    report({
      id: 'withheld-claims',
      kind: 'changed',
      at: directive.at,
      what: told(directive),
      message:
        'rules see every claim here; those on claims that httpd did not keep never matched, and are left out. Only `identity_headers` go out',
      effect: null,
    })
  }
  const only = words('oidcwhitelistedclaims')
  return { named: words('oidcblacklistedclaims'), only: only.length === 0 ? null : only }
}

function withUniqueNames(apps: readonly ConvertedApp[]): readonly ConvertedApp[] {
  const taken: string[] = []
  return apps.map((app) => {
    const name = uniqueName(app.name, taken)
    taken.push(name)
    return { ...app, name }
  })
}

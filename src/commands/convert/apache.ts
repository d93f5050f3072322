import type { Place } from '../../config/apache/lines.ts'
import { type ApacheFile, type ListFiles, readApache } from '../../config/apache/read.ts'
import { lastOf, readSite, type VirtualHost, wordsOf } from '../../config/apache/site.ts'
import { splitWords } from '../../config/apache/words.ts'
import type { ReadFile } from '../../config/files.ts'
import { printIssue } from '../../config/issue.ts'
import { loadGatewayFromText } from '../../config/load.ts'
import type { Gateway } from '../../core/gateway.ts'
import { prove } from '../prove/prove.ts'
import type { Context } from './context.ts'
import type { Conversion } from './conversion.ts'
import { noteDirectives } from './directives.ts'
import { type ConvertedFile, fileText } from './file.ts'
import { createFindings, type Finding } from './finding.ts'
import { type ConvertedApp, type ConvertedHost, convertHost } from './host.ts'
import { readMetadataFolder } from './metadata-folder.ts'
import {
  type ConvertedProvider,
  type ProviderNotes,
  readMetadataProvider,
  readProvider,
  readRemoteUser,
  type Variable,
} from './provider.ts'
import { toNetwork } from './requirement.ts'
import type { Rule } from './rule.ts'
import { convertSession } from './session.ts'
import { asksForForwarded, isAtLeast, latin1, type Version } from './versions.ts'
import type { YamlValue } from './yaml.ts'

export interface ApacheInput {
  readonly files: readonly ApacheFile[]
  /** Absolute: what relative names in the files start from. */
  readonly folder: string
  readonly readFile: ReadFile
  readonly listFiles: ListFiles
  readonly version: Version
  readonly defined: readonly string[]
}

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

interface Providers {
  readonly all: readonly ConvertedProvider[]
  readonly of: ReadonlyMap<VirtualHost, readonly ConvertedProvider[]>
}

/** Each provider once, however many hosts name it. */
function collectProviders(
  hosts: readonly VirtualHost[],
  input: ApacheInput,
  notes: ProviderNotes,
): Providers {
  const all = new Map<string, ConvertedProvider>()
  const of = new Map<VirtualHost, readonly ConvertedProvider[]>()
  const named = (provider: ConvertedProvider): ConvertedProvider => {
    const key = JSON.stringify(provider.keys)
    const known = all.get(key)
    if (known !== undefined) return known
    const taken = [...all.values()].map(({ name }) => name)
    const free = { ...provider, name: uniqueName(provider.name, taken) }
    all.set(key, free)
    return free
  }
  for (const host of hosts) {
    const several = readFolder(host, input, notes).map(named)
    const one = several.length > 0 ? null : readProvider(host, notes)
    of.set(host, one === null ? several : [named(one)])
  }
  if (all.size === 0) {
    notes.report({
      id: 'provider',
      kind: 'not-convertible',
      at: null,
      what: 'the provider',
      message: 'no OIDCProviderMetadataURL and no OIDCMetadataDir: write the provider',
      effect: null,
    })
    const keys = {
      issuer: 'https://fill-in.invalid',
      client_id: 'fill-in',
      client_secret: `\${env:OIDC_CLIENT_SECRET}`,
    }
    notes.variable({ name: 'OIDC_CLIENT_SECRET', purpose: 'the client secret of the provider' })
    all.set('', { name: 'main', issuer: keys.issuer, keys, at: null })
    return { all: [...all.values()], of: new Map(hosts.map((host) => [host, [...all.values()]])) }
  }
  return { all: withPrefixes([...all.values()], of, notes), of }
}

function readFolder(
  host: VirtualHost,
  input: ApacheInput,
  notes: ProviderNotes,
): readonly ConvertedProvider[] {
  const directive = lastOf(host.directives, 'OIDCMetadataDir')
  const [folder] = splitWords(directive?.rest ?? '')
  if (directive === null || folder === undefined) return []
  const place = { at: directive.at, what: `OIDCMetadataDir ${folder}`, effect: null }
  const found = readMetadataFolder(folder, input)
  if (found === null) {
    notes.report({
      ...place,
      id: 'metadata-folder',
      kind: 'not-convertible',
      message: 'no .provider file could be read there: write the providers',
    })
    return []
  }
  notes.report({
    ...place,
    id: 'metadata-folder',
    kind: 'kept',
    message: `${found.length} providers of its files`,
  })
  return found.map((one) => readMetadataProvider(one, host, notes))
}

/** User ids of several providers must not be taken for each other: all but the first get a prefix. */
function withPrefixes(
  providers: readonly ConvertedProvider[],
  of: Providers['of'],
  { report }: ProviderNotes,
): readonly ConvertedProvider[] {
  const second = new Set([...of.values()].flatMap((used) => used.slice(1).map(({ name }) => name)))
  return providers.map((provider) => {
    if (!second.has(provider.name)) return provider
    const prefix = `${provider.name}:`
    report({
      id: 'user-id-prefix',
      kind: 'changed',
      at: provider.at,
      what: provider.issuer,
      message: `user ids of this provider begin with \`${prefix}\`, so that nobody is taken for somebody of another provider`,
      effect: null,
    })
    return { ...provider, keys: { ...provider.keys, user_id_prefix: prefix } }
  })
}

function uniqueName(name: string, taken: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`
    if (!taken.includes(candidate)) return candidate
  }
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

/** A rule on an address needs to know what stands in front. */
function trustedProxies(
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
  const at: Place | null = null
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
function loadResult(
  yaml: string,
  variables: readonly string[],
  { folder, readFile }: ApacheInput,
  report: (finding: Finding) => void,
): Gateway | null {
  const env = Object.fromEntries(
    variables.map((name) => [name, `set-${name.toLowerCase().replaceAll('_', '-')}`]),
  )
  const loaded = loadGatewayFromText(yaml, { file: 'the result', folder, env, readFile })
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

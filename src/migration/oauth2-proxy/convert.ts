import { resolve } from 'node:path'
import { decodeUtf8, type ReadFile } from '../../config/files.ts'
import { printIssue } from '../../config/issue.ts'
import { loadGatewayFromText } from '../../config/load.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Conversion } from '../conversion.ts'
import { createFindings, type Finding } from '../finding.ts'
import { anyOf, type Rule } from '../rule.ts'
import { positionText } from '../source-position.ts'
import type { Variable } from '../variable.ts'
import type { YamlValue } from '../yaml.ts'
import { type Addresses, convertAddresses } from './addresses.ts'
import { type ProxyApp, type ProxyFile, proxyFileText } from './file.ts'
import { type ConvertedHeaders, convertHeaders } from './headers.ts'
import { noteSettings } from './notes.ts'
import { convertOpenings, type PathAccess } from './openings.ts'
import { convertPeople } from './people.ts'
import { convertProvider } from './provider.ts'
import { providerKind } from './provider-kinds.ts'
import { createProxy, type OauthProxy } from './proxy.ts'
import { readProxySettings, type SourceText } from './reading/read.ts'
import { convertSession } from './session.ts'
import { type ConvertedUpstream, convertUpstreams } from './upstreams.ts'

/** oauth2-proxy's files and what surrounds them. */
export interface ProxyInput {
  readonly files: readonly SourceText[]
  /** Absolute: what relative names in the files start from. */
  readonly folder: string
  readonly readFile: ReadFile
}

/** oauth2-proxy's settings as a configuration of ours, with a report. Nothing is contacted; secrets stay where they are. */
export function convertOauth2Proxy(input: ProxyInput): Conversion {
  const read = readProxySettings(input.files)
  if (!read.ok) return read
  const findings = createFindings()
  const variables = new Map<string, Variable>()
  const proxy = createProxy(read, findings.add, (variable) => void variables.set(variable.name, variable))
  const file = convertFile(proxy, input)
  noteSettings(
    proxy,
    input.files.map(({ name }) => name),
  )
  const yaml = proxyFileText(file)
  for (const [, name = ''] of yaml.matchAll(/\$\{env:(\w+)\}/g)) {
    if (!variables.has(name)) variables.set(name, { name, purpose: 'as in oauth2-proxy’s environment' })
  }
  const gateway = loadResult(yaml, [...variables.keys()], input, findings.add)
  return {
    ok: true,
    lines: null,
    yaml,
    findings: findings.all(),
    variables: [...variables.values()],
    gateway,
    prove: null,
  }
}

function convertFile(proxy: OauthProxy, input: ProxyInput): ProxyFile {
  const kind = providerKind(proxy)
  const people = convertPeople(proxy, kind, (path) =>
    readAddresses(resolve(input.folder, path), input.readFile),
  )
  const provider = convertProvider(proxy, kind, people.byEmail)
  const addresses = convertAddresses(proxy)
  const upstreams = convertUpstreams(proxy)
  const headers = convertHeaders(proxy, upstreams.asksOnly)
  const openings = convertOpenings(proxy)
  const all = upstreams.all.length > 0 ? upstreams.all : [missingUpstream(proxy, upstreams.asksOnly)]
  return {
    source: input.files.map(({ name }) => name).join(', '),
    top: addresses.top,
    provider,
    session: convertSession(proxy),
    apps: all.map((one) => appOf(one, all, { proxy, addresses, headers, openings, require: people.require })),
  }
}

interface AppContext {
  readonly proxy: OauthProxy
  readonly addresses: Addresses
  readonly headers: ConvertedHeaders
  readonly openings: readonly PathAccess[]
  readonly require: Rule
}

function appOf(one: ConvertedUpstream, all: readonly ConvertedUpstream[], context: AppContext): ProxyApp {
  const { proxy, addresses, headers, openings } = context
  const prefix = one.prefix.length === 0 ? '' : `/${one.prefix.join('/')}`
  const host = URL.parse(addresses.origin)?.hostname.split('.')[0] ?? 'app'
  const first = /^[a-z][\w-]*$/i.test(host) && host !== 'fill-in' ? host : 'app'
  const keys: Record<string, YamlValue> = {
    url: `${addresses.origin}${prefix}`,
    ...(addresses.insecure ? { allow_insecure_http: true } : {}),
    upstream: withHeaders(one.upstream, headers.fixed),
    redirect_uri: addresses.redirectUri,
    identity_headers: headers.identity,
    timeouts: { response: one.timeout },
    ...(one.websocket ? { websocket: true } : {}),
    ...(proxy.flag('skip_auth_preflight', false) ? { cors_preflight: 'pass' } : {}),
    ...(proxy.flag('force_json_errors', false) ? { unauthenticated: 'deny' } : {}),
  }
  const ips: Rule[] = addresses.trustedIps.length === 0 ? [] : [{ kind: 'ip', ranges: addresses.trustedIps }]
  return {
    name: prefix === '' ? first : uniqueOf(one.prefix.join('-').replaceAll(/[^\w-]/g, '-'), first),
    comment: one.from === null ? null : `${positionText(one.from.at)} ${one.from.what}`,
    keys,
    require: anyOf([...ips, context.require]),
    locations: locationsOf(openings, one.prefix, all),
  }
}

function uniqueOf(name: string, taken: string): string {
  return name === taken || !/^[A-Za-z]/.test(name) ? `app-${name}` : name
}

/** A location stands in the app that its path belongs to; what holds around the app holds from its prefix on. */
function locationsOf(
  openings: readonly PathAccess[],
  prefix: readonly string[],
  all: readonly ConvertedUpstream[],
): readonly PathAccess[] {
  const own = openings.filter(({ pattern: { segments } }) => {
    const owners = all.filter((one) => one.prefix.length <= segments.length && fits(segments, one.prefix))
    const deepest = Math.max(...owners.map((one) => one.prefix.length))
    return segments.length >= prefix.length && fits(segments, prefix) && prefix.length === deepest
  })
  const around = openings.filter(
    ({ pattern: { segments, exact } }) => segments.length < prefix.length && !exact && fits(segments, prefix),
  )
  const nearest = Math.max(...around.map(({ pattern }) => pattern.segments.length))
  const whole = own.some(({ pattern }) => pattern.segments.length === prefix.length && !pattern.exact)
  const inherited = whole ? [] : around.filter(({ pattern }) => pattern.segments.length === nearest)
  return [...inherited.map((one) => ({ ...one, pattern: { segments: prefix, exact: false } })), ...own]
}

function fits(segments: readonly (string | null)[], prefix: readonly string[]): boolean {
  return segments.every((segment, at) => at >= prefix.length || segment === null || segment === prefix[at])
}

function withHeaders(upstream: YamlValue, fixed: Readonly<Record<string, string>>): YamlValue {
  if (Object.keys(fixed).length === 0) return upstream
  return typeof upstream === 'string'
    ? { url: upstream, headers: fixed }
    : { ...Object(upstream), headers: fixed }
}

function missingUpstream(proxy: OauthProxy, asksOnly: boolean): ConvertedUpstream {
  if (!asksOnly) {
    proxy.say(
      'upstreams',
      'not-convertible',
      'nothing is left to pass requests to: write the app’s `upstream`',
      { id: 'upstream', always: true },
    )
  }
  return { prefix: [], upstream: 'http://fill-in.invalid', websocket: false, timeout: '30s', from: null }
}

function readAddresses(path: string, readFile: ReadFile): readonly string[] | null {
  const read = readFile(path)
  const text = read.ok ? decodeUtf8(read.bytes) : null
  if (text === null) return null
  const lines = text.split('\n').map((line) => line.trim().toLowerCase())
  return [...new Set(lines.filter((line) => line !== '' && !line.startsWith('#')))]
}

/** Loads what was written, with something in each variable and in each secret file that is not on this machine. */
function loadResult(
  yaml: string,
  variables: readonly string[],
  { folder, readFile }: ProxyInput,
  report: (finding: Finding) => void,
): Gateway | null {
  const value = (name: string): string => `set-${name.toLowerCase().replaceAll('_', '-')}-${'x'.repeat(32)}`
  const env = Object.fromEntries(variables.map((name) => [name, value(name)]))
  const stands = (path: string): ReturnType<ReadFile> => {
    const read = readFile(path)
    return read.ok || !yaml.includes(`\${file:`)
      ? read
      : { ok: true, bytes: Buffer.from(value('file')), worldReadable: false }
  }
  const loaded = loadGatewayFromText(yaml, { file: 'the result', folder, env, readFile: stands })
  if (loaded.ok) return loaded.gateway
  for (const issue of loaded.issues) {
    const ofFile = /(?:ca_file|client_key|certificate|\.key)$/.test(issue.path)
    report({
      id: ofFile ? 'result-file' : 'result',
      kind: ofFile ? 'suspect' : 'not-convertible',
      at: null,
      what: issue.path === '' ? 'the result' : issue.path,
      message: ofFile
        ? 'the file is not on this machine: see that the gateway can read it'
        : printIssue(issue),
      effect: null,
    })
  }
  return null
}

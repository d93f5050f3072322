import { resolve } from 'node:path'
import { decodeUtf8, type ReadFile } from '../../config/files.ts'
import { printIssue } from '../../config/issue.ts'
import { loadGatewayFromText } from '../../config/load.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Conversion } from '../conversion.ts'
import { createFindings, type Finding } from '../finding.ts'
import { sharedLogKeys } from '../redis-store.ts'
import { never } from '../rule.ts'
import type { Variable } from '../variable.ts'
import { accountsOf, allSettings, unclaimed } from './accounts.ts'
import { convertAddresses } from './addresses.ts'
import { convertApps } from './apps.ts'
import { type ProxyFile, proxyFileText } from './file.ts'
import { convertHeaders } from './headers.ts'
import { noteSettings } from './notes.ts'
import { convertOpenings } from './openings.ts'
import { convertPeople } from './people.ts'
import { convertProvider } from './provider.ts'
import { providerKind } from './provider-kinds.ts'
import { createProxy, type OauthProxy } from './proxy.ts'
import { readProxySettings, type SourceText } from './reading/read.ts'
import { convertSession } from './session.ts'
import { convertTokens } from './tokens.ts'
import { type Closing, type ConvertedUpstreams, convertUpstreams } from './upstreams.ts'

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
  const settings = allSettings(read)
  for (const finding of unclaimed(settings, findings.all())) findings.add(finding)
  const closing = findings.all().find(({ closesPlace }) => closesPlace === true)
  const yaml = proxyFileText(closing === undefined ? file : closedFile(file, closing))
  for (const [, name = ''] of yaml.matchAll(/\$\{env:(\w+)\}/g)) {
    if (!variables.has(name)) variables.set(name, { name, purpose: 'as in oauth2-proxy’s environment' })
  }
  const gateway = loadResult(yaml, [...variables.keys()], input, findings.add)
  return {
    ok: true,
    lines: accountsOf(settings, findings.all()),
    yaml,
    findings: findings.all(),
    variables: [...variables.values()],
    gateway,
    prove: null,
    tests: null,
  }
}

function convertFile(proxy: OauthProxy, input: ProxyInput): ProxyFile {
  const kind = providerKind(proxy)
  const people = convertPeople(proxy, (path) => readAddresses(resolve(input.folder, path), input.readFile))
  const provider = convertProvider(proxy, kind, people.byEmail)
  const tokens = convertTokens(proxy, String(provider.keys.issuer))
  const addresses = convertAddresses(proxy)
  const upstreams = filledUpstreams(proxy, convertUpstreams(proxy))
  const headers = convertHeaders(proxy, upstreams.asksOnly)
  const openings = convertOpenings(proxy)
  const { all } = upstreams
  const session = convertSession(proxy)
  return {
    source: input.files.map(({ name }) => name).join(', '),
    top: { ...addresses.top, ...('store' in session ? { log: sharedLogKeys } : {}) },
    provider: { ...provider, keys: { ...provider.keys, ...tokens.provider } },
    session,
    apps: convertApps(all, {
      ...{ proxy, addresses, headers, openings },
      ...{ closings: upstreams.closings, require: people.require, tokens: tokens.app },
    }),
  }
}

/** Nobody gets in anywhere, as something that was told is not known. */
function closedFile(file: ProxyFile, { at, what }: Finding): ProxyFile {
  const from = at === null ? null : { at, what }
  const nobody = { methods: null, access: 'nobody', deny: false, from } as const
  return {
    ...file,
    apps: file.apps.map((app) => ({
      ...app,
      require: never,
      locations: [{ ...nobody, pattern: { segments: app.prefix, exact: false } }],
    })),
  }
}

/** An app that a person has to fill in. Where oauth2-proxy passed requests on and it is not known how, nobody gets in. */
function filledUpstreams(
  proxy: OauthProxy,
  { all, closings, asksOnly }: ConvertedUpstreams,
): ConvertedUpstreams {
  if (all.length > 0) return { all, closings, asksOnly }
  const empty = {
    prefix: [],
    upstream: 'http://fill-in.invalid',
    websocket: false,
    timeout: '30s',
    from: null,
  }
  if (asksOnly) return { all: [empty], closings, asksOnly }
  proxy.say(
    'upstreams',
    'not-convertible',
    'nothing is left to pass requests to: write the app’s `upstream`, and who gets in',
    { id: 'upstream', always: true },
  )
  const whole: Closing = {
    pattern: { segments: [], exact: false },
    keepsItself: false,
    isFirst: false,
    from: null,
  }
  return { all: [empty], closings: [whole], asksOnly }
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
  const value = (name: string): string =>
    name === 'REDIS_URL'
      ? 'rediss://redis.invalid'
      : `set-${name.toLowerCase().replaceAll('_', '-')}-${'x'.repeat(32)}`
  const env = Object.fromEntries(variables.map((name) => [name, value(name)]))
  const named = new Set(
    [...yaml.matchAll(/\$\{(?:file|lines):([^}]*)\}/g)].map(([, name = '']) => resolve(folder, name)),
  )
  const stands = (path: string): ReturnType<ReadFile> => {
    const read = readFile(path)
    return read.ok || !named.has(path)
      ? read
      : { ok: true, bytes: Buffer.from(value('file')), worldReadable: false }
  }
  const loaded = loadGatewayFromText(yaml, {
    file: 'the result',
    folder,
    env,
    readFile: stands,
    mayBeOpen: true,
  })
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

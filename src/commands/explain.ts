import { nowOf } from '../cli/clock.ts'
import type { Command, Io } from '../cli/command.ts'
import { askingOptions, loadOrReport, loadToAsk } from '../cli/load.ts'
import { configFile, type OptionSpecs, type Options, optionsHelp, readOptions } from '../cli/options.ts'
import { type Reading, readClaims } from '../cli/person.ts'
import { refuseUsage } from '../cli/program.ts'
import { shownOn } from '../cli/shown.ts'
import type { Gateway } from '../core/gateway.ts'
import { isHeaderName } from '../core/headers/names.ts'
import { readAddress } from '../core/request/address.ts'
import { type Probe, probe } from '../http/admission/probe.ts'
import { explain } from '../rehearsal/explain/explanation.ts'
import { explanationText } from '../rehearsal/explain/text.ts'
import { readUrl } from '../rehearsal/who/url.ts'
import { certificateOption, certificatePerson, readCertificate } from './certificate-person.ts'
import { explainLog } from './explain-log.ts'
import { chooseVoucher, credentialOptions, madeUpBy, readHeaderPerson } from './header-person.ts'

const specs = {
  url: { type: 'string', value: 'URL', help: 'the address as a browser shows it' },
  method: { type: 'string', value: 'METHOD', help: 'default GET' },
  claims: {
    type: 'string',
    value: 'FILE',
    help: 'a JSON object of what the provider says: {"sub": "ada", "groups": ["ops"]}',
  },
  anonymous: { type: 'boolean', help: 'nobody is signed in' },
  provider: {
    type: 'string',
    value: 'NAME',
    help: 'whose claims they are, where the app accepts several providers',
  },
  ...credentialOptions,
  ...certificateOption,
  'client-ip': {
    type: 'string',
    value: 'ADDR',
    help: 'where the request comes from; when absent, conditions on it cannot be met',
  },
  header: {
    type: 'string',
    multiple: true,
    value: "'N: V'",
    help: 'a header of the request; may be given several times. Unless one says otherwise, it is a browser that asks for a page',
  },
  log: {
    type: 'string',
    value: 'FILE',
    help: 'instead: a log of the gateway (JSON lines), which tells what was recorded of one request',
  },
  'request-id': { type: 'string', value: 'ID', help: 'the id that pages of refusal and access lines show' },
  ...askingOptions,
} as const satisfies OptionSpecs

const usage = `Usage: claimgate explain --url URL --claims FILE|- [--provider NAME] [options]
       claimgate explain --url URL --key ID | --token FILE | --certificate FILE [options]
       claimgate explain --url URL --anonymous [options]
       claimgate explain --log FILE|- --request-id ID [--json]

What happens to a request, and why: judged by the gateway itself, without anything being sent.

${optionsHelp(specs)}
Exit status: 0 the request is allowed, 1 a refusal or a sign-in, 2 wrong usage, a configuration with
faults, or a request that the log does not know.

JSON: {request: {method, url, client_ip, provider, credential, key}, outcome: allowed | sign_in | denied | rejected,
reason, sentence, status (null: the app's own), answer, app, reached (how, where requests are signed), locations,
credentials (by what somebody could be known there), counts (the credential that was looked at),
www_authenticate, less_specific, limits: [{name, kind, count, window}],
conditions: [{where, expected, actual, truth: true | false | "unknown", wanted, blocks, met}],
upstream_headers: [{name, value}] or null, authorizer: {payload, value} of a function’s event, or null,
assertion: {header, claims} or null (value and claims are null for nobody), changes:
[[{kind, claim, not, text, now}]], more_changes,
notes}. With --log: {request: the access line, outcome, sentence, events: the other lines}.
`

export const command: Command = {
  name: 'explain',
  summary: 'what happens to a request, and why',
  usage,
  options: specs,
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const { options } = read
    const log = options.text('log')
    const requestId = options.text('request-id')
    if (log !== null || requestId !== null) {
      if (log === null || requestId === null)
        return refuseUsage(command, '--log and --request-id go together', io)
      return explainLog({ file: log, requestId, json: options.flag('json') }, io)
    }
    const asked = readAsked(options)
    if (!asked.ok) return refuseUsage(command, asked.reason, io)
    const gateway = loadFor(options, io)
    if (gateway === null) return 2
    const person = await readPerson(options, gateway, asked.value, io)
    if (!person.ok) return refuseUsage(command, person.reason, io)
    const told = explain(gateway, { ...asked.value, ...person.value, now: nowOf(io) })
    io.stdout(
      options.flag('json') ? `${JSON.stringify(told, null, 2)}\n` : explanationText(told, shownOn(io)),
    )
    return told.outcome === 'allowed' ? 0 : 1
  },
}

/** A shared store of keys is asked with its real secrets; all else needs none. */
function loadFor(options: Options, io: Io): Gateway | null {
  const gateway = loadToAsk(options, io)
  if (gateway === null || options.text('key') === null || options.flag('made-up-secrets')) return gateway
  const isShared = (gateway.apiKeys?.store.kind ?? 'sqlite') !== 'sqlite'
  return isShared ? loadWithSecrets(options, io) : gateway
}

function loadWithSecrets(options: Options, io: Io): Gateway | null {
  return loadOrReport(configFile(options, io.env), io, { mayBeOpen: true })?.gateway ?? null
}

interface Asked {
  readonly method: string
  readonly url: string
  readonly clientAddress: string | null
  readonly headers: Readonly<Record<string, string>>
}

function readAsked(options: Options): Reading<Asked> {
  const url = readUrl(options.text('url'))
  const clientAddress = options.text('client-ip')
  const headers = readHeaders(options.texts('header'))
  if (url === null) {
    return { ok: false, reason: '--url wants an absolute address, such as https://wiki.example.com/admin' }
  }
  if (clientAddress !== null && readAddress(clientAddress) === null) {
    return { ok: false, reason: '--client-ip wants one IP address' }
  }
  if (!headers.ok) return headers
  const method = (options.text('method') ?? 'GET').toUpperCase()
  return {
    ok: true,
    value: { method, url, clientAddress, headers: { accept: 'text/html', ...headers.value } },
  }
}

/** Host is the URL's, the cookie the person's. */
const ours: ReadonlySet<string> = new Set(['host', 'cookie'])

function readHeaders(texts: readonly string[]): Reading<Readonly<Record<string, string>>> {
  const headers: Record<string, string> = {}
  for (const text of texts) {
    const [, name = '', value = ''] = /^([^:\s]+):\s*(.*?)\s*$/.exec(text) ?? []
    const lower = name.toLowerCase()
    if (!isHeaderName(name)) return { ok: false, reason: `--header wants 'name: value'` }
    if (ours.has(lower))
      return { ok: false, reason: `--header cannot set ${lower}: the URL and the person do` }
    headers[lower] = value
  }
  return { ok: true, value: headers }
}

type Asking = Pick<Probe, 'person' | 'notes' | 'certificate'>

/** Who asks, and what the connection shows: alone it is a person too. */
async function readPerson(
  options: Options,
  gateway: Gateway,
  asked: Asked,
  io: Io,
): Promise<Reading<Asking>> {
  const shown = await readCertificate(options, gateway, nowOf(io), io)
  if (!shown.ok) return shown
  const { value: certificate } = shown
  const asking = await readAsking(options, gateway, asked, io)
  if (asking === null) {
    if (certificate !== null)
      return { ok: true, value: { person: certificatePerson(certificate), certificate } }
    const ways = '--claims FILE, --key ID, --token FILE, --certificate FILE and --anonymous'
    return { ok: false, reason: `who asks? Say one of ${ways}` }
  }
  if (!asking.ok) return asking
  return { ok: true, value: { ...asking.value, certificate } }
}

/** Null: nobody is named. */
async function readAsking(
  options: Options,
  gateway: Gateway,
  asked: Asked,
  io: Io,
): Promise<Reading<Pick<Probe, 'person' | 'notes'>> | null> {
  const file = options.text('claims')
  const { app } = probe(gateway, { ...asked, person: null }).admission
  const accepted = app?.providers ?? [...gateway.providers.keys()]
  const reload = () => loadWithSecrets(options, io)
  const byHeader = await readHeaderPerson(options, gateway, nowOf(io), io, { accepted, reload })
  const ways = [file !== null, options.flag('anonymous'), byHeader !== null].filter((given) => given)
  if (ways.length === 0) return null
  if (ways.length > 1)
    return { ok: false, reason: 'who asks? Say one of --claims FILE, --key ID, --token FILE and --anonymous' }
  if (byHeader !== null) return byHeader
  if (file === null) return { ok: true, value: { person: null } }
  const made = madeUpBy(options.text('credential') ?? 'session')
  if (!made.ok) return made
  const by = made.value
  const provider = chooseVoucher(gateway, by, options.text('provider'), accepted)
  if (!provider.ok) return provider
  const claims = await readClaims(file, io)
  if (!claims.ok) return claims
  const whose = { provider: provider.value, claims: claims.value }
  return { ok: true, value: { person: by === null ? whose : { ...whose, by } } }
}

import { randomBytes } from 'node:crypto'
import type { Command, Io } from '../cli/command.ts'
import { loadOrReport } from '../cli/load.ts'
import {
  configFile,
  configOption,
  type OptionSpecs,
  type Options,
  optionsHelp,
  readOptions,
} from '../cli/options.ts'
import type { Gateway } from '../core/gateway.ts'
import { type DoctorDeps, inspections, type SignInWanted } from '../doctor/doctor.ts'
import type { Finding } from '../doctor/finding.ts'
import { startInTurn, usualPatience } from '../doctor/patience.ts'
import { askedProviders } from '../doctor/providers/asked.ts'
import { originOf } from '../doctor/public-address/public-address.ts'
import { findingLine, findingsJson, summaryLine } from '../doctor/report.ts'
import { systemClock } from '../runtime/clock.ts'
import { proxyEnvOf } from '../runtime/providers.ts'

const specs = {
  url: {
    type: 'string',
    value: 'URL',
    help: 'a public address of the file, which is asked too: run it beside the gateway, as its user',
  },
  'sign-in': {
    type: 'boolean',
    help: 'you sign in with a browser of this machine: which claims really come, from where, how large',
  },
  provider: { type: 'string', value: 'NAME', help: 'whom to sign in with, where there are several' },
  port: {
    type: 'string',
    value: 'PORT',
    help: 'where that browser comes back to (default 8976): http://127.0.0.1:PORT/claimgate-doctor, which must be registered',
  },
  ...configOption,
  json: {
    type: 'boolean',
    help: 'for programs: {ok, counts, findings}, each finding with about, check, outcome, saw and cure',
  },
} as const satisfies OptionSpecs

/** Refused in words: made-up secrets, sent to real providers, are failed sign-ins in their logs. */
const madeUpSecrets = '--made-up-secrets'

const usage = `Usage: claimgate doctor [-c FILE] [--url URL] [--sign-in] [--json]

Asks the real things and says what it saw, one line a check, with the cure: every provider (issuer,
metadata, keys, clock, certificate, scopes, claims, redirect URIs, whether the client's secret is
taken), every app (reachable, protocol, certificate, each location with and without the secret or
signature, whose credentials sign, links around the gateway), the session store, and when the
certificates of the file end. Nobody is signed in and nothing is changed; a Lambda function is invoked
for nobody. It needs the real secrets: there is no --made-up-secrets here.

With --url it asks a running gateway by its public address: whether that leads to it, which client
address it believes, and what becomes of http.

With --sign-in you open an address that it prints, and sign in. It says which claims come from the ID
token and from userinfo and how large they are, never what they hold; whether a refresh token comes;
and which claims that rules name do not.

${optionsHelp(specs)}
Exit status: 0 nothing failed, 1 something did, 2 wrong usage or a configuration with faults.
`

export const command: Command = {
  name: 'doctor',
  summary: 'ask the real providers, apps and store whether all fits',
  usage,
  options: specs,
  run: async (args, io) => {
    if (args.includes(madeUpSecrets)) {
      io.stderr('claimgate doctor: doctor asks with the real secrets; run it where the gateway runs.\n')
      return 2
    }
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const { options } = read
    const loaded = loadOrReport(configFile(options, io.env), io)
    if (loaded === null) return 2
    const { gateway } = loaded
    const url = options.text('url')
    const publicOrigin = url === null ? null : originOf(gateway, url)
    if (url !== null && publicOrigin === null) {
      io.stderr(`claimgate doctor: --url takes an address of the file: ${originsOf(gateway)}\n`)
      return 2
    }
    const signIn = options.flag('sign-in') ? readSignIn(options, gateway, io) : null
    if (typeof signIn === 'string') {
      io.stderr(`claimgate doctor: ${signIn}\n`)
      return 2
    }
    const proxyEnv = proxyEnvOf(io.env)
    const deps: DoctorDeps = {
      ...{ clock: systemClock, random: randomBytes, proxyEnv, patience: usualPatience },
      ...{ publicOrigin, signIn },
    }
    const say = options.flag('json') ? () => {} : io.stdout
    const findings: Finding[] = []
    // Side by side; told in the order of the file, each part as soon as those before it are told.
    for (const part of startInTurn(inspections(gateway, deps), deps.patience.partsAtOnce)) {
      for (const finding of await part) {
        findings.push(finding)
        say(findingLine(finding))
      }
    }
    io.stdout(options.flag('json') ? findingsJson(findings) : summaryLine(findings))
    return findings.some(({ outcome }) => outcome === 'failed') ? 1 : 0
  },
}

/** Long enough to find a telephone for a second factor. */
const patienceMs = 5 * 60 * 1000

/** What `--sign-in` is to do, or what is wrong with how it was asked for. */
function readSignIn(options: Options, gateway: Gateway, io: Io): SignInWanted | string {
  const all = askedProviders(gateway)
  const name = options.text('provider')
  const asked =
    name === null && all.length === 1 ? all[0] : all.find(({ settings }) => settings.name === name)
  if (asked === undefined)
    return `--sign-in needs --provider, one of: ${all.map(({ settings }) => settings.name).join(', ')}`
  const port = Number(options.text('port') ?? 8976)
  if (!Number.isInteger(port) || port < 0 || port > 65535) return '--port takes a number up to 65535'
  const limit = AbortSignal.timeout(patienceMs)
  const { signal } = io
  const patience = signal === undefined ? limit : AbortSignal.any([limit, signal])
  return { asked, port, patience, announce: io.stderr }
}

function originsOf({ hosts }: Gateway): string {
  return [...new Set([...hosts.values()].map(({ origin }) => origin))].join(', ')
}

import { randomBytes } from 'node:crypto'
import type { Command } from '../cli/command.ts'
import { loadOrReport } from '../cli/load.ts'
import { configFile, configOption, type OptionSpecs, optionsHelp, readOptions } from '../cli/options.ts'
import type { Gateway } from '../core/gateway.ts'
import { type DoctorDeps, examinations } from '../doctor/doctor.ts'
import type { Finding } from '../doctor/finding.ts'
import { originOf } from '../doctor/public-address/public-address.ts'
import { findingLine, findingsJson, summaryLine } from '../doctor/report.ts'
import { systemClock } from '../runtime/clock.ts'
import { proxyEnvOf } from '../runtime/open.ts'

const specs = {
  url: {
    type: 'string',
    value: 'URL',
    help: 'a public address of the file, which is asked too: run it beside the gateway, as its user',
  },
  ...configOption,
  json: {
    type: 'boolean',
    help: 'for programs: {ok, counts, findings}, each finding with about, check, outcome, saw and cure',
  },
} as const satisfies OptionSpecs

/** Refused in words: made-up secrets, sent to real providers, are failed sign-ins in their logs. */
const madeUpSecrets = '--made-up-secrets'

const usage = `Usage: claimgate doctor [-c FILE] [--url URL] [--json]

Asks the real things and says what it saw, one line a check, with the cure: every provider (issuer,
metadata, keys, clock, certificate, scopes, claims, redirect URIs, whether the client's secret is
taken), every app (reachable, protocol, certificate, each location with and without the secret), the
session store, and when the certificates of the file end. Nobody is signed in and nothing is changed. It needs the real secrets: there is no
--made-up-secrets here.

With --url it asks a running gateway by its public address: whether that leads to it, which client
address it believes, and what becomes of http.

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
    const proxyEnv = proxyEnvOf(io.env)
    const deps: DoctorDeps = { clock: systemClock, random: randomBytes, proxyEnv, publicOrigin }
    const say = options.flag('json') ? () => {} : io.stdout
    const findings: Finding[] = []
    // All at once; told in the order of the file, each part as soon as those before it are told.
    for (const part of examinations(gateway, deps).map((look) => look())) {
      for (const finding of await part) {
        findings.push(finding)
        say(findingLine(finding))
      }
    }
    io.stdout(options.flag('json') ? findingsJson(findings) : summaryLine(findings))
    return findings.some(({ outcome }) => outcome === 'failed') ? 1 : 0
  },
}

function originsOf({ hosts }: Gateway): string {
  return [...new Set([...hosts.values()].map(({ origin }) => origin))].join(', ')
}

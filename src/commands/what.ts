import { nowOf } from '../cli/clock.ts'
import type { Command, Io } from '../cli/command.ts'
import { askingOptions, loadOrReport, loadToAsk } from '../cli/load.ts'
import { configFile, type OptionSpecs, type Options, optionsHelp, readOptions } from '../cli/options.ts'
import { type Reading, readClaims } from '../cli/person.ts'
import { refuseUsage } from '../cli/program.ts'
import { credentialOf } from '../core/credential/credential.ts'
import type { Gateway } from '../core/gateway.ts'
import { readAddress } from '../core/request/address.ts'
import { reachOf } from '../rehearsal/what/reach.ts'
import { reachText } from '../rehearsal/what/text.ts'
import { certificateOption, certificatePerson, readCertificate } from './certificate-person.ts'
import { chooseVoucher, credentialOptions, madeUpBy, readHeaderPerson } from './header-person.ts'
import type { HeaderPerson } from './token-person.ts'

const specs = {
  claims: {
    type: 'string',
    value: 'FILE',
    help: 'a JSON object of what the provider says: {"sub": "ada", "groups": ["ops"]}',
  },
  provider: {
    type: 'string',
    value: 'NAME',
    help: 'whose claims they are, where several providers are configured',
  },
  ...credentialOptions,
  ...certificateOption,
  'client-ip': {
    type: 'string',
    value: 'ADDR',
    help: 'where the requests come from; when absent, conditions on it cannot be met',
  },
  ...askingOptions,
} as const satisfies OptionSpecs

const usage = `Usage: claimgate what --claims FILE|- [--provider NAME] [--client-ip ADDR] [-c FILE] [--json]
       claimgate what --key ID | --token FILE | --certificate FILE [options]

What somebody can open: every app and location, judged by the gateway itself. Of apps that are functions,
or verify assertions, it also says what these are told.

${optionsHelp(specs)}
Exit status: 0 the answer is there, 1 with these claims nobody can sign in, 2 wrong usage or a
configuration with faults.

JSON: {provider, credential, client_ip, user_id_fault, apps: [{app, url, locations: [{location, method, example,
access: allowed | sign_in | denied | unreachable, reason, because, authorizer: {payload, value} or null,
assertion: {header, claims} or null}]}]}. Unreachable is a location of
which others cover all.
`

export const command: Command = {
  name: 'what',
  summary: 'what a person may open',
  usage,
  options: specs,
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const { options } = read
    const file = options.text('claims')
    const clientAddress = options.text('client-ip')
    if (clientAddress !== null && readAddress(clientAddress) === null) {
      return refuseUsage(command, '--client-ip wants one IP address', io)
    }
    const gateway = loadToAsk(options, io)
    if (gateway === null) return 2
    const shown = await readCertificate(options, gateway, nowOf(io), io)
    if (!shown.ok) return refuseUsage(command, shown.reason, io)
    const { value: certificate } = shown
    const reload = () => loadOrReport(configFile(options, io.env), io, { mayBeOpen: true })?.gateway ?? null
    const byHeader = await readHeaderPerson(options, gateway, nowOf(io), io, { reload })
    const isNamed = (file === null) !== (byHeader === null)
    if (!isNamed && (certificate === null || file !== null))
      return refuseUsage(command, 'expected --claims FILE, --key ID, --token FILE or --certificate FILE', io)
    const byFile = () =>
      file === null && certificate !== null
        ? ({ ok: true, value: { person: certificatePerson(certificate) } } as const)
        : readPerson(file ?? '', options, gateway, io)
    const whose = byHeader ?? (await byFile())
    if (!whose.ok) return refuseUsage(command, whose.reason, io)
    const { person } = whose.value
    const { apps, userIdFault } = reachOf(gateway, person, {
      clientAddress,
      certificate,
      now: nowOf(io),
    })
    const asked = {
      provider: person.provider,
      credential: credentialOf(person),
      client_ip: clientAddress,
      user_id_fault: userIdFault,
    }
    io.stdout(
      options.flag('json')
        ? `${JSON.stringify({ ...asked, apps }, null, 2)}\n`
        : reachText(gateway, asked, apps, person),
    )
    return userIdFault === null ? 0 : 1
  },
}

/** Somebody of whom the claims are given, and by what they come. */
async function readPerson(
  file: string,
  options: Options,
  gateway: Gateway,
  io: Io,
): Promise<Reading<Pick<HeaderPerson, 'person'>>> {
  const made = madeUpBy(options.text('credential') ?? 'session')
  if (!made.ok) return made
  const by = made.value
  const accepted = [...gateway.providers.keys()]
  const provider = chooseVoucher(gateway, by, options.text('provider'), accepted)
  if (!provider.ok) return provider
  const claims = await readClaims(file, io)
  if (!claims.ok) return claims
  const whose = { provider: provider.value, claims: claims.value }
  return { ok: true, value: { person: by === null ? whose : { ...whose, by } } }
}

import type { Command } from '../cli/command.ts'
import { askingOptions, loadToAsk } from '../cli/load.ts'
import { type OptionSpecs, optionsHelp, readOptions } from '../cli/options.ts'
import { chooseProvider, readClaims } from '../cli/person.ts'
import { refuseUsage } from '../cli/program.ts'
import { readAddress } from '../core/request/address.ts'
import { reachOf } from '../rehearsal/what/reach.ts'
import { reachText } from '../rehearsal/what/text.ts'

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
  'client-ip': {
    type: 'string',
    value: 'ADDR',
    help: 'where the requests come from; when absent, conditions on it cannot be met',
  },
  ...askingOptions,
} as const satisfies OptionSpecs

const usage = `Usage: claimgate what --claims FILE|- [--provider NAME] [--client-ip ADDR] [-c FILE] [--json]

What somebody can open: every app and location, judged by the gateway itself.

${optionsHelp(specs)}
Exit status: 0 the answer is there, 1 with these claims nobody can sign in, 2 wrong usage or a
configuration with faults.

JSON: {provider, client_ip, user_id_fault, apps: [{app, url, locations: [{location, method, example,
access: allowed | sign_in | denied | unreachable, reason, because}]}]}. Unreachable is a location of
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
    if (file === null) return refuseUsage(command, 'expected --claims FILE', io)
    if (clientAddress !== null && readAddress(clientAddress) === null) {
      return refuseUsage(command, '--client-ip wants one IP address', io)
    }
    const gateway = loadToAsk(options, io)
    if (gateway === null) return 2
    const provider = chooseProvider(gateway, options.text('provider'), [...gateway.providers.keys()])
    if (!provider.ok) return refuseUsage(command, provider.reason, io)
    const claims = await readClaims(file, io)
    if (!claims.ok) return refuseUsage(command, claims.reason, io)
    const person = { provider: provider.value, claims: claims.value }
    const { apps, userIdFault } = reachOf(gateway, person, clientAddress)
    const asked = { provider: person.provider, client_ip: clientAddress, user_id_fault: userIdFault }
    io.stdout(
      options.flag('json')
        ? `${JSON.stringify({ ...asked, apps }, null, 2)}\n`
        : reachText(gateway, asked, apps),
    )
    return userIdFault === null ? 0 : 1
  },
}

import type { Command } from '../cli/command.ts'
import { askingOptions, loadToAsk } from '../cli/load.ts'
import { type OptionSpecs, optionsHelp, readOptions } from '../cli/options.ts'
import { refuseUsage } from '../cli/program.ts'
import { whoMayOpen, whoMayOpenEach } from '../rehearsal/who/answer.ts'
import { readUrl } from '../rehearsal/who/url.ts'

const specs = {
  all: {
    type: 'boolean',
    help: 'every location of every app: commit it beside the rules, and a review shows whose access a change gives and takes',
  },
  ...askingOptions,
} as const satisfies OptionSpecs

const usage = `Usage: claimgate who METHOD URL [-c FILE] [--json]
       claimgate who --all [-c FILE] [--json]

Who is let in: the smallest sets of claims, providers and addresses that open a page. The order of
the lines depends on what the rules say alone, so that two versions of it can be compared.

${optionsHelp(specs)}
Exit status: 0 somebody is let in, 1 nobody is, 2 wrong usage or a configuration with faults.

JSON: {method, url, app, location, access: anyone | maybe_signed_in | rule | nobody | gateway |
rejected, reason, sets: [[{kind, claim, not, text}]], complete,
step_up (what a sign-in has to bring besides) or null, required_scopes (by provider, what its access
tokens must have)}; with --all a list of {url, app, …}.
`

export const command: Command = {
  name: 'who',
  summary: 'who may open a page: the smallest sets of claims',
  usage,
  options: specs,
  operands: { words: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] },
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const { options } = read
    const all = options.flag('all')
    const [method = '', url, ...rest] = options.positionals
    if (all ? method !== '' : url === undefined || rest.length > 0) {
      return refuseUsage(command, 'expected METHOD and URL, or --all', io)
    }
    const asked = readUrl(url)
    if (!all && asked === null) {
      return refuseUsage(command, 'expected an absolute URL, such as https://wiki.example.com/admin', io)
    }
    const gateway = loadToAsk(options, io)
    if (gateway === null) return 2
    const answer =
      asked === null
        ? whoMayOpenEach(gateway)
        : whoMayOpen(gateway, { method: method.toUpperCase(), url: asked })
    io.stdout(options.flag('json') ? `${JSON.stringify(answer.json, null, 2)}\n` : answer.text)
    return answer.open ? 0 : 1
  },
}

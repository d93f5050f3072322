import type { Command } from '../cli/command.ts'
import { loadRules } from '../cli/load.ts'
import { jsonBelow, madeUpSecretsOption, type OptionSpecs, optionsHelp, readOptions } from '../cli/options.ts'
import { refuseUsage } from '../cli/program.ts'
import { countedOf, openProgress } from '../cli/progress.ts'
import { shownOn } from '../cli/shown.ts'
import { compareGateways } from '../rehearsal/difference/difference.ts'
import { differenceJson } from '../rehearsal/difference/json.ts'
import { differenceText, isChanged } from '../rehearsal/difference/text.ts'

const specs = {
  'expect-none': { type: 'boolean', help: 'status 1 when anything changes' },
  ...madeUpSecretsOption,
  ...jsonBelow,
} as const satisfies OptionSpecs

const usage = `Usage: claimgate diff OLD NEW [options]

Who loses and who gains access to what, from one configuration to another. Every way in is worked out for both files,
and people who just go it, or just fail to, are made up and judged by the gateway itself under both: at every location,
below it, by every method that is named. Then what changes for the apps, for signing in and for sessions. Secrets are
told apart, never shown.

${optionsHelp(specs)}
Exit status: 0 compared, 1 something changes and --expect-none was given, 2 wrong usage or a file with faults.

JSON: {changed, access: [{places, lost: [{who, example: {method, url, person, client_ip,
before, after}}], gained,
not_signed_in: null or {before, after}, refused, now}], settings: [{subject, setting, before, after,
effect: null, looser, stricter or both}],
unsure: [{place, why: ways | expressions}], requests}. In before and after: {outcome: allowed | sign_in | denied | rejected, reason, status}.
`

export const command: Command = {
  name: 'diff',
  summary: 'who loses and who gains access between two configurations',
  usage,
  options: specs,
  operands: { files: true },
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const { options } = read
    const [old, now, ...more] = options.positionals
    if (old === undefined || now === undefined || more.length > 0) {
      return refuseUsage(command, 'two configurations are compared, OLD and NEW.', io)
    }
    const [before, after] = [old, now].map((file) => loadRules(file, options, io))
    if (before === undefined || after === undefined || before === null || after === null) return 2
    const progress = openProgress((...at) => `diff: ${countedOf(...at, 'places')}`, io)
    const difference = compareGateways({ before, after }, progress.step)
    progress.end()
    io.stdout(options.flag('json') ? differenceJson(difference) : differenceText(difference, shownOn(io)))
    return options.flag('expect-none') && isChanged(difference) ? 1 : 0
  },
}

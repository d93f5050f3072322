import type { Command, Io } from '../cli/command.ts'
import { failWith } from '../cli/failure.ts'
import { askingOptions, loadToAsk } from '../cli/load.ts'
import { type OptionSpecs, optionsHelp, readOptions } from '../cli/options.ts'
import { refuseUsage } from '../cli/program.ts'
import { printable } from '../cli/session-list.ts'
import type { AssertionSettings } from '../core/assertion/settings.ts'
import type { Gateway } from '../core/gateway.ts'
import { assertionSnippet, snippetKinds } from '../init/assertion-snippet.ts'

const { json: _json, ...asking } = askingOptions
const specs = {
  app: {
    type: 'string',
    value: 'NAME',
    help: 'whose app it is for, where several have `identity_assertion`',
  },
  ...asking,
} as const satisfies OptionSpecs

const usage = `Usage: claimgate snippet flask|lambda-python [--app NAME] [-c FILE]

Prints the lines of Python by which an app verifies what \`identity_assertion\` sends it, with the issuer, the audience
and the address of the keys of that app in them. They set REMOTE_USER, and answer 401 or 403 to every request that has
no assertion, or one that does not verify. \`flask\` is for any app of WSGI, \`lambda-python\` for a handler of AWS
Lambda, such as serverless-wsgi's. They need PyJWT with cryptography: Debian's python3-jwt and python3-cryptography.

The keys are fetched from the gateway's public address and kept for five minutes. Where the app cannot reach it, put
the text of \`{auth_prefix}/jwks.json\` into its variable CLAIMGATE_JWKS.

${optionsHelp(specs)}
Exit status: 0 printed, 1 the app has no \`identity_assertion\`, 2 wrong usage or a configuration with faults.
`

export const command: Command = {
  name: 'snippet',
  summary: 'print the code by which an app verifies who it is told of',
  usage,
  options: specs,
  operands: { words: snippetKinds },
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const [word, ...more] = read.options.positionals
    const kind = snippetKinds.find((one) => one === word)
    if (kind === undefined || more.length > 0)
      return refuseUsage(command, 'for what? Say flask or lambda-python', io)
    const gateway = loadToAsk(read.options, io)
    if (gateway === null) return 2
    const chosen = choose(gateway, read.options.text('app'), io)
    if (typeof chosen === 'number') return chosen
    io.stdout(assertionSnippet(kind, chosen))
    return 0
  },
}

/** The settings of the app that is meant, or the exit status when that was told. */
function choose({ apps }: Gateway, name: string | null, io: Io): AssertionSettings | number {
  const found = apps.flatMap((app) =>
    app.identityAssertion === null ? [] : [{ app: app.name, settings: app.identityAssertion }],
  )
  if (name !== null && !apps.some((app) => app.name === name))
    return fail(io, 2, `there is no app ${printable(name)} in the configuration`)
  const meant = name === null ? found : found.filter(({ app }) => app === name)
  const [one, ...others] = meant
  if (one === undefined) {
    const none = name === null ? 'no app has' : `the app ${printable(name)} does not have`
    return fail(io, 1, `${none} \`identity_assertion\`: with \`identity_assertion: {}\` it is sent one`)
  }
  if (others.length === 0) return one.settings
  return fail(io, 2, `for which app? Say ${meant.map(({ app }) => `--app ${printable(app)}`).join(' or ')}`)
}

function fail(io: Io, exitCode: number, sentence: string): number {
  return failWith('snippet', io, exitCode, sentence)
}

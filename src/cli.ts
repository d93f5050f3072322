import { didYouMean, quoted } from './cli/arguments.ts'
import type { Command, Io } from './cli/command.ts'
import { commandLine } from './cli/program.ts'
import { readVersion } from './cli/version.ts'

interface Entry {
  readonly summary: string
  readonly load: () => Promise<{ readonly command: Command }>
}

/** Every command by name, each loaded when it is asked for: `health` need not load what `serve` needs. */
export const commands: Readonly<Record<string, Entry>> = {
  serve: { summary: 'run the gateway', load: () => import('./commands/serve.ts') },
  check: { summary: 'find every fault of a configuration', load: () => import('./commands/check.ts') },
  init: { summary: 'write a first configuration', load: () => import('./commands/init.ts') },
  demo: {
    summary: 'a working gateway, provider and app on one port',
    load: () => import('./commands/demo.ts'),
  },
  health: {
    summary: 'ask the running gateway whether it can do its work',
    load: () => import('./commands/health.ts'),
  },
  convert: {
    summary: 'make a configuration of one of Apache httpd or oauth2-proxy',
    load: () => import('./commands/convert.ts'),
  },
  keys: {
    summary: 'make, list and revoke the API keys of programs',
    load: () => import('./commands/keys.ts'),
  },
  sessions: { summary: 'list or revoke sessions', load: () => import('./commands/sessions.ts') },
  subject: {
    summary: 'by what name the log calls a person',
    load: () => import('./commands/subject.ts'),
  },
  explain: { summary: 'what happens to a request, and why', load: () => import('./commands/explain.ts') },
  who: {
    summary: 'who may open a page: the smallest sets of claims',
    load: () => import('./commands/who.ts'),
  },
  what: { summary: 'what a person may open', load: () => import('./commands/what.ts') },
  test: { summary: 'run the tests beside the rules', load: () => import('./commands/test.ts') },
  diff: {
    summary: 'who loses and who gains access between two configurations',
    load: () => import('./commands/diff.ts'),
  },
  replay: {
    summary: 'ask the requests of a log again, under other rules',
    load: () => import('./commands/replay.ts'),
  },
  lint: {
    summary: 'find what a configuration probably does not mean',
    load: () => import('./commands/lint.ts'),
  },
  doctor: {
    summary: 'ask the real providers, apps and store whether all fits',
    load: () => import('./commands/doctor.ts'),
  },
  snippet: {
    summary: 'print the code by which an app verifies who it is told of',
    load: () => import('./commands/snippet.ts'),
  },
  schema: {
    summary: 'print the JSON Schema of the configuration',
    load: () => import('./commands/schema.ts'),
  },
  completion: {
    summary: 'print a script by which bash or zsh completes commands',
    load: async () => {
      const { completionOf } = await import('./commands/completion.ts')
      return { command: completionOf(await everyOther('completion')) }
    },
  },
}

/** Those of the table but one. */
function everyOther(name: string): Promise<readonly Command[]> {
  const others = Object.entries(commands).filter(([other]) => other !== name)
  return Promise.all(others.map(async ([, entry]) => (await entry.load()).command))
}

/** For those who work on claimgate itself: left out of the help. */
const hidden: typeof commands = {
  generate: { summary: 'write the generated files', load: () => import('./commands/generate.ts') },
}

/** Runs what the arguments name; answers with the exit status. */
export async function runCommand(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined) {
    io.stderr(help(io))
    return 2
  }
  if (name === '--help' || name === '-h') {
    io.stdout(help(io))
    return 0
  }
  if (name === 'help') return helpOf(rest, io)
  if (name === '--version' || name === '-v') {
    io.stdout(`claimgate ${readVersion()}\n`)
    return 0
  }
  const entry = entryOf(name)
  if (entry === undefined) return refuse(name, io)
  const { command } = await entry.load()
  return command.run(rest, io)
}

function entryOf(name: string): Entry | undefined {
  if (Object.hasOwn(commands, name)) return commands[name]
  return Object.hasOwn(hidden, name) ? hidden[name] : undefined
}

/** `claimgate help check` is `claimgate check --help`. */
async function helpOf([name]: readonly string[], io: Io): Promise<number> {
  if (name === undefined) {
    io.stdout(help(io))
    return 0
  }
  const entry = entryOf(name)
  return entry === undefined ? refuse(name, io) : (await entry.load()).command.run(['--help'], io)
}

function refuse(name: string, io: Io): number {
  const meant = didYouMean(name, Object.keys(commands))
  const hint = meant === '' ? `\n${help(io)}` : `See \`${commandLine(io, '--help')}\`.\n`
  io.stderr(`claimgate: there is no command ${quoted(name)}${meant === '' ? '.' : meant}\n${hint}`)
  return 2
}

function help(io: Io): string {
  const width = Math.max(...Object.keys(commands).map(({ length }) => length)) + 2
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`)
  return `Usage: claimgate COMMAND [options]

${rows.join('\n')}

\`${commandLine(io, 'COMMAND', '--help')}\` tells more.
\`${commandLine(io, '--version')}\` prints the version.
`
}

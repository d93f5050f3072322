import type { Command, Io } from './cli/command.ts'
import { readVersion } from './cli/version.ts'

/** Every command by name, each loaded when it is asked for: `health` need not load what `serve` needs. */
const commands: Readonly<
  Record<string, { readonly summary: string; readonly load: () => Promise<{ readonly command: Command }> }>
> = {
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
    summary: 'make a configuration of one of Apache httpd',
    load: () => import('./commands/convert.ts'),
  },
  sessions: { summary: 'list or revoke sessions', load: () => import('./commands/sessions.ts') },
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
  schema: {
    summary: 'print the JSON Schema of the configuration',
    load: () => import('./commands/schema.ts'),
  },
}

/** For those who work on claimgate itself: left out of the help. */
const hidden: typeof commands = {
  generate: { summary: 'write the generated files', load: () => import('./commands/generate.ts') },
}

/** Runs what the arguments name; answers with the exit status. */
export async function runCommand(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const text = help()
    if (name === undefined) io.stderr(text)
    else io.stdout(text)
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === '-v') {
    io.stdout(`claimgate ${readVersion()}\n`)
    return 0
  }
  const entry = Object.hasOwn(commands, name)
    ? commands[name]
    : Object.hasOwn(hidden, name)
      ? hidden[name]
      : undefined
  if (entry === undefined) {
    io.stderr(`claimgate: there is no command "${name}".\n\n${help()}`)
    return 2
  }
  const { command } = await entry.load()
  return command.run(rest, io)
}

function help(): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)
  return `Usage: claimgate COMMAND [options]

${rows.join('\n')}

\`claimgate COMMAND --help\` tells more. \`claimgate --version\` prints the version.
`
}

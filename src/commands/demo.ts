import { resolve } from 'node:path'
import type { Command, Io } from '../cli/command.ts'
import { type OptionSpecs, type Options, optionsHelp, readOptions } from '../cli/options.ts'
import { commandLineMeanwhile, installLine, refuseUsage } from '../cli/program.ts'
import { addressVariables } from '../demo/addresses.ts'
import { prepareFolder } from '../demo/folder.ts'
import { type DemoGateway, keepGateway } from '../demo/gateway.ts'
import { freePort, type Listening } from '../demo/listening.ts'
import { startDemoProvider } from '../demo/provider.ts'
import { loadProviderLibrary } from '../demo/provider-library.ts'
import { startSampleApp } from '../demo/sample-app.ts'
import { story } from '../demo/story.ts'
import { startFailure } from './serve.ts'

const specs = {
  port: { type: 'string', value: 'PORT', help: 'where it listens (default 8080; 0 takes a free one)' },
  upstream: { type: 'string', value: 'URL', help: 'your own app instead of the sample app' },
  folder: {
    type: 'string',
    value: 'FOLDER',
    help: 'where its rules and sessions are kept (default data/demo)',
  },
} as const satisfies OptionSpecs

const usage = `Usage: claimgate demo [--port PORT] [--upstream URL] [--folder FOLDER]

A working gateway on http://localhost:PORT, with a provider, three people and a sample app. It
prints what to click and what will happen. Its rules are a file that you can edit meanwhile.

${optionsHelp(specs)}
It listens on loopback. In the image it listens on all addresses of the container, but answers
http://localhost:PORT alone: publish the same port, as in \`docker run -p 8080:8080\`.
Exit status: 0 stopped as asked, 1 could not start, 2 wrong usage or rules with faults.
`

export const command: Command = {
  name: 'demo',
  summary: 'a working gateway, provider and app on one port',
  usage,
  options: specs,
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const wish = readWish(read.options, io)
    return typeof wish === 'string' ? refuseUsage(command, wish, io) : run(wish, io)
  },
}

interface Wish {
  readonly port: number
  readonly upstream: string | null
  readonly folder: string
}

/** What was asked for, or what is wrong with it. */
function readWish(options: Options, io: Io): Wish | string {
  const port = options.text('port') ?? '8080'
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return '--port takes a number up to 65535'
  const upstream = options.text('upstream')
  if (upstream !== null && !/^https?:$/.test(URL.parse(upstream)?.protocol ?? ''))
    return '--upstream takes the address of an app, such as http://127.0.0.1:5000'
  const folder = options.text('folder') ?? `${io.env.CLAIMGATE_DATA || 'data'}/demo`
  return { port: Number(port), upstream, folder: resolve(io.cwd, folder) }
}

async function run(wish: Wish, io: Io): Promise<number> {
  const library = await loadProviderLibrary()
  if (library === null) {
    const install = installLine(io, 'oidc-provider@9')
    const cure = install === null ? '' : `run \`${install}\` beside claimgate, or `
    io.stderr(
      `claimgate demo: its provider is not installed: ${cure}use the image that \`docker build --target demo -t claimgate-demo .\` makes.\n`,
    )
    return 1
  }
  const open: (Listening | DemoGateway)[] = []
  try {
    const port = wish.port === 0 ? await freePort() : wish.port
    const folder = prepareFolder(wish.folder, port)
    const host = io.env.CLAIMGATE_DEMO_ADDRESS || '127.0.0.1'
    const variables = addressVariables({ host, port }, folder.data)
    const provider = await startDemoProvider(library, variables.provider)
    open.push(provider)
    const app = wish.upstream === null ? await startSampleApp(variables) : null
    if (app !== null) open.push(app)
    const env = { ...io.env, ...variables.toEnv(provider.origin, app?.origin ?? wish.upstream ?? '') }
    const gateway = await keepGateway(folder.rules, env, io)
    if (gateway === null) return 2
    open.push(gateway)
    const tests = commandLineMeanwhile(io, 'test', '--made-up-secrets', '-c', folder.rules)
    io.stdout(story({ url: variables.url, rules: folder.rules, upstream: wish.upstream, tests }))
    await stopAsked(io)
    return 0
  } catch (thrown) {
    io.stderr(`claimgate demo: ${demoFailure(thrown, wish)}\n`)
    return 1
  } finally {
    for (const part of open.toReversed()) await part.close()
  }
}

function stopAsked({ signal }: Io): Promise<void> {
  if (signal === undefined || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function demoFailure(thrown: unknown, wish: Wish): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return `port ${wish.port} is taken: choose another with --port`
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
      return `${wish.folder} cannot be written: choose another folder with --folder`
    default:
      return startFailure(thrown)
  }
}

import type { Command, Io } from '../cli/command.ts'
import { loadOrReport } from '../cli/load.ts'
import { configFile, configOption, optionsHelp, readOptions } from '../cli/options.ts'
import { readVersion } from '../cli/version.ts'
import { readFromDisk } from '../config/files.ts'
import { recordingReader } from '../config/sources.ts'
import { coloursFor } from '../core/colours.ts'
import { isFault } from '../core/fault.ts'
import type { Log } from '../http/operations/log.ts'
import { startGateway } from '../http/server/start.ts'
import { openFork, openWorkerChannel, type WorkerChannel } from '../http/workers/cluster.ts'
import { runWorker } from '../http/workers/worker.ts'
import { workersFront } from '../http/workers/workers-front.ts'
import { workerCount } from '../runtime/worker-count.ts'

const usage = `Usage: claimgate serve [-c FILE]

Runs the gateway until SIGTERM or SIGINT, then lets requests in flight finish: for 8 seconds, or
until a second signal. The configuration is read again when it, or a secret or certificate that it
names, changes, and on SIGHUP; one with faults changes nothing. With \`workers\` several processes take
requests, and this one watches over them.

${optionsHelp(configOption)}
The log goes to standard output: readable lines on a terminal, one JSON object a line everywhere else
(\`log.format\`). Exit status: 0 stopped as asked,
1 could not start (address taken, data folder not writable), 2 a configuration with faults.
`

/** How long requests in flight may take after the signal; shorter than what container runtimes wait. */
export const graceMs = 8_000

export const command: Command = {
  name: 'serve',
  summary: 'run the gateway',
  usage,
  options: configOption,
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const channel = openWorkerChannel()
    if (channel !== null) return serveAsWorker(channel, io)
    const file = configFile(read.options, io.env)
    const reader = recordingReader(readFromDisk)
    const loaded = loadOrReport(file, io, { readFile: reader.read })
    if (loaded === null) return 2
    const stopping = stopAsked(io)
    const onReloadAsked = hearReloads()
    try {
      const { gateway, warnings, digest } = loaded
      const source = { file, cwd: io.cwd, readings: reader.readings(), digest }
      const isTerminal = io.isTerminal?.stdout === true
      const logPlace = { isTerminal, colours: coloursFor(io.env, isTerminal) }
      const version = readVersion()
      const options = { env: io.env, version, warnings, source, logPlace }
      const count = workerCount(gateway)
      const workers = { ...{ count, version, isTerminal, file, cwd: io.cwd }, files: reader.files() }
      const openFront = count === 1 ? {} : { openFront: workersFront({ ...workers, fork: openFork() }) }
      const running = await startGateway(gateway, { ...options, ...openFront })
      onReloadAsked(() => void running.reload())
      reportUncaught(running.log)
      await stopping
      running.log.event('info', 'gateway.stopping', {})
      await running.close(graceMs)
      return 0
    } catch (thrown) {
      io.stderr(`claimgate serve: ${startFailure(thrown)}\n`)
      return 1
    }
  },
}

/** What nobody has caught must not end the process for everybody else: it is told, and the gateway goes on. */
function reportUncaught(log: Log): void {
  const report = (thrown: unknown) => log.fault('internal.failed', thrown, {})
  process.on('uncaughtException', report)
  process.on('unhandledRejection', report)
}

/** This process is one of several that another one has started. */
function serveAsWorker(channel: WorkerChannel, io: Io): Promise<number> {
  const onServing = ({ log }: { readonly log: Log }) => reportUncaught(log)
  return runWorker(channel, { env: io.env, version: readVersion(), onServing })
}

/** Unheard, SIGHUP ends a process: one that comes while the gateway still starts waits until it can be followed. */
function hearReloads(): (reload: () => void) => void {
  let asked = false
  let follow = () => {
    asked = true
  }
  process.on('SIGHUP', () => follow())
  return (reload) => {
    follow = reload
    if (asked) reload()
  }
}

function stopAsked(io: Io): Promise<void> {
  const { signal } = io
  if (signal === undefined || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** Why it did not start, with what would be right. Faults say it themselves; the rest are the system's refusals. */
export function startFailure(thrown: unknown): string {
  if (isFault(thrown)) return thrown.message
  if (!(thrown instanceof Error) || !('code' in thrown)) throw thrown
  const place = 'address' in thrown && 'port' in thrown ? `${thrown.address}:${thrown.port}` : 'the address'
  switch (thrown.code) {
    case 'EADDRINUSE':
      return `${place} is taken: stop what listens there, or set \`listen\` or \`admin\` to another port`
    case 'EADDRNOTAVAIL':
      return `${place} is no address of this machine: set \`listen\` or \`admin\` to one that is, or to 0.0.0.0`
    case 'EACCES':
      return `${place} may not be used by this user: ports below 1024 need a privilege, choose a higher one`
    default:
      if (!('syscall' in thrown)) throw thrown
      return `${'hostname' in thrown ? thrown.hostname : place} cannot be listened on (${thrown.code}): set \`listen\` or \`admin\` to an address of this machine`
  }
}

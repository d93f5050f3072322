import { request } from 'node:http'
import type { Command } from '../cli/command.ts'
import { loadOrReport } from '../cli/load.ts'
import { configFile, configOptions, optionsHelp, readOptions } from '../cli/options.ts'
import { errorCode } from '../core/error-code.ts'
import { healthSocketPaths } from '../runtime/health-path.ts'

const usage = `Usage: claimgate health [-c FILE] [--json]

Asks the gateway that runs with this configuration, by a local socket, whether it can do its work: for
HEALTHCHECK. It works with TLS and with \`admin: false\`. The socket is in the folder that \`data\` (or
CLAIMGATE_DATA) names, by where \`listen\` listens: these two must be as they were at the start. Where
that folder cannot be written it is in the system's folder for temporary files (TMPDIR).

${optionsHelp(configOptions)}
Exit status: 0 healthy, 1 not, 2 wrong usage or a configuration with faults.

JSON: what /readyz says; where no gateway answers {ready: false, why}.
`

const patienceMs = 3_000

export const command: Command = {
  name: 'health',
  summary: 'ask the running gateway whether it can do its work',
  usage,
  options: configOptions,
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const loaded = loadOrReport(configFile(read.options, io.env), io, { madeUp: 'secrets' })
    if (loaded === null) return 2
    const answer = await askFirst(healthSocketPaths(loaded.gateway))
    if (read.options.flag('json')) io.stdout(`${answer.body}\n`)
    else io.stdout(answer.healthy ? 'healthy\n' : `not healthy: ${answer.body}\n`)
    return answer.healthy ? 0 : 1
  },
}

interface HealthAnswer {
  readonly healthy: boolean
  readonly body: string
}

/** Asks at each place until a gateway answers; else says of each what was found there. */
async function askFirst(socketPaths: readonly string[]): Promise<HealthAnswer> {
  const reasons: string[] = []
  for (const path of socketPaths) {
    const answer = await ask(path)
    if (typeof answer !== 'string') return answer
    reasons.push(`${path}: ${answer}`)
  }
  const why = `no gateway answers for this configuration: ${reasons.join('; ')}`
  return { healthy: false, body: JSON.stringify({ ready: false, why }) }
}

/** What a gateway says, or why none does. */
function ask(socketPath: string): Promise<HealthAnswer | string> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/', timeout: patienceMs }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        resolve({ healthy: response.statusCode === 200, body: Buffer.concat(parts).toString('utf8') })
      })
      response.on('error', () => resolve('the gateway broke off'))
    })
    asked.on('timeout', () => {
      resolve('no answer in three seconds')
      asked.destroy()
    })
    asked.on('error', (error) => resolve(reasonOf(errorCode(error) ?? 'unknown')))
    asked.end()
  })
}

function reasonOf(code: string): string {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no socket'
    case 'ECONNREFUSED':
      return 'nobody listens at the socket any more'
    case 'EACCES':
    case 'EPERM':
      return `user ${process.getuid?.() ?? 'of this command'} may not connect (${code})`
    default:
      return code
  }
}

import { request } from 'node:http'
import type { Command } from '../cli/command.ts'
import { loadOrReport } from '../cli/load.ts'
import { configFile, configOptions, optionsHelp, readOptions } from '../cli/options.ts'
import { healthSocketPath } from '../runtime/health-path.ts'

const usage = `Usage: claimgate health [-c FILE] [--json]

Asks the gateway that runs with this configuration, by a local socket in its data folder, whether
it can do its work: for HEALTHCHECK. It works with TLS and with \`admin: false\`.

${optionsHelp(configOptions)}
Exit status: 0 healthy, 1 not, 2 wrong usage or a configuration with faults.
`

const patienceMs = 3_000

export const command: Command = {
  name: 'health',
  summary: 'ask the running gateway whether it can do its work',
  usage,
  run: async (args, io) => {
    const read = readOptions(command, configOptions, args, io)
    if (!read.ok) return read.exitCode
    const loaded = loadOrReport(configFile(read.options, io.env), io)
    if (loaded === null) return 2
    const answer = await ask(healthSocketPath(loaded.gateway))
    if (read.options.flag('json')) io.stdout(`${answer.body}\n`)
    else io.stdout(answer.healthy ? 'healthy\n' : `not healthy: ${answer.body}\n`)
    return answer.healthy ? 0 : 1
  },
}

function ask(socketPath: string): Promise<{ readonly healthy: boolean; readonly body: string }> {
  return new Promise((resolve) => {
    const failed = (why: string): void =>
      resolve({ healthy: false, body: JSON.stringify({ ready: false, why }) })
    const asked = request({ socketPath, path: '/', timeout: patienceMs }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        resolve({ healthy: response.statusCode === 200, body: Buffer.concat(parts).toString('utf8') })
      })
      response.on('error', () => failed('the gateway broke off'))
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => failed('no gateway answers for this configuration'))
    asked.end()
  })
}

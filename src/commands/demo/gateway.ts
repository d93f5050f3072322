import { unwatchFile, watchFile } from 'node:fs'
import { printIssue } from '../../config/issue.ts'
import { type LoadedGateway, loadGateway } from '../../config/load.ts'
import { type RunningGateway, startGateway } from '../../http/start.ts'
import type { Io } from '../command.ts'
import { tellLine } from './story.ts'

export interface DemoGateway {
  close(): Promise<void>
}

const lookEveryMs = 500
const graceMs = 500

/**
 * The gateway of `serve` with the demo's rules, and once more whenever they are saved. Rules with faults are told,
 * and the ones before stay in force. Null when the first ones have faults: they were told.
 */
export async function keepGateway(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  io: Io,
): Promise<DemoGateway | null> {
  const first = loadOrTell(file, env, io)
  if (first === null) return null
  const start = (loaded: Good): Promise<RunningGateway> =>
    startGateway(loaded.gateway, { env, warnings: [], logTo: { write: (line) => io.stdout(tellLine(line)) } })
  let running = await start(first)
  let last: Promise<void> = Promise.resolve()
  const again = async (): Promise<void> => {
    const next = loadOrTell(file, env, io)
    if (next === null) return io.stdout('  The rules have faults; the ones before stay in force.\n')
    await running.close(graceMs)
    running = await start(next)
    io.stdout('  The new rules are in force.\n')
  }
  watchFile(file, { interval: lookEveryMs }, (now, before) => {
    if (now.mtimeMs !== before.mtimeMs) last = last.then(again).catch((error) => io.stderr(`${error}\n`))
  })
  return {
    close: async () => {
      unwatchFile(file)
      await last
      await running.close(graceMs)
    },
  }
}

type Good = Extract<LoadedGateway, { ok: true }>

function loadOrTell(file: string, env: Readonly<Record<string, string | undefined>>, io: Io): Good | null {
  const loaded = loadGateway(file, env)
  if (loaded.ok) return loaded
  for (const issue of loaded.issues) io.stderr(`${printIssue(issue)}\n`)
  return null
}

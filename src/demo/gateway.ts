import { unwatchFile, watchFile } from 'node:fs'
import { printIssue } from '../config/issue.ts'
import { type LoadedGateway, loadGateway } from '../config/load.ts'
import { type RunningGateway, startGateway } from '../http/server/start.ts'
import { tellLine } from './story.ts'

export interface DemoGateway {
  close(): Promise<void>
}

/** Where the demo tells what happens. */
export interface Output {
  stdout(text: string): void
  stderr(text: string): void
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
  out: Output,
): Promise<DemoGateway | null> {
  const first = loadOrTell(file, env, out)
  if (first === null) return null
  const start = (loaded: Good): Promise<RunningGateway> =>
    startGateway(loaded.gateway, {
      env,
      warnings: [],
      logTo: { write: (line) => out.stdout(tellLine(line)) },
    })
  let running = await start(first)
  let last: Promise<void> = Promise.resolve()
  const again = async (): Promise<void> => {
    const next = loadOrTell(file, env, out)
    if (next === null) return out.stdout('  The rules have faults; the ones before stay in force.\n')
    await running.close(graceMs)
    running = await start(next)
    out.stdout('  The new rules are in force.\n')
  }
  watchFile(file, { interval: lookEveryMs }, (now, before) => {
    if (now.mtimeMs !== before.mtimeMs) last = last.then(again).catch((error) => out.stderr(`${error}\n`))
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

function loadOrTell(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  out: Output,
): Good | null {
  const loaded = loadGateway(file, env)
  if (loaded.ok) return loaded
  for (const issue of loaded.issues) out.stderr(`${printIssue(issue)}\n`)
  return null
}

// A gateway in this process that was read from a file, so that the file can be changed under it: by a reload, or by a
// restart with the same data folder.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningGateway, startGateway } from '../../src/http/server/start.ts'
import { loadFile } from './load.ts'
import { freePort } from './ports.ts'
import { createWaits } from './waiting.ts'

type LogLine = Readonly<Record<string, unknown>>

export interface LiveGateway {
  readonly url: string
  readonly port: number
  /** The log so far, a line an event; of all that ran. */
  readonly log: readonly LogLine[]
  /** Another configuration takes effect while the gateway runs. Throws with its faults when it is refused. */
  reload(yaml: string): Promise<void>
  /** The gateway stops, and another one starts with this configuration and the same data. */
  restart(yaml: string): Promise<void>
  close(): Promise<void>
}

/** `yaml` is told the gateway's own url; `listen`, `admin`, `data` and a session secret are added. */
export async function startLiveGateway(yaml: (url: string) => string): Promise<LiveGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-live-'))
  const file = join(folder, 'claimgate.yaml')
  const port = await freePort()
  const url = `http://localhost:${port}`
  const head = `listen: "127.0.0.1:${port}"\nadmin: false\nsession: { secret: a-session-secret-of-thirty-two-bytes-or-more }\n`
  const log: LogLine[] = []
  const waits = createWaits()
  const write = (text: string): void => {
    log.push(JSON.parse(text))
    waits.wake()
  }
  const start = (text: string): Promise<RunningGateway> => {
    writeFileSync(file, head + text)
    const { gateway, source } = loadFile(file)
    return startGateway(gateway, { env: {}, warnings: [], source, logTo: { write } })
  }
  /** The next line that says what came of a reload. */
  const outcome = (from: number): Promise<LogLine> =>
    waits.until({
      what: 'a line that says what came of a reload',
      look: () =>
        log.slice(from).find(({ event }) => /^config\.(?:loaded|unchanged|rejected)$/.test(`${event}`)),
      seen: () => log.slice(from),
    })
  let running = await start(yaml(url))
  return {
    url,
    port,
    log,
    reload: async (text) => {
      const from = log.length
      writeFileSync(file, head + text)
      await running.reload()
      const { event, faults } = await outcome(from)
      if (event === 'config.rejected') throw new Error(String(faults))
    },
    restart: async (text) => {
      await running.close(0)
      running = await start(text)
    },
    close: async () => {
      await running.close(0)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

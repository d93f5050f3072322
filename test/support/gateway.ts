// A real gateway in this process, from YAML: the same code as `claimgate serve`, on a free port, its log caught.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFromDisk } from '../../src/config/files.ts'
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import type { Clock } from '../../src/core/ports.ts'
import { startGateway } from '../../src/http/server/start.ts'
import { freePort } from './ports.ts'
import { createWaits } from './waiting.ts'

export interface TestGateway {
  readonly url: string
  readonly port: number
  readonly folder: string
  /** The log so far, a line an event. */
  readonly log: readonly Readonly<Record<string, unknown>>[]
  /** Waits until a line of the log fulfils the condition. */
  logged(
    condition: (line: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<Readonly<Record<string, unknown>>>
  /** Once, however often it is called: a test that restarts it has a teardown too. */
  close(): Promise<void>
}

export interface TestGatewayOptions {
  /** The file, given the gateway's own url and port; `listen`, `admin` and `data` are added. */
  readonly yaml: (own: { readonly url: string; readonly port: number }) => string
  readonly clock?: Clock
  readonly env?: Readonly<Record<string, string>>
  /** A data folder of the test's own, which then stays; for restarts. */
  readonly folder?: string
  readonly port?: number
  /** A free port for the admin address; without one there is none. */
  readonly adminPort?: number
  /** The value of `listen`, where it is more than an address. */
  readonly listen?: string
  /** Connections of one client network; a hundred times as many from here, as the loopback is private. */
  readonly connectionsOfNetwork?: number
}

export async function startTestGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const port = options.port ?? (await freePort())
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'claimgate-test-'))
  const url = `http://localhost:${port}`
  const text = `listen: ${options.listen ?? `"127.0.0.1:${port}"`}\nadmin: ${options.adminPort === undefined ? 'false' : `"127.0.0.1:${options.adminPort}"`}\ndata: ${JSON.stringify(folder)}\n${options.yaml({ url, port })}`
  const env = options.env ?? {}
  const loaded = loadGatewayFromText(text, { file: 'test.yaml', folder, env, readFile: readFromDisk })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  const log: Readonly<Record<string, unknown>>[] = []
  const waits = createWaits()
  const logTo = {
    write: (line: string) => {
      log.push(JSON.parse(line))
      waits.wake()
    },
  }
  const running = await startGateway(loaded.gateway, {
    env,
    warnings: loaded.warnings.map(printIssue),
    logTo,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.connectionsOfNetwork === undefined
      ? {}
      : { connectionsOfNetwork: options.connectionsOfNetwork }),
  })
  let closed: Promise<void> | null = null
  const end = async () => {
    await running.close(0)
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
  }
  return {
    url,
    port,
    folder,
    log,
    logged: (condition) =>
      waits.until({
        what: `a line of the log, ${condition}`,
        look: () => log.find(condition),
        seen: () => log.slice(-20),
      }),
    close: () => (closed ??= end()),
  }
}

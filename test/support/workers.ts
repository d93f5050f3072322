// A gateway with two workers in its own process: which there are, connections to a certain one of them, and what its
// operator is told.
import { readFileSync } from 'node:fs'
import http from 'node:http'
import type { Test } from 'tap'
import { Browser } from './browser.ts'
import { portOf } from './ports.ts'
import { type GatewayProcess, type LogLine, startProcess } from './process.ts'
import { newStand, type Stand } from './process-front.ts'
import { exchange, type RawClient, rawClient } from './raw.ts'
import { inVain, poll } from './waiting.ts'

export const twoWorkers = 'workers: 2'

export interface WorkersRig {
  readonly stand: Stand
  /** The file of the usual set-up with two workers. */
  readonly yaml: string
  start(t: Test, yaml?: string): Promise<GatewayProcess>
  /** The bytes of a request. */
  get(path: string, headers?: string): string
  /** The answer to it on a connection of its own. */
  once(path: string): Promise<string>
  /** What `/readyz` says, with its status. */
  ready(): Promise<{ readonly status: number; readonly workers?: { readonly ready: number } }>
  metrics(): Promise<string>
  /** How many requests were answered with 2xx, by the metrics. */
  counted(): Promise<number>
  close(): Promise<void>
}

export async function newWorkersRig(): Promise<WorkersRig> {
  const stand = await newStand()
  const { place } = stand
  const yaml = stand.yaml({ top: twoWorkers })
  const get = (path: string, headers = '') =>
    `GET ${path} HTTP/1.1\r\nHost: localhost:${place.port}\r\n${headers}\r\n`
  const metrics = async () => (await new Browser().visit(`${place.adminUrl}/metrics`)).body
  return {
    stand,
    yaml,
    start: async (t, text = yaml) => {
      place.write(text)
      const running = await startProcess(place)
      t.teardown(() => running.stop())
      return running
    },
    get,
    once: (path) => exchange(place.port, get(path, 'Connection: close\r\n')),
    ready: async () => {
      const { status, body } = await new Browser().visit(`${place.adminUrl}/readyz`)
      return { status, ...JSON.parse(body) }
    },
    metrics,
    counted: async () => {
      const line = /^claimgate_requests_total\{.*decision="allow".*status="2xx"\} (\d+)$/gm
      return [...(await metrics()).matchAll(line)].reduce((sum, [, count]) => sum + Number(count), 0)
    },
    close: () => stand.close(),
  }
}

/** An app that keeps its answers until it is told otherwise. */
export async function startKeepingApp() {
  const kept: http.ServerResponse[] = []
  let keeps = false
  const server = http.createServer((_request, response) => {
    if (keeps) kept.push(response)
    else response.end('the end')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    kept: () => kept.length,
    keep: () => {
      keeps = true
    },
    letGo: () => {
      keeps = false
      for (const response of kept.splice(0)) response.end('the end')
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

export function eventsOf(running: Pick<GatewayProcess, 'log'>, event: string): readonly LogLine[] {
  return running.log().filter((line) => line.event === event)
}

/** The first two. */
export function bothWorkers(running: Pick<GatewayProcess, 'log'>): readonly [StartedWorker, StartedWorker] {
  const [first, second] = startedWorkers(running)
  if (first === undefined || second === undefined) throw inVain('two workers were not started')
  return [first, second]
}

export interface StartedWorker {
  readonly number: number
  readonly pid: number
}

/** Those that were started so far, in their order. */
export function startedWorkers(running: Pick<GatewayProcess, 'log'>): readonly StartedWorker[] {
  return running
    .log()
    .filter((line) => line.event === 'worker.started')
    .map(({ worker, pid }) => ({ number: Number(worker), pid: Number(pid) }))
}

/** By which worker a line of a request was written: `cabbf419-2-00001m`. */
export function workerOf({ request_id: id }: LogLine): number {
  return Number.parseInt(String(id).split('-')[1] ?? '', 36)
}

export interface WorkerConnection {
  readonly worker: number
  readonly client: RawClient
}

let asked = 0

/** An answer whose length is said, or that came in chunks, to its last byte. */
function isWhole(text: string): boolean {
  const begin = text.indexOf('\r\n\r\n') + 4
  if (begin < 4) return false
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, begin))?.[1]
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length === begin + Number(length)
}

/**
 * A connection that stays open, and who has taken it: by the line of a first request at `path`, which has to be open to
 * anyone.
 */
export async function connectToAny(
  running: GatewayProcess,
  port: number,
  path = '/public/who',
): Promise<WorkerConnection> {
  asked += 1
  const own = `${path}-${asked}`
  const client = await rawClient(port, `GET ${own} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`)
  const line = await running.logged((one) => one.event === 'request' && one.path === own)
  // The line may be here before the last bytes: whoever counts answers begins with a whole one.
  await poll('the answer to its end', client.text, isWhole)
  return { worker: workerOf(line), client }
}

/** One connection to each of these workers; others are closed. */
export async function connectToEach(
  running: GatewayProcess,
  port: number,
  workers: readonly number[],
  path?: string,
): Promise<ReadonlyMap<number, RawClient>> {
  const found = new Map<number, RawClient>()
  for (let tries = 0; tries < 400; tries += 1) {
    const { worker, client } = await connectToAny(running, port, path)
    if (workers.includes(worker) && !found.has(worker)) found.set(worker, client)
    else client.destroy()
    if (found.size === workers.length) return found
  }
  throw inVain(`of 400 connections none was taken by one of ${workers.join(', ')}`)
}

/** Who has started a process; null: it is there no more. */
export function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return null
  }
}

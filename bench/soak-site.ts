import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Browser } from '../test/support/browser.ts'
import { type Echo, startEcho } from '../test/support/echo.ts'
import { type HostileOp, startHostileOp } from '../test/support/hostile-op.ts'
import { freePort } from '../test/support/ports.ts'
import { cpuMicros, residentMebibytes, stop } from './process.ts'
import { listening } from './subjects.ts'

/** V8 would rather grow than collect; with little room, what grows is what is held. */
const smallHeap = ['--max-old-space-size=96', '--max-semi-space-size=2']

/** A gateway in a process of its own, with a provider and an app in this one. */
export interface SoakSite {
  readonly port: number
  readonly url: string
  readonly op: HostileOp
  readonly echo: Echo
  readonly agent: Agent
  /** A request with a connection of the pool; what is answered is read to its end. */
  ask(target: string, options?: AskOptions): Promise<Answered>
  /** The Cookie header of a person who is signed in. */
  signIn(): Promise<string>
  measure(): Measures
  close(): Promise<void>
}

export interface AskOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
}

export interface Measures {
  readonly mebibytes: number
  readonly cpuMicros: number
  /** Open files and sockets. */
  readonly handles: number
}

export async function startSoakSite(): Promise<SoakSite> {
  const [op, echo, port] = await Promise.all([startHostileOp({ host: 'localhost' }), startEcho(), freePort()])
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-soak-'))
  const url = `http://localhost:${port}`
  const file = join(folder, 'claimgate.yaml')
  writeFileSync(
    file,
    `
listen: "127.0.0.1:${port}"
admin: false
data: ${JSON.stringify(folder)}
session: { secret: a-session-secret-of-thirty-two-bytes-or-more }
providers:
  op: { issuer: "${op.issuer}", client_id: gateway, client_secret: the-secret }
apps:
  wiki:
    url: ${url}
    upstream: ${echo.url}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    max_body: 64KiB
    require: signed_in
    locations: [{ path: /public, require: anyone }]
`,
  )
  const log = openSync(join(folder, 'access.log'), 'w')
  const child = spawn(process.execPath, [...smallHeap, 'bin/claimgate.js', 'serve', '-c', file], {
    stdio: ['ignore', log, 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const pid = child.pid ?? 0
  await listening(port)
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  return {
    port,
    url,
    op,
    echo,
    agent,
    ask: (target, options = {}) => ask(port, agent, target, options),
    signIn: async () => {
      const browser = new Browser()
      const begun = await browser.visit(`${url}/`, { follow: false })
      const back = op.authorize(new URL(begun.headers.location ?? ''))
      await browser.visit(`${url}/.auth/callback?${back}`, { follow: false })
      return [...browser.cookies('localhost')].map((pair) => pair.join('=')).join('; ')
    },
    measure: () => ({
      mebibytes: residentMebibytes(pid),
      cpuMicros: cpuMicros(pid),
      handles: readdirSync(`/proc/${pid}/fd`).length,
    }),
    close: async () => {
      agent.destroy()
      await stop(child)
      await Promise.all([op.close(), echo.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function ask(port: number, agent: Agent, target: string, options: AskOptions): Promise<Answered> {
  const { method = 'GET', headers = {}, body } = options
  return new Promise((resolve, reject) => {
    const host = `localhost:${port}`
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const sent = request(
      { host: '127.0.0.1', port, agent, method, path: target, headers: { host, ...headers, ...length } },
      (response) => {
        response.on('error', reject).on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers })
        })
        response.resume()
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

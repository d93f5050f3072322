// A gateway with a place of `listen` that asks for certificates, and clients that speak TLS to it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Clock } from '../../src/core/ports.ts'
import { startGateway } from '../../src/http/server/start.ts'
import type { Issued } from './client-authority.ts'
import { loadFile } from './load.ts'
import { createAuthority } from './tls.ts'
import { createWaits } from './waiting.ts'

export type LogLine = Readonly<Record<string, unknown>>

export interface AskingGateway {
  /** Of the place that asks, and of one that does not. */
  readonly port: number
  readonly plainPort: number
  readonly folder: string
  readonly log: readonly LogLine[]
  logged(condition: (line: LogLine) => boolean): Promise<LogLine>
  /** Writes a file beside the configuration, and has that read again. */
  change(files: Readonly<Record<string, string>>): Promise<LogLine>
  open(options?: ClientOptions): Promise<AskingClient>
  /** What is said to a whole request on a connection of its own. */
  ask(options?: ClientOptions & { readonly host?: string; readonly path?: string }): Promise<string>
  close(): Promise<void>
}

export interface ClientOptions extends ConnectionOptions {
  readonly of?: Issued
  /** What goes with the certificate. */
  readonly chain?: readonly Issued[]
}

export interface AskingClient {
  readonly socket: TLSSocket
  text(): string
  /** Resolves with all that came when the condition holds. */
  until(holds: (text: string) => boolean): Promise<string>
  closed(): Promise<string>
}

const server = createAuthority().issue({
  names: ['DNS:api.example.com', 'DNS:wiki.example.com', 'IP:127.0.0.1'],
})

/** `files` stand beside the file; `yaml` says everything but where it listens. */
export async function startAskingGateway(
  yaml: string,
  files: Readonly<Record<string, string>>,
  clock?: Clock,
): Promise<AskingGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-asking-'))
  const write = (all: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text, { mode: 0o600 })
  }
  const tls = 'tls: [{ certificate: server.crt, key: server.key }]'
  const file = join(folder, 'claimgate.yaml')
  write({
    ...files,
    'server.crt': server.cert,
    'server.key': server.key,
    'claimgate.yaml': `listen:
  - { address: "127.0.0.1:0", ${tls} }
  - { address: "127.0.0.1:0", ${tls}, client_certificates: ask }
admin: false
session: { store: memory, secret: a-session-secret-of-thirty-two-bytes-or-more }
${yaml}`,
  })
  const log: LogLine[] = []
  const waits = createWaits()
  const logTo = {
    write: (text: string) => {
      log.push(JSON.parse(text))
      waits.wake()
    },
  }
  const logged = (condition: (line: LogLine) => boolean, from = 0) =>
    waits.until({
      what: `a line of the log, ${condition}`,
      look: () => log.slice(from).find(condition),
      seen: () => log.slice(-20),
    })
  const { gateway, source } = loadFile(file)
  const running = await startGateway(gateway, { env: {}, warnings: [], source, logTo, clock })
  const [plainPort = 0, port = 0] = running.ports
  const open = (options: ClientOptions = {}) => openClient(port, options)
  return {
    port,
    plainPort,
    folder,
    log,
    logged,
    change: async (changed) => {
      write(changed)
      const from = log.length
      await running.reload()
      return logged(({ event }) => /^config\.(?:loaded|unchanged|rejected)$/.test(`${event}`), from)
    },
    open,
    ask: async ({ host = 'api.example.com', path = '/', ...options } = {}) => {
      const client = await open(options)
      client.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      return client.closed()
    },
    close: async () => {
      await running.close(0)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A connection whose handshake is done. Whoever needs another port says so in the options. */
export async function openClient(
  port: number,
  { of, chain = [], ...options }: ClientOptions,
): Promise<AskingClient> {
  const own = of === undefined ? {} : { cert: [of, ...chain].map(({ cert }) => cert).join(''), key: of.key }
  const socket = connect({
    ...{ port, host: '127.0.0.1', servername: 'api.example.com', rejectUnauthorized: false },
    ...own,
    ...options,
  })
  let text = ''
  const waits = createWaits()
  socket.on('data', (piece) => {
    text += piece.toString('latin1')
    waits.wake()
  })
  let isClosed = false
  socket.on('close', () => {
    isClosed = true
    waits.wake()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {})
  const until = (what: string, holds: () => boolean) =>
    waits.until({ what, look: () => (holds() ? text : undefined), seen: () => text })
  return {
    socket,
    text: () => text,
    until: (holds) => until(`${holds}`, () => holds(text)),
    closed: () => until('the end of the connection', () => isClosed),
  }
}

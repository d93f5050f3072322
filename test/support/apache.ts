import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, startChild, stopChild } from './child.ts'
import { poll } from './waiting.ts'

const program = '/usr/sbin/apache2'
const modules = '/usr/lib/apache2/modules'

/** Debian's Apache httpd with mod_auth_openidc, running in a folder of its own. */
export interface Apache {
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}

export interface ApacheOptions {
  readonly port: number
  /** The configuration under test: everything but the server's own lines. */
  readonly config: string
  /** Modules beside the usual ones. */
  readonly modules?: readonly string[]
  /** Variables of its environment, for `${NAME}`. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts httpd on a port and waits until it answers; what it says is in the error when it does not. */
export async function startApache({
  port,
  config,
  env = {},
  modules: more = [],
}: ApacheOptions): Promise<Apache> {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-apache-'))
  // As root the workers are another user's.
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'run'), { mode: 0o777 })
  chmodSync(join(folder, 'run'), 0o777)
  const file = join(folder, 'httpd.conf')
  writeFileSync(file, `${serverLines(folder, port, more)}\n${config}`)
  const child = startChild(program, ['-f', file, '-DFOREGROUND'], {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', LANG: 'C', TMPDIR: folder, ...env },
  })
  let said = ''
  child.stdout.resume()
  child.stderr.on('data', (piece: Buffer) => {
    said += piece.toString('utf8')
  })
  const stop = async (): Promise<void> => {
    await stopChild(child)
    rmSync(folder, { recursive: true, force: true })
  }
  if (!(await answers(port, child, folder))) {
    const log = readLog(folder)
    await stop()
    throw new Error(`${program} does not start:\n${said}${log}`)
  }
  return { url: `http://localhost:${port}`, port, stop }
}

function readLog(folder: string): string {
  try {
    return readFileSync(join(folder, 'error.log'), 'utf8')
  } catch {
    return ''
  }
}

/** Whether it answers before it ends. It listens before its modules have looked at their lines, and ends when one will not. */
async function answers(port: number, child: Child, folder: string): Promise<boolean> {
  const look = async () => {
    if (child.exitCode !== null) return 'ended'
    return readLog(folder).includes('AH00489: ') && (await connects(port)) ? 'answers' : 'silent'
  }
  const seen = await poll(`httpd to answer on port ${port}`, look, (state) => state !== 'silent')
  return seen === 'answers'
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

const loaded = [
  ...['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'authz_host', 'headers', 'rewrite'],
  ...['proxy', 'proxy_http', 'auth_openidc'],
]

function serverLines(folder: string, port: number, more: readonly string[]): string {
  const root = process.getuid?.() === 0
  return [
    `ServerRoot "${folder}"`,
    `DefaultRuntimeDir "${folder}/run"`,
    `PidFile "${folder}/run/httpd.pid"`,
    'Mutex pthread default',
    `Listen 127.0.0.1:${port}`,
    ...[...loaded, ...more].map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`),
    ...(root ? ['User www-data', 'Group www-data'] : []),
    'StartServers 1',
    'ServerLimit 1',
    'ThreadsPerChild 25',
    'MaxRequestWorkers 25',
    'LogLevel warn',
    `ErrorLog "${folder}/error.log"`,
  ].join('\n')
}

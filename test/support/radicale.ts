import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startChild, stopChild } from './child.ts'
import { freePort } from './ports.ts'
import { poll } from './waiting.ts'

const python = '/usr/bin/python3'

/** Debian's Radicale, which believes `X-Remote-User` and shows everyone their own collections. */
export interface Radicale {
  readonly url: string
  log(): string
  stop(): Promise<void>
}

/** Starts it with an empty folder of its own, and waits until it takes connections. */
export async function startRadicale(): Promise<Radicale> {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-radicale-'))
  const port = await freePort()
  const file = join(folder, 'config')
  writeFileSync(
    file,
    `[server]
hosts = 127.0.0.1:${port}
[auth]
type = http_x_remote_user
[rights]
type = owner_only
[storage]
filesystem_folder = ${folder}/collections
[logging]
level = warning
`,
  )
  const env = { PATH: '/usr/bin:/bin', HOME: folder, LANG: 'C.UTF-8' }
  const child = startChild(python, ['-m', 'radicale', '--config', file], { cwd: folder, env })
  let said = ''
  child.stdout.resume()
  child.stderr.on('data', (piece: Buffer) => {
    said += piece.toString('utf8')
  })
  const stop = async (): Promise<void> => {
    await stopChild(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const look = async () => (child.exitCode === null ? ((await connects(port)) ? 'up' : 'silent') : 'ended')
  const seen = await poll(`Radicale to answer on port ${port}`, look, (state) => state !== 'silent')
  if (seen === 'up') return { url: `http://127.0.0.1:${port}`, log: () => said, stop }
  await stop()
  throw new Error(`Radicale does not start:\n${said}`)
}

/** What python3-caldav sees at an address with a cookie, or a user name and a password, as `caldav_client.py` tells it. */
export async function useCalendar(url: string, ...proof: readonly string[]): Promise<unknown> {
  const program = fileURLToPath(new URL('caldav_client.py', import.meta.url))
  const { stdout } = await promisify(execFile)(python, [program, url, ...proof], { timeout: 240_000 })
  return JSON.parse(stdout)
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

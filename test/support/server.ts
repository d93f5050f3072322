// Any server of the machine as a test needs it: started, answering on a port of loopback, ended with the test.
import { connect } from 'node:net'
import { startChild, stopChild } from './child.ts'
import { poll } from './waiting.ts'

export interface RunningServer {
  /** Everything that it has printed so far. */
  log(): string
  stop(): Promise<void>
}

export interface ServerProgram {
  readonly command: string
  readonly args: readonly string[]
  readonly port: number
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Until the port takes connections; one that ends before is an error with what it printed. */
export async function startServer({ command, args, port, cwd, env }: ServerProgram): Promise<RunningServer> {
  const child = startChild(command, args, {
    env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', PYTHONUNBUFFERED: '1', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  let printed = ''
  const read = (piece: Buffer): void => {
    printed += piece.toString('utf8')
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  child.once('error', (error) => read(Buffer.from(String(error))))
  const look = async () => (child.exitCode !== null ? 'ended' : (await takes(port)) ? 'answers' : 'silent')
  const seen = await poll(`${command} to answer on port ${port}`, look, (state) => state !== 'silent')
  if (seen === 'ended') throw new Error(`${command} ended:\n${printed}`)
  return { log: () => printed, stop: () => stopChild(child) }
}

function takes(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

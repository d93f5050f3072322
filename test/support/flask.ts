import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A Python server of the tests, running. */
export interface PythonServer {
  readonly origin: string
  readonly pid: number
  /** Everything it has printed so far. */
  log(): string
  stop(): Promise<void>
}

export interface PythonApp {
  /** Folder of the module: below `config/examples/` or `test/`. */
  readonly folder: URL
  /** `app:app`. */
  readonly app: string
  readonly env: Readonly<Record<string, string>>
}

/** A WSGI app under gunicorn, as Debian packages both: real processes, sockets and header folding. */
export function startFlask(app: PythonApp): Promise<PythonServer> {
  return startPython(
    ['-m', 'gunicorn', '--preload', '-b', '127.0.0.1:0', '-w', '1', '--threads', '4', app.app],
    app,
  )
}

/** A Lambda handler, or a WSGI app in Lambda, behind events shaped like those of API Gateway; below `/stage`. */
export function startApiGateway(
  app: PythonApp,
  version: '1.0' | '2.0',
  stage?: string,
): Promise<PythonServer> {
  const program = fileURLToPath(new URL('api_gateway.py', import.meta.url))
  return startPython([program, version, app.app, ...(stage === undefined ? [] : [stage])], app)
}

/** Debian's interpreter: its packages of Flask and gunicorn belong to it. */
const python = '/usr/bin/python3'

async function startPython(args: readonly string[], app: PythonApp): Promise<PythonServer> {
  const folder = fileURLToPath(app.folder)
  const child = spawn(python, [...args], {
    cwd: folder,
    env: {
      PATH: '/usr/bin:/bin',
      PYTHONPATH: folder,
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUNBUFFERED: '1',
      ...app.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const listening = new Promise<string>((resolve, reject) => {
    const read = (piece: Buffer): void => {
      printed += piece.toString('utf8')
      const found = /Listening at: (http:\/\/127\.0\.0\.1:[1-9]\d*)/.exec(printed)?.[1]
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', (cause) =>
      reject(new Error(`${python} does not start: see CONTRIBUTING.md`, { cause })),
    )
    child.once('exit', (code) => reject(new Error(`${app.app} ended with ${code}:\n${printed}`)))
  })
  // A test that dies takes its server along.
  const killAtExit = (): void => void child.kill('SIGKILL')
  process.once('exit', killAtExit)
  const origin = await listening
  return {
    origin,
    pid: child.pid ?? 0,
    log: () => printed,
    stop: async () => {
      process.off('exit', killAtExit)
      await stopped(child)
    },
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

import { fileURLToPath } from 'node:url'
import { startChild, stopChild } from './child.ts'
import { createWaits } from './waiting.ts'

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
export function startFlask(
  app: PythonApp,
  worker: readonly string[] = ['--threads', '4'],
): Promise<PythonServer> {
  return startPython(['-m', 'gunicorn', '--preload', '-b', '127.0.0.1:0', '-w', '1', ...worker, app.app], app)
}

/** The same on a Unix socket, as gunicorn is usually run behind a proxy of the same machine. */
export function startFlaskOnSocket(app: PythonApp, path: string): Promise<PythonServer> {
  const worker = ['-w', '1', '--threads', '4']
  return startPython(['-m', 'gunicorn', '--preload', '-b', `unix:${path}`, ...worker, app.app], app)
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
  const child = startChild(python, args, {
    cwd: folder,
    env: {
      PATH: '/usr/bin:/bin',
      PYTHONPATH: folder,
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUNBUFFERED: '1',
      ...app.env,
    },
  })
  const waits = createWaits()
  let printed = ''
  let failure: Error | null = null
  const read = (piece: Buffer): void => {
    printed += piece.toString('utf8')
    waits.wake()
  }
  const fail = (error: Error): void => {
    failure = error
    waits.wake()
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  child.once('error', (cause) => fail(new Error(`${python} does not start: see CONTRIBUTING.md`, { cause })))
  child.once('exit', (code) => fail(new Error(`${app.app} ended with ${code}:\n${printed}`)))
  const origin = await waits.until({
    what: `${app.app} to say where it listens`,
    look: () => {
      const found = /Listening at: (http:\/\/127\.0\.0\.1:[1-9]\d*|unix:\S+)/.exec(printed)?.[1]
      if (found === undefined && failure !== null) throw failure
      return found
    },
    seen: () => printed,
  })
  return {
    origin,
    pid: child.pid ?? 0,
    log: () => printed,
    stop: () => stopChild(child),
  }
}

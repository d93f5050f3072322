// One test file in a process of its own, without tap's runner: its output is read as it comes, and when it need not
// go on, it ends with everything that it started.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type RedTest, redTests } from './tap-output.ts'

export interface TestRun {
  readonly red: readonly RedTest[]
  readonly seconds: number
}

export interface TestRunOptions {
  readonly root: string
  readonly file: string
  readonly timeoutMs: number
  /** Where V8 writes what ran, in this process and in its children. */
  readonly coverage?: string
  /** How long it may wait for what another process or socket does; see test/support/waiting.ts. */
  readonly patienceMs?: number
  /** Ends it as soon as an assertion failed, or what it waited for did not come. */
  readonly untilRed?: boolean
}

/** Never rejects: a file that hangs or ends without a word is red. */
export async function runTestFile(options: TestRunOptions): Promise<TestRun> {
  const { coverage, root, file } = options
  // By itself tap gives a file half a minute.
  const env = {
    ...process.env,
    TAP_TIMEOUT: String(options.timeoutMs / 1000),
    ...(coverage === undefined ? {} : { NODE_V8_COVERAGE: coverage }),
    ...(options.patienceMs === undefined ? {} : { TEST_PATIENCE_MS: String(options.patienceMs) }),
  }
  const start = performance.now()
  // A process group of its own, so that its children end with it.
  const child = spawn(process.execPath, [file], {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let output = ''
  let hung = false
  const end = (): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    process.kill(-child.pid, 'SIGKILL')
  }
  const timer = setTimeout(() => {
    hung = true
    end()
  }, options.timeoutMs)
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (options.untilRed && text.includes('...') && redTests(output).some(hasWords)) end()
  })
  process.once('exit', end)
  const [code] = await once(child, 'close')
  process.off('exit', end)
  clearTimeout(timer)
  const red = [...redTests(output)]
  if (hung) red.push({ failure: 'time-out', title: 'the file did not end' })
  else if (code !== 0 && red.length === 0)
    red.push({ failure: 'crash', title: `the file ended with ${code}` })
  return { red, seconds: (performance.now() - start) / 1000 }
}

function hasWords({ failure }: RedTest): boolean {
  return failure === 'assertion' || failure === 'wait'
}

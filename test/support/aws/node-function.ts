// A function of Node's in a process of its own, behind the stand-in of AWS: by the Runtime API, as Lambda runs it.
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { type Child, startChild, stopChild } from '../child.ts'
import type { Aws } from './stand-in.ts'

export interface NodeFunction {
  /** What it printed. */
  log(): string
  stop(): Promise<void>
}

/**
 * Polls until the test ends. `file`: an ES module that exports `handler`; `streaming.mjs` beside this one unless given.
 * `count` processes take invocations in turn, as one takes one at a time.
 */
export function startNodeFunction(
  t: Pick<Test, 'teardown'>,
  { runtime }: Pick<Aws, 'runtime'>,
  { file = new URL('streaming.mjs', import.meta.url), count = 1 } = {},
): NodeFunction {
  if (runtime === null) throw new Error("the stand-in of AWS has no function with handler: 'runtime'")
  const program = fileURLToPath(new URL('node-runtime.mjs', import.meta.url))
  let log = ''
  const start = (): Child => {
    const child = startChild(process.execPath, [program, fileURLToPath(file)], {
      env: { AWS_LAMBDA_RUNTIME_API: runtime, AWS_REGION: 'eu-west-1' },
    })
    for (const output of [child.stdout, child.stderr])
      output.on('data', (piece: Buffer) => {
        log += piece.toString('utf8')
      })
    return child
  }
  const children = Array.from({ length: count }, start)
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(stopChild))
  }
  t.teardown(stop)
  return { log: () => log, stop }
}

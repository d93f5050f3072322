// A function of Node's in a process of its own, behind the stand-in of AWS: by the Runtime API, as Lambda runs it.
import { basename } from 'node:path'
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
 * AWS's own runtime, `aws-lambda-ric`, in place of ours: the folder of a package that was installed elsewhere. It builds curl
 * as it is installed, so `npm test` goes without; `npm run test:runtime-client` installs it and sets this.
 */
const ownRuntime = process.env.TEST_LAMBDA_RUNTIME

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
  const ours = [fileURLToPath(new URL('node-runtime.mjs', import.meta.url)), fileURLToPath(file)]
  const handler = `${basename(file.pathname, '.mjs')}.handler`
  const args = ownRuntime === undefined ? ours : [`${ownRuntime}/index.mjs`, handler]
  let log = ''
  const start = (): Child => {
    const child = startChild(process.execPath, args, {
      env: {
        ...{ AWS_LAMBDA_RUNTIME_API: runtime, AWS_REGION: 'eu-west-1', _HANDLER: handler },
        ...{ AWS_LAMBDA_FUNCTION_NAME: 'wiki', AWS_LAMBDA_FUNCTION_VERSION: '42' },
        ...{ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128', AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand' },
        ...{ AWS_LAMBDA_LOG_GROUP_NAME: 'wiki', AWS_LAMBDA_LOG_STREAM_NAME: '1' },
        LAMBDA_TASK_ROOT: fileURLToPath(new URL('.', file)),
      },
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

// The whole suite (`npm test`): each test file in a process of its own, three at a time, the longest first, so that
// none of them runs alone at the end. tap's own runner would do the same in the order of the alphabet. But it hangs on
// every process, and on theirs, what watches each module that is loaded: a quarter of a file's time, for nothing here.
import type { ChildProcess } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import settings from '../../package.json' with { type: 'json' }

/** They build images or install packages. */
const longest = ['test/system/containers.test.ts', 'test/system/package.test.ts']
/** Where processes, browsers and servers are started; a file anywhere else takes a few seconds at most. */
const longer = ['test/system/', 'test/browser/', 'test/e2e/', 'test/store/', 'test/commands/']

function rankOf(file: string): number {
  const named = longest.indexOf(file)
  if (named !== -1) return named
  const folder = longer.findIndex((prefix) => file.startsWith(prefix))
  return longest.length + (folder === -1 ? longer.length : folder)
}

const { timeout: timeoutSeconds, jobs, include } = settings.tap
const files = globSync(include)
  .sort()
  .sort((one, other) => rankOf(one) - rankOf(other))

// What V8 compiled for one process, the next one takes from here: most of them load the same modules.
const compiled = mkdtempSync(join(tmpdir(), 'claimgate-compiled-'))
const removeCompiled = (): void => rmSync(compiled, { recursive: true, force: true })
process.once('exit', removeCompiled)
const env = { ...process.env, TAP_TIMEOUT: String(timeoutSeconds), NODE_COMPILE_CACHE: compiled }
// tap would put there what watches.
const options = `NODE_OPTIONS=${process.env.NODE_OPTIONS ?? ''}`

const running = new Set<ChildProcess>()
t.on('spawn', (file) => {
  file.once('process', (child: ChildProcess) => {
    running.add(child)
    child.once('exit', () => running.delete(child))
  })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const child of running) child.kill(signal)
    removeCompiled()
    process.exit(1)
  })
}

t.setTimeout(0)
t.jobs = jobs
t.plan(files.length)
for (const file of files) {
  void t.spawn('/usr/bin/env', [options, process.execPath, file], {
    name: file,
    buffered: true,
    timeout: timeoutSeconds * 1000,
    stdio: 'inherit',
    env,
  })
}

// Runs after `npm ci` in a checkout. tap generates its Test class inside node_modules: without this, the first
// run after an install still uses the old class and fails. Without the development dependencies there is
// nothing to prepare.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const tap = new URL('../node_modules/tap/dist/esm/run.mjs', import.meta.url)
if (existsSync(tap)) {
  const built = spawnSync('tap build', { stdio: 'inherit', shell: true })
  process.exitCode = built.status ?? 1
}

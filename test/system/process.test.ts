// The process as whoever operates it sees it: how it starts, or why not; lines, sentences, exit status.
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { Browser } from '../support/browser.ts'
import { portOf } from '../support/ports.ts'
import { newPlace, runProcess, startProcess } from '../support/process.ts'
import { newStand } from '../support/process-front.ts'

const stand = await newStand()
const { place } = stand
t.teardown(() => stand.close())

t.test('it says that it listens, and where', async (t) => {
  place.write(stand.yaml())
  const running = await startProcess(place)
  t.match(
    running.log().find((line) => line.event === 'gateway.started'),
    {
      host: '127.0.0.1',
      port: place.port,
      admin_port: place.adminPort,
      apps: 1,
    },
  )
  t.equal(running.stderr(), '')
  t.same(await running.stop(), { code: 0, signal: null })
  t.same(
    running.log().flatMap((line) => (String(line.event).startsWith('gateway.') ? [line.event] : [])),
    ['gateway.started', 'gateway.stopping', 'gateway.stopped'],
  )
})

t.test('a start that fails says why in one sentence, with status 1', async (t) => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise((resolve) => taken.close(resolve)))
  const port = portOf(taken)
  writeFileSync(join(place.folder, 'a-file'), '')
  const cases: readonly (readonly [string, RegExp])[] = [
    [`listen: "127.0.0.1:${port}"`, new RegExp(`^127\\.0\\.0\\.1:${port} is taken: .*listen`)],
    [`admin: "127.0.0.1:${port}"`, new RegExp(`^127\\.0\\.0\\.1:${port} is taken: .*admin`)],
    ['listen: "192.0.2.1:8080"', /^192\.0\.2\.1:8080 is no address of this machine/],
    ['listen: "nowhere.invalid:8080"', /^nowhere\.invalid cannot be listened on \((?:ENOTFOUND|EAI_AGAIN)\)/],
    ['data: ./a-file', /a-file cannot be used: there is a file of that name; set "data" to a folder/],
    ['data: ./a-file/below', /a-file\/below cannot be used: there is a file of that name/],
    ['data: /proc/claimgate', /^the data folder \/proc\/claimgate cannot be used/],
  ]
  for (const [line, sentence] of cases) {
    place.write(stand.yaml({ top: line }))
    const { code, stdout, stderr } = await runProcess(['serve', '-c', place.file])
    t.equal(code, 1, line)
    t.match(stderr.replace('claimgate serve: ', ''), sentence)
    t.equal(stderr.split('\n').length, 2, 'one line, no stack')
    t.notMatch(stdout, 'gateway.st', 'neither started nor stopped')
  }
})

t.test('a second start of the same configuration leaves the first one as it was', async (t) => {
  place.write(stand.yaml())
  const running = await startProcess(place)
  t.teardown(() => running.stop())
  const second = await runProcess(['serve', '-c', place.file])
  t.equal(second.code, 1)
  const health = await runProcess(['health', '-c', place.file])
  t.match(health, { code: 0, stdout: 'healthy\n' })
})

t.test('every fault of the file is shown with its place, and nothing starts: status 2', async (t) => {
  place.write(`
providers:
  op: { issuer: "http://op.example.com", client_id: x, client_secret: "\${env:NOT_SET}" }
apps:
  wiki:
    url: https://wiki.example.com
    upstrem: http://127.0.0.1:1
    require: { groups: [] }
`)
  const { code, stdout, stderr } = await runProcess(['serve', '-c', place.file])
  t.equal(code, 2)
  t.equal(stdout, '')
  const lines = stderr.trimEnd().split('\n')
  const at = (line: number, what: RegExp) =>
    t.ok(
      lines.find((text) => new RegExp(`^${place.file}:${line}:\\d+ `).test(text) && what.test(text)),
      `${what} in line ${line}`,
    )
  at(6, /providers\.op\.issuer/)
  at(6, /providers\.op\.client_secret.*NOT_SET/)
  at(10, /apps\.wiki\.upstrem.*upstream/)
  at(11, /apps\.wiki\.require/)
  t.match(await runProcess(['serve', '-c', `${place.folder}/nowhere.yaml`]), {
    code: 2,
    stdout: '',
    stderr: /nowhere\.yaml/,
  })
})

t.test('wrong usage has status 2 and names the help; help has status 0', async (t) => {
  for (const args of [
    [],
    ['sreve'],
    ['serve', '--prot', '1'],
    ['serve', 'now'],
    ['sessions'],
    ['health', '-c'],
  ]) {
    const { code, stdout, stderr } = await runProcess(args)
    t.equal(code, 2, args.join(' '))
    t.equal(stdout, '')
    t.match(stderr, /--help/)
  }
  for (const args of [['--help'], ['serve', '--help'], ['sessions', '-h'], ['check', '--help']]) {
    const { code, stdout, stderr } = await runProcess(args)
    t.match({ code, stderr }, { code: 0, stderr: '' }, args.join(' '))
    t.match(stdout, /^Usage: claimgate/)
  }
})

t.test('the version is that of the package, either way', async (t) => {
  const { version } = JSON.parse(
    execFileSync(process.execPath, ['-p', 'JSON.stringify(require("./package.json"))'], {
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
      encoding: 'utf8',
    }),
  )
  t.match(await runProcess(['--version']), { code: 0, stdout: `claimgate ${version}\n`, stderr: '' })
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
  const direct = execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' })
  t.equal(direct, `claimgate ${version}\n`)
})

t.test('an old Node gets a sentence, not a syntax error', async (t) => {
  // What bin/claimgate.js asks of the running Node is its version: an older one is what that says.
  const preload = join(place.folder, 'old.cjs')
  writeFileSync(
    preload,
    `Object.defineProperty(process.versions, 'node', { value: '20.20.2' })
     Object.defineProperty(process, 'version', { value: 'v20.20.2' })`,
  )
  const nodes = [
    { env: { NODE_OPTIONS: `--require ${preload}` } },
    // The real thing, where the machine has one.
    ...['/usr/bin/node', '/usr/local/bin/node'].filter(isOldNode).map((path) => ({ node: path })),
  ]
  for (const node of nodes) {
    const { code, stdout, stderr } = await runProcess(['--version'], node)
    t.equal(code, 2)
    t.equal(stdout, '')
    t.match(stderr, /^claimgate needs Node\.js 24 or later, this is v\d+\.\d+\.\d+: .+\n$/)
  }
})

t.test('what nobody caught is told, and the gateway goes on', async (t) => {
  const spare = await newPlace()
  t.teardown(() => spare.remove())
  spare.write(stand.yaml({ url: spare.url, app: '    require: anyone' }))
  const preload = join(place.folder, 'throwing.cjs')
  writeFileSync(preload, `process.on('SIGUSR2', () => { throw new Error('from nowhere') })`)
  const running = await startProcess(spare, { env: { NODE_OPTIONS: `--require ${preload}` } })
  t.teardown(() => running.stop())
  running.signal('SIGUSR2')
  t.match(await running.logged((line) => line.event === 'internal.failed'), { error: 'from nowhere' })
  t.equal((await new Browser().visit(`${spare.url}/`)).status, 200)
})

t.test('data and its parents are made for this user alone', async (t) => {
  const nested = join(place.folder, 'var', 'lib', 'claimgate')
  place.write(stand.yaml({ top: `data: ${nested}` }))
  const running = await startProcess(place)
  await running.stop()
  t.ok(existsSync(join(nested, 'sessions.db')))
  t.ok(existsSync(join(nested, 'session.secret')))
  const modes = execFileSync('stat', [
    '-c',
    '%a',
    nested,
    join(nested, 'sessions.db'),
    join(nested, 'session.secret'),
  ])
  t.equal(String(modes), '700\n600\n600\n')
  t.notOk(existsSync(join(nested, `health-${place.port}.sock`)), 'the socket is gone')
})

function isOldNode(path: string): boolean {
  if (!existsSync(path)) return false
  const version = execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  return Number(version.split('.')[0]) < 24
}

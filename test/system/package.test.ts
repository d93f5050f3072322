// What `npm install claimgate` brings: the emitted JavaScript, without the sources, the tests or the development
// dependencies of the checkout.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import { Browser } from '../support/browser.ts'
import { blocksOf } from '../support/page-blocks.ts'
import { newPlace, runProcess, startProcess } from '../support/process.ts'

// npm alone takes minutes where many others want the same core: nothing here waits for a time.
t.setTimeout(3_600_000)

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'claimgate-package-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** Without what tap hangs on every child: npm may run on an older Node. */
const npm = (cwd: string, ...args: string[]): string =>
  execFileSync('/usr/bin/env', ['-u', 'NODE_OPTIONS', 'npm', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

const installed = join(folder, 'node_modules', 'claimgate')
const program = join(installed, 'bin', 'claimgate.js')

t.test('the package is packed and installed as anybody would', async (t) => {
  npm(root, 'run', '-s', 'prepack')
  // `npm pack` would run `prepare` too, which rebuilds tap under the feet of this very test.
  const [packed] = JSON.parse(npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder))
  const names: readonly string[] = packed.files.map(({ path }: { readonly path: string }) => path)
  for (const name of [
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'bin/claimgate.js',
    'dist/main.js',
    'docs/operations.md',
  ]) {
    t.ok(names.includes(name), name)
  }
  const strange = names.filter(
    (name) => !/^(?:bin|dist|config|docs)\/|^(?:README|CHANGELOG)\.md$|^LICENSE$|^package\.json$/.test(name),
  )
  t.same(strange, [])
  t.same(
    names.filter((name) => /\.ts$|\.map$|__pycache__|\.db$|\.secret$/.test(name)),
    [],
    'JavaScript alone',
  )
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  const emitted = sources.filter((name) => name.endsWith('.ts')).map((name) => `dist/${name.slice(0, -3)}.js`)
  t.same(
    names.filter((name) => name.startsWith('dist/')).sort(),
    emitted.sort(),
    'one file each, none left over',
  )

  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts']
  npm(
    folder,
    'install',
    '--prefix',
    folder,
    '--omit=dev',
    '--omit=optional',
    ...quiet,
    join(folder, packed.filename),
  )
  t.notOk(existsSync(join(installed, 'src')))
  t.ok(existsSync(join(folder, 'node_modules', '.bin', 'claimgate')))
})

t.test('every command of it runs', async (t) => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  t.match(await runProcess(['--version'], { program }), {
    code: 0,
    stdout: `claimgate ${version}\n`,
    stderr: '',
  })
  const help = await runProcess(['--help'], { program })
  const commands = [...help.stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map((match) => match[1] ?? '')
  t.ok(commands.length >= 6, commands.join(' '))
  // In one process: what a process of its own is like, the other tests here say of some.
  const all = [...commands, 'generate']
  const asked = `const { main } = await import(${JSON.stringify(pathToFileURL(join(installed, 'dist/main.js')))})
process.stdout.setMaxListeners(0) // each call listens
for (const command of ${JSON.stringify(all)}) console.log(\`\${command} ended with \${await main([command, '--help'])}\`)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', asked], {
    cwd: folder,
    env: {},
    encoding: 'utf8',
  })
  t.equal(stderr, '')
  for (const command of all) {
    t.match(stdout, `claimgate ${command}`, command)
    t.match(stdout, `\n${command} ended with 0\n`, command)
  }
})

t.test('it checks the examples that it brings', async (t) => {
  const example = join(installed, 'config', 'claimgate.yaml')
  const secrets = [...readFileSync(example, 'utf8').matchAll(/\$\{env:([A-Z_]+)\}/g)].map(
    (match) => match[1] ?? '',
  )
  const env = Object.fromEntries(secrets.map((name) => [name, `${name}-0123456789-abcdefghijklm`]))
  const { code, stdout } = await runProcess(['check', '-c', example], { program, env })
  t.equal(code, 0, stdout)
  t.match(stdout, /is fine/)
})

t.test('it serves', async (t) => {
  const place = await newPlace()
  t.teardown(() => place.remove())
  place.write(`
providers: { op: { issuer: "http://localhost:9", client_id: x, client_secret: a-secret-of-a-client-of-a-provider } }
apps: { wiki: { url: "${place.url}", upstream: "http://127.0.0.1:9", require: signed_in } }
`)
  const running = await startProcess(place, { program })
  t.teardown(() => running.stop())
  t.match(await new Browser().visit(`${place.url}/.auth/health`), { status: 200, body: 'ok\n' })
  const page = await new Browser().visit(`${place.url}/`)
  t.equal(page.status, 503)
  t.match(page.body, /<style>/, 'a page with its parts')
  t.match(await runProcess(['health', '-c', place.file], { program }), { code: 0 })
})

t.test('the demo says what it needs, as its provider is not installed', async (t) => {
  const { code, stderr } = await runProcess(['demo', '--port', '0'], { program })
  t.equal(code, 1)
  t.match(stderr, /^claimgate demo: its provider is not installed: run `npm install oidc-provider@\d+`/)
})

/** The folder that `-g` installs into, as `/usr/local` is for root. */
const prefix = join(folder, 'global')

/** What a shell says to a command line, with the programs of the global install on its PATH. */
function shell(line: string): {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
} {
  const env = { PATH: `${join(prefix, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`, HOME: folder }
  const cwd = mkdtempSync(join(folder, 'here-'))
  return spawnSync('/bin/bash', ['-c', line], { cwd, env, encoding: 'utf8' })
}

t.test('it is installed without a container as docs/operations.md says', async (t) => {
  const install = 'npm install -g ./claimgate-*.tgz'
  const block = blocksOf('docs/operations.md').find(({ text }) => text.includes(install))
  t.equal(block?.text, `npm ci\nnpm pack\n${install}\nclaimgate --version\n`)
  const words = install.replace(
    'npm install',
    `npm install --prefix '${prefix}' --omit=optional --prefer-offline --no-audit --no-fund`,
  )
  execFileSync('/usr/bin/env', ['-u', 'NODE_OPTIONS', 'bash', '-c', words], { cwd: folder, stdio: 'pipe' })
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  t.match(shell('claimgate --version'), { status: 0, stdout: `claimgate ${version}\n`, stderr: '' })
})

t.test('what is installed so brings its docs, and its hints work there', async (t) => {
  const home = join(prefix, 'lib', 'node_modules', 'claimgate')
  for (const name of ['docs/operations.md', 'docs/configuration.md', 'config/examples/google.yaml'])
    t.ok(existsSync(join(home, name)), name)
  t.match(shell('claimgate serve'), {
    status: 2,
    stderr: '\nTo write a first one: claimgate init --help\nTo see it work before: claimgate demo\n',
  })
  t.match(shell('claimgate demo --port 0'), {
    status: 1,
    stderr: 'run `npm install -g oidc-provider@9` beside',
  })
  const { stdout, stderr } =
    shell(`claimgate init --issuer https://id.invalid --upstream http://127.0.0.1:5000 \\
    --url https://wiki.example.com -o - > claimgate.yaml && claimgate check && claimgate lint --fail-on note`)
  t.match(stderr, '\n  claimgate check\n  claimgate serve\n')
  t.match(stdout, 'claimgate.yaml is fine')
  t.match(stdout, 'nothing found')
  t.match(shell('eval "$(claimgate completion bash)"; complete -p claimgate'), {
    status: 0,
    stdout: 'complete -o default -F _claimgate claimgate\n',
  })
})

t.test('a link of a project is named by its path', async (t) => {
  const { stderr } = spawnSync(join(folder, 'node_modules', '.bin', 'claimgate'), ['serve'], {
    cwd: folder,
    env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` },
    encoding: 'utf8',
  })
  t.match(stderr, 'To write a first one: node_modules/.bin/claimgate init --help\n')
})

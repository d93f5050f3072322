// The unit of config/examples/systemd/, by systemd's own eyes. There is no systemd to run it here: what its ExecStart
// names is run with the variables and files that the unit gives it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../support/examples.ts'
import { freePort } from '../support/ports.ts'
import { spawnProcess } from '../support/process.ts'

const text = readFileSync(join(root, 'config/examples/systemd/claimgate.service'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'claimgate-unit-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const unit = join(folder, 'claimgate.service')
// systemd looks whether it may be run; `npm install -g` makes it so.
const installed = join(folder, 'claimgate')
writeFileSync(installed, '#!/usr/bin/env node\n', { mode: 0o755 })
writeFileSync(unit, text.replaceAll('/usr/local/bin/claimgate', installed))

const analyze = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
  return { status, said: stdout + stderr }
}

t.test('systemd-analyze verify has nothing to say about it', async (t) => {
  const { status, said } = analyze('verify', '--man=no', '--recursive-errors=no', unit)
  t.equal(status, 0)
  t.notMatch(said, 'claimgate.service')
})

t.test('systemd-analyze verify would say so: a misspelt key is found', async (t) => {
  const wrong = join(folder, 'wrong.service')
  writeFileSync(wrong, readFileSync(unit, 'utf8').replace('ProtectHome=', 'ProtectHomes='))
  t.match(analyze('verify', '--man=no', '--recursive-errors=no', wrong).said, /ProtectHomes/)
})

t.test('systemd-analyze security finds little that it may do: at most 1.5 of 10', async (t) => {
  const { status, said } = analyze('security', '--offline=yes', '--threshold=15', '--no-pager', unit)
  t.equal(status, 0, said)
})

t.test('what it starts serves with the variables and secrets that it names', async (t) => {
  const value = (key: string): readonly string[] =>
    [...text.matchAll(new RegExp(`^${key}=(.+)$`, 'gm'))].map(([, found = '']) => found)
  const etc = join(folder, 'etc')
  const credentials = join(folder, 'credentials')
  for (const path of [etc, credentials, join(folder, 'state')]) mkdirSync(path, { mode: 0o700 })
  for (const line of value('LoadCredential')) {
    const [name = ''] = line.split(':')
    writeFileSync(join(credentials, name), `${name}/aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW\n`, { mode: 0o400 })
  }
  const inFolder = (words: string): string =>
    words
      .replaceAll('/etc/claimgate', etc)
      .replaceAll('/var/lib/claimgate', join(folder, 'state'))
      .replaceAll('/run/credentials/claimgate.service', credentials)
  const secrets = [...text.matchAll(/^# {3}(\w+_secret: ".+")$/gm)].map(([, line = '']) => inFolder(line))
  t.equal(secrets.length, 2, 'the lines for claimgate.yaml')
  const port = await freePort()
  writeFileSync(
    join(etc, 'claimgate.yaml'),
    `listen: 127.0.0.1:${port}
admin: false
providers:
  acme:
    issuer: http://localhost:9
    client_id: wiki
    ${secrets[0]}
apps:
  wiki:
    url: http://localhost:${port}
    upstream: http://127.0.0.1:9
    ${secrets[1]}
    require: signed_in
`,
  )
  const [command = '', ...args] = inFolder(value('ExecStart')[0] ?? '').split(' ')
  t.equal(command, '/usr/local/bin/claimgate')
  const env = Object.fromEntries(
    inFolder(value('Environment').join(' '))
      .split(' ')
      .map((pair) => pair.split('=')),
  )
  const running = spawnProcess(args, { env })
  t.teardown(() => running.stop())
  await running.logged(({ event }) => event === 'gateway.started')
  t.equal((await fetch(`http://127.0.0.1:${port}/.auth/health`)).status, 200)
  running.signal('SIGHUP')
  await running.logged(({ event }) => event === 'config.unchanged')
  t.equal((await running.stop()).code, 0)
  t.notMatch(running.stderr(), /everyone|everybody/, 'no secret that all may read')
})

import { createHmac } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { command } from '../../src/commands/subject.ts'
import { loadGateway } from '../../src/config/load.ts'
import { createLog } from '../../src/http/operations/log.ts'
import { openRuntime } from '../../src/runtime/open.ts'
import { runIn } from './run.ts'

const key = '0123456789abcdef0123456789abcdef'

const file = (log: string, session = ''): string => `
log: { ${log} }
session: { ${session} }
providers:
  acme: { issuer: https://acme.example.com, client_id: id, client_secret: a-client-secret }
  partner: { issuer: https://partner.example.com, client_id: id, client_secret: a-client-secret, user_id_prefix: "partner:" }
apps:
  wiki: { url: https://wiki.example.com, upstream: http://127.0.0.1:5000, provider: [acme, partner], require: signed_in }
`

const hashOf = (user: string, by = key) =>
  createHmac('sha256', by).update(user).digest('base64url').slice(0, 16)

function setUp(t: Test, log = `subject_key: ${key}`, session?: string) {
  const folder = t.testdir({ 'claimgate.yaml': file(log, session) })
  return { folder, run: (...args: string[]) => runIn(command, args, { cwd: folder }) }
}

t.test('it prints what the log calls a person', async (t) => {
  const { run } = setUp(t)
  t.match(await run('alice'), { code: 0, stdout: `${hashOf('alice')}\n`, stderr: '' })
  t.match(await run('alice', '--provider', 'acme'), { code: 0, stdout: `${hashOf('alice')}\n` })
  t.match(await run('bob', '--provider', 'partner'), { code: 0, stdout: `${hashOf('partner:bob')}\n` })
  t.match(await run('partner:bob'), { code: 0, stdout: `${hashOf('partner:bob')}\n` })
  t.same(JSON.parse((await run('bob', '--provider', 'partner', '--json')).stdout), {
    user: 'partner:bob',
    subject: hashOf('partner:bob'),
    form: 'hash',
  })
})

t.test('it is what the gateway writes, with a key that the gateway keeps', async (t) => {
  const { folder, run } = setUp(t, '', '')
  t.match(await run('alice'), { code: 1, stderr: /no log.subject_key in .*: has a gateway run/ })
  t.same(readdirSync(folder), ['claimgate.yaml'], 'and asking makes nothing')
  const loaded = loadGateway(join(folder, 'claimgate.yaml'), {})
  if (!loaded.ok) throw new Error('the file is right')
  const { gateway } = loaded
  const runtime = openRuntime(gateway, { env: {}, onProviderEvent: () => {}, onStoreFault: () => {} })
  t.teardown(async () => {
    runtime.sessions.close()
    await runtime.store.close()
  })
  const lines: string[] = []
  const log = createLog(gateway.log, runtime.logKey, { write: (line) => void lines.push(line) })
  log.event('info', 'login.completed', { subject: 'alice' })
  const { subject } = JSON.parse(lines[0] ?? '')
  t.match(await run('alice'), { code: 0, stdout: `${subject}\n` })
})

t.test('with plain it is the id, which says nothing to the terminal; with off there is none', async (t) => {
  const plain = setUp(t, 'subject: plain')
  t.match(await plain.run('alice'), { code: 0, stdout: 'alice\n' })
  t.match(await plain.run('a\u001b[2J'), { code: 0, stdout: 'a\\u{1b}[2J\n' })
  t.match(await plain.run('alice', '--json'), { stdout: /"form":"plain"/ })
  const off = setUp(t, 'subject: "off"')
  t.match(await off.run('alice'), {
    code: 1,
    stdout: '',
    stderr: /no line names anybody: .*`log.subject: off`/,
  })
})

t.test('where the key is in the running gateway alone it says so', async (t) => {
  const { run } = setUp(t, '', 'store: memory')
  t.match(await run('alice'), {
    code: 1,
    stdout: '',
    stderr: /running gateway alone: write `log.subject_key`/,
  })
})

t.test('what the name hangs on is never made up, and nothing else is asked for', async (t) => {
  const byKey = setUp(t, `subject_key: "\${env:LOG_KEY}"`)
  t.match(await byKey.run('alice'), { code: 2, stderr: /LOG_KEY is not set/ })
  const bySecret = setUp(t, '', `store: memory, secret: "\${env:SESSION}"`)
  t.match(await bySecret.run('alice'), { code: 2, stderr: /SESSION is not set/ })
  const byCookies = setUp(t, '', `store: cookie, secret: "\${env:SESSION}"`)
  t.match(await byCookies.run('alice'), { code: 2, stderr: /SESSION is not set/ })
  const neither = setUp(t, `subject_key: ${key}`, `store: memory, secret: "\${env:SESSION}"`)
  t.match(await neither.run('alice'), { code: 0, stdout: `${hashOf('alice')}\n` })
})

t.test('a prefix is not put in front twice', async (t) => {
  const { run } = setUp(t)
  const { code, stdout, stderr } = await run('partner:bob', '--provider', 'partner')
  t.same([code, stdout], [2, ''])
  t.match(stderr, /partner:bob begins with the prefix of partner already: leave --provider out/)
})

t.test('wrong usage is 2', async (t) => {
  const { run } = setUp(t)
  for (const args of [
    [],
    [''],
    ['alice', 'bob'],
    ['alice', '--provider', 'x'],
    ['alice', '-c', 'none.yaml'],
  ]) {
    const { code, stdout, stderr } = await run(...args)
    t.same([code, stdout], [2, ''], args.join(' '))
    t.not(stderr, '')
  }
  t.match(await run('--help'), { code: 0, stdout: /^Usage: claimgate subject USER/ })
})

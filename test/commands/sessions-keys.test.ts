// `claimgate sessions revoke --user` and the API keys of that person.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { command } from '../../src/commands/sessions.ts'
import { decodeCommandRecord } from '../../src/core/command-record.ts'
import { openStore } from '../../src/store/open.ts'
import { keyOf, personKeyOf } from '../core/keys/keys.ts'
import { sessionOf } from '../store/contract.ts'
import { openKeys } from '../store/keys/sqlite-key-store.ts'
import { storeContext } from '../support/store-context.ts'
import { runIn } from './run.ts'

const now = 1_900_000_000

const file = (apiKeys = 'api_keys: { store: sqlite }') => `
data: ./data
session: { store: sqlite, secret: a-session-secret-of-more-than-thirty-two-bytes }
log: { subject_key: a-key-of-the-log-of-more-than-thirty-two-bytes }
${apiKeys}
providers:
  acme: { issuer: https://acme.example.com, client_id: id, client_secret: a-client-secret }
apps:
  wiki: { url: https://wiki.example.com, upstream: http://127.0.0.1:5000, require: signed_in }
`

const living = { ofPerson: null, now }

async function setUp(t: Test) {
  const folder = t.testdir({ 'claimgate.yaml': file(), 'none.yaml': file('') })
  const sessions = openStore({ store: { kind: 'sqlite' } }, join(folder, 'data'), storeContext())
  t.teardown(() => sessions.close())
  const keys = openKeys(t, join(folder, 'data'))
  for (const id of ['one', 'two']) await keys.create(personKeyOf(id), living)
  await keys.create(personKeyOf('over', { expiresAt: now - 1 }), living)
  await keys.create(personKeyOf('gone', { revokedAt: now - 1 }), living)
  await keys.create(personKeyOf('asleep', { asleep: true }), living)
  const bob = { kind: 'person', issuer: 'https://acme.example.com', clientId: 'id', user: 'bob' } as const
  await keys.create(personKeyOf('bob', { owner: bob }), living)
  await keys.create(
    personKeyOf('other', { owner: { ...bob, user: 'alice', issuer: 'https://other.example.com' } }),
    living,
  )
  await keys.create(keyOf('operator', { owner: { kind: 'operator', user: 'alice' } }), living)
  await sessions.save(sessionOf('a'.padEnd(64, '0'), { signedInAt: now, lastSeenAt: now }), now + 3600)
  const run = (...args: string[]) => runIn(command, ['revoke', ...args], { cwd: folder, now: () => now })
  const asleep = async () =>
    (await keys.list({ after: null, most: 100 })).keys
      .filter((one) => one.asleep)
      .map(({ id }) => id.replace(/0+$/, ''))
      .sort()
  return { folder, sessions, keys, run, asleep }
}

t.test('the keys of the person sleep with the sessions, and the log is told how many', async (t) => {
  const { run, asleep, sessions } = await setUp(t)
  const { code, stdout } = await run('--user', 'alice', '--provider', 'acme')
  t.equal(code, 0)
  t.match(stdout, /^Revoked 1 session\.\nPut 2 API keys to sleep\.\nWhoever is still signed in/)
  const slept = await asleep()
  for (const id of ['one', 'two', 'asleep']) t.ok(slept.includes(id), id)
  for (const id of ['bob', 'operator', 'other']) t.notOk(slept.includes(id), id)
  t.match((await sessions.commands.take()).map(decodeCommandRecord), [{ which: 'user', revoked: 1, keys: 2 }])
})

t.test('without a provider those of everybody who is called so', async (t) => {
  const { run, asleep } = await setUp(t)
  t.match((await run('--user', 'alice', '--json')).stdout, '{"revoked":1,"keys_asleep":3}')
  t.ok((await asleep()).includes('other'))
  t.notOk((await asleep()).includes('operator'), 'an operator’s key of that name is nobody’s own')
})

t.test('a person without a session has keys all the same', async (t) => {
  const { run, asleep } = await setUp(t)
  t.match(await run('--user', 'bob'), { code: 0, stdout: 'Revoked 0 sessions.\nPut 1 API key to sleep.\n' })
  t.ok((await asleep()).includes('bob'))
  t.match(await run('--user', 'bob'), { code: 1, stderr: /no session of bob/ }, 'once they sleep')
})

t.test('--keep-keys and other revocations leave them awake', async (t) => {
  const { run, asleep, keys } = await setUp(t)
  t.match(await run('--user', 'bob', '--keep-keys'), { code: 1 })
  t.match((await run('--user', 'alice', '--keep-keys')).stdout, /^Revoked 1 session\.\nWhoever/)
  await run('--all')
  await run('--provider', 'acme')
  t.same(await asleep(), ['asleep'])
  t.ok(keys)
})

t.test('--dry-run tells how many, and changes nothing', async (t) => {
  const { run, asleep } = await setUp(t)
  t.match(
    (await run('--user', 'alice', '--dry-run')).stdout,
    /^Would revoke 1 session, and put 3 API keys to sleep; nothing was changed\.\n/,
  )
  t.match(JSON.parse((await run('--user', 'bob', '--dry-run', '--json')).stdout), {
    would_revoke: 0,
    would_sleep: 1,
    sessions: [],
  })
  t.match(
    (await run('--user', 'alice', '--dry-run', '--keep-keys')).stdout,
    /^Would revoke 1 session; nothing/,
  )
  t.same(await asleep(), ['asleep'])
})

t.test('a configuration without keys has none to put to sleep', async (t) => {
  const { run, asleep } = await setUp(t)
  t.match((await run('--user', 'alice', '-c', 'none.yaml', '--json')).stdout, '{"revoked":1}\n')
  t.same(await asleep(), ['asleep'])
})

t.test('keys that cannot be reached are told, though the sessions ended', async (t) => {
  const { run, folder, keys } = await setUp(t)
  await keys.close()
  writeFileSync(join(folder, 'data', 'keys.db'), 'no database at all'.repeat(100))
  const { code, stdout, stderr } = await run('--user', 'alice')
  t.equal(code, 1)
  t.match(stdout, /^Revoked 1 session\.\n/)
  t.match(stderr, /that is done, but keys of that person may be awake: /)
})

for (const kind of ['memory', 'cookie'])
  t.test(`the keys sleep though no command reaches the sessions: ${kind}`, async (t) => {
    const { run, folder, asleep } = await setUp(t)
    writeFileSync(join(folder, 'other.yaml'), file().replace('store: sqlite,', `store: ${kind},`))
    const revoke = (...args: string[]) => run('--user', 'alice', '-c', 'other.yaml', ...args)
    t.match(await revoke('--dry-run'), {
      code: 2,
      stdout: 'Would put 3 API keys to sleep; nothing was changed.\n',
    })
    t.match(await revoke('--keep-keys'), { code: 2, stdout: '', stderr: new RegExp(`store: ${kind}`) })
    t.match(await revoke('--provider', 'acmee'), { code: 2, stdout: '', stderr: /no provider acmee/ })
    t.same(await asleep(), ['asleep'])
    const { code, stdout, stderr } = await revoke()
    t.equal(stdout, 'Put 3 API keys to sleep.\n')
    t.match({ code, stderr }, { code: 1, stderr: /that is done, but with `session\.store: / })
    t.match(stderr, /a session that goes on may wake them again/)
    t.equal((await asleep()).includes('one'), true)
    t.match(await revoke('--json'), { code: 2, stdout: '' }, 'once they sleep')
  })

t.test('the keys sleep though there is no file of sessions any more', async (t) => {
  const { run, folder, sessions, asleep } = await setUp(t)
  await sessions.close()
  rmSync(join(folder, 'data', 'sessions.db'))
  const { code, stdout, stderr } = await run('--user', 'alice', '--json')
  t.match({ code, stderr }, { code: 1, stderr: /that is done, but there is no sessions\.db/ })
  t.same(JSON.parse(stdout), { revoked: 0, keys_asleep: 3 })
  t.ok((await asleep()).includes('one'))
})

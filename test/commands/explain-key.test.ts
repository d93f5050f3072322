// `claimgate explain --key`: of a key in the store, as it is kept at this moment. Its secret is asked for nowhere.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { command } from '../../src/commands/explain.ts'
import { command as keys } from '../../src/commands/keys.ts'
import { command as what } from '../../src/commands/what.ts'
import { openKeys } from '../store/keys/sqlite-key-store.ts'
import { runIn } from './run.ts'

const now = 1_900_000_000
const file = `
data: ./data
api_keys: { store: sqlite }
apps:
  api:
    url: https://api.example.com
    upstream: http://127.0.0.1:5000
    shared_secret: a-secret-of-the-app-of-more-than-thirty-two-bytes
    credentials: [api_key]
    identity_headers: { X-User: user, X-Key: key_id }
    require: { plan: [free, paid] }
    locations:
      - { path: /gold, require: { plan: gold } }
  files: { url: "https://files.example.com", upstream: "http://127.0.0.1:5001", credentials: [api_key], require: signed_in }
`
const api = 'https://api.example.com/v1'

function setUp(t: Test) {
  const cwd = t.testdir({ 'claimgate.yaml': file })
  openKeys(t, join(cwd, 'data'))
  const make = async (...args: string[]): Promise<{ readonly id: string; readonly secret: string }> => {
    const named = ['create', '--name', 'Acme', '--user', 'acme', '--claims', 'plan=paid', '--json']
    const { stdout, stderr } = await runIn(keys, [...named, '--expires', '1h', ...args], {
      cwd,
      now: () => now,
    })
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout)
  }
  const ask = async (id: string, at: number, ...args: string[]) => {
    const told = await runIn(command, ['--key', id, '--json', ...args], { cwd, now: () => at })
    return told.stdout === '' ? told.stderr : JSON.parse(told.stdout)
  }
  return { cwd, make, ask }
}

t.test('a key of the store is judged by its claims, at the locations that accept keys', async (t) => {
  const { make, ask, cwd } = setUp(t)
  const { id, secret } = await make()
  const told = await ask(id, now, '--url', api)
  t.match(told, {
    outcome: 'allowed',
    reason: 'rule-met',
    counts: 'api_key',
    request: { provider: 'api_keys', credential: 'api_key', key: id.replace('cg_', '') },
    upstream_headers: [...told.upstream_headers.slice(0, -2), { name: 'X-User', value: 'key:acme' }],
  })
  t.match(await ask(id.replace('cg_', ''), now, '--url', api), { outcome: 'allowed' }, 'by the id alone too')
  t.match(await ask(id, now, '--url', 'https://api.example.com/gold'), {
    outcome: 'denied',
    reason: 'rule-not-met',
  })
  const { stdout } = await runIn(command, ['--key', id, '--url', api], { cwd, now: () => now })
  t.match(stdout, /by the API key \w{16} of api_keys/)
  t.notMatch(stdout, secret)
})

t.test('what a key is restricted to, its end and its revocation are told as they stand', async (t) => {
  const { make, ask, cwd } = setUp(t)
  const { id } = await make('--apps', 'api', '--methods', 'GET', '--from', '10.0.0.0/8')
  const from = ['--client-ip', '10.1.2.3', '--url']
  t.match(await ask(id, now, ...from, api), { outcome: 'allowed' })
  t.match(await ask(id, now, ...from, api, '--method', 'POST'), {
    outcome: 'denied',
    reason: 'key-restricted',
  })
  t.match(await ask(id, now, '--client-ip', '192.0.2.1', '--url', api), { reason: 'key-restricted' })
  t.match(await ask(id, now, ...from, 'https://files.example.com/'), { reason: 'key-not-for-app' })
  t.match(await ask(id, now + 3600, ...from, api), { reason: 'key-over' })
  await runIn(keys, ['revoke', id], { cwd, now: () => now })
  t.match(await ask(id, now, ...from, api), { reason: 'key-revoked' })
})

t.test('a restricted key without an address says what is missing to be told', async (t) => {
  const { make, ask, cwd } = setUp(t)
  const { id } = await make('--from', '10.0.0.0/8')
  const told = await ask(id, now, '--url', api)
  t.equal(told.reason, 'key-restricted')
  t.strictSame(told.notes, ['No --client-ip was given: no condition on the address can be met.'])
  const { stdout } = await runIn(what, ['--key', id], { cwd, now: () => now })
  t.match(stdout, /note: No --client-ip was given/)
  const { id: free } = await make()
  t.notMatch((await runIn(what, ['--key', free], { cwd, now: () => now })).stdout, /--client-ip/)
})

t.test('a key that nobody made is told, a whole key is refused unread, and no store is made', async (t) => {
  const { make, ask } = setUp(t)
  const { id, secret } = await make()
  t.match(await ask('Ab3dEf6hIj9lMn2p', now, '--url', api), /there is no key with the id Ab3dEf6hIj9lMn2p/)
  const whole = await ask(`${id}_${secret}_aaaaaa`, now, '--url', api)
  t.match(whole, /takes the id alone/)
  t.notMatch(whole, secret)
  const cwd = t.testdir({ 'claimgate.yaml': file })
  const told = await runIn(command, ['--key', id, '--url', api], { cwd, now: () => now })
  t.equal(told.code, 2)
  t.notOk(existsSync(join(cwd, 'data', 'keys.db')))
})

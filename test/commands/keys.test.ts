// `claimgate keys`: on the store, whether a gateway runs or not.
import { rmSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { command } from '../../src/commands/keys.ts'
import { decodeKeyCommandRecord } from '../../src/core/key-command-record.ts'
import { decodeApiKey } from '../../src/core/keys/api-key-record.ts'
import { parseKey } from '../../src/core/keys/key-form.ts'
import { hashKeySecret } from '../../src/core/keys/key-secret.ts'
import { openStore } from '../../src/store/open.ts'
import { sessionOf } from '../store/contract.ts'
import { openKeys } from '../store/keys/sqlite-key-store.ts'
import { storeContext } from '../support/store-context.ts'
import { runIn } from './run.ts'

const now = 1_900_000_000

const file = (store = 'sqlite', apiKeys = selfService): string => `
data: ./data
session: { store: ${store}, secret: a-session-secret-of-more-than-thirty-two-bytes }
providers:
  acme: { issuer: https://acme.example.com, client_id: id, client_secret: a-client-secret }
apps:
  wiki: { url: https://wiki.example.com, upstream: http://127.0.0.1:5000, require: signed_in }
  api: { url: https://api.example.com/v1, upstream: http://127.0.0.1:5001, require: signed_in }
${apiKeys}`

const selfService = `
api_keys:
  self_service: { at: "https://wiki.example.com", require: signed_in, claims: [plan], max_keys: 5, lifetime: 365d }
`

/** A folder with a configuration and both stores, as a gateway leaves or holds them. */
function setUp(t: Test) {
  const folder = t.testdir({
    'claimgate.yaml': file(),
    'memory.yaml': file('memory', selfService.replace('api_keys:', 'api_keys:\n  store: sqlite')),
    'none.yaml': file('sqlite', ''),
  })
  const sessions = openStore({ store: { kind: 'sqlite' } }, join(folder, 'data'), storeContext())
  t.teardown(() => sessions.close())
  const keys = openKeys(t, join(folder, 'data'))
  const run = (...args: string[]) => runIn(command, args, { cwd: folder, now: () => now })
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args, '--json')
    return { code, stderr, out: stdout === '' ? null : JSON.parse(stdout) }
  }
  const records = async () => (await sessions.commands.take()).map(decodeKeyCommandRecord)
  return { folder, sessions, keys, run, json, records }
}

const shop = ['create', '--name', 'shop', '--user', 'shop', '--expires', '365d']

t.test('a key is made while the gateway holds the store, and its secret is shown once', async (t) => {
  const { run, keys, records } = setUp(t)
  const { code, stdout } = await run(
    ...shop,
    '--claims',
    'plan=paid',
    '--apps',
    'api',
    '--methods',
    'GET,POST',
    '--from',
    '10.0.0.0/8',
  )
  t.equal(code, 0)
  const [, whole = ''] = /^ {2}(cg_\S+)$/m.exec(stdout) ?? []
  const parsed = parseKey(whole, ['cg'])
  if (parsed === null || parsed === 'malformed') throw new Error(stdout)
  const id = `cg_${parsed.id}`
  t.equal(
    stdout,
    `Made the key ${id}.

Its secret is shown this once. As one text, or as key and secret:

  ${whole}

  key     ${id}
  secret  ${parsed.secret}

  curl -H 'Authorization: Bearer ${whole}' https://api.example.com/v1/
  curl -u ${id}:${parsed.secret} https://api.example.com/v1/
`,
  )
  t.match(await keys.load(parsed.id), {
    name: 'shop',
    owner: { kind: 'operator', user: 'shop' },
    claims: { plan: 'paid' },
    secrets: [{ hash: hashKeySecret(parsed.secret), until: null }],
    ...{ apps: ['api'], methods: ['GET', 'POST'], from: ['10.0.0.0/8'], expiresAt: now + 365 * 86_400 },
  })
  const left = await records()
  t.same(left, [
    {
      event: 'key.created',
      at: now,
      operator: userInfo().username,
      machine: hostname(),
      key: parsed.id,
      name: 'shop',
      user: 'key:shop',
    },
  ])
  t.notMatch(JSON.stringify(left), parsed.secret)
})

t.test('JSON of a key is what programs are told at /keys', async (t) => {
  const { json, keys } = setUp(t)
  const { code, out, stderr } = await json(...shop)
  t.equal(code, 0)
  const { id, secret, api_key, ...facts } = out
  t.equal(api_key.startsWith(`${id}_${secret}_`), true)
  t.match(facts, {
    name: 'shop',
    user: 'key:shop',
    provider: 'api_keys',
    state: 'active',
    expires_at: now + 365 * 86_400,
  })
  t.match(stderr, /no location lists `api_key` in `credentials` yet: it opens nothing/)
  t.equal((await keys.list({ after: null, most: 10 })).keys.length, 1)
})

t.test('claims of a file, and beside it', async (t) => {
  const { json, folder } = setUp(t)
  const claims = (text: string) => writeFileSync(join(folder, 'claims.json'), text)
  claims('{"groups": ["a", "b"], "seats": 3}')
  t.match((await json(...shop, '--claims', 'claims.json', '--claims', 'plan=a=b')).out, {
    claims: { groups: ['a', 'b'], seats: 3, plan: 'a=b' },
  })
  t.match((await json(...shop, '--claims', 'seats=3')).out, { claims: { seats: '3' } }, 'a text')
  const wrong = async (...options: string[]) => {
    const { code, stderr } = await json(...shop, ...options)
    t.equal(code, 2)
    return stderr
  }
  t.match(
    await wrong('--claims', 'claims.json', '--claims', 'seats=3'),
    /--claims: seats is said twice; a list stands in a file/,
  )
  t.match(await wrong('--claims', 'plan='), /--claims: expected a file or NAME=TEXT/)
  t.match(await wrong('--claims', '__proto__=x'), /"__proto__" is never looked up/)
  t.match(await wrong('--claims', 'none.json'), /the file none\.json cannot be read \(ENOENT\)/)
  for (const [text, why] of [
    ['[]', /holds no JSON object/],
    ['{', /holds no JSON object/],
    ['{"a":1,"a":2}', /names a twice/],
    ['{"a":{"__proto__":1}}', /"__proto__" is never looked up/],
    ['{"a":9007199254740993}', /beyond 2\^53-1/],
  ] as const) {
    claims(text)
    t.match(await wrong('--claims', 'claims.json'), why, text)
  }
})

t.test('wrong usage is told, with what would be right', async (t) => {
  const { run } = setUp(t)
  const cases: readonly [readonly string[], RegExp][] = [
    [[], /say one of create, list, revoke, rotate, change, usage, reseal/],
    [['craete'], /there is no `keys craete`; did you mean create\?/],
    [['create', '--nmae', 'a'], /there is no option --nmae; did you mean --name\?/],
    [['create', 'shop'], /`keys create` takes options alone, and shop stands beside them/],
    [['create'], /--name is missing.*\n.*--user is missing.*\n.*--expires is missing/],
    [
      [...shop, '--apps', 'wikki'],
      /--apps there is no app "wikki" in the configuration; did you mean wiki\?/,
    ],
    [[...shop, '--from', '10.0.0.1/8'], /--from .*did you mean 10\.0\.0\.0\/8\?/],
    [[...shop, '--methods', 'get'], /--methods "get" is no method.*write GET/],
    [[...shop, '--overlap', '7d'], /`keys create` takes no --overlap/],
    [[...shop, '--origins', 'http://shop.example'], /--origins "http:\/\/shop\.example" is no https origin/],
    [
      [...shop, '--origins', 'https://wiki.example.com'],
      /--origins "https:\/\/wiki\.example\.com" is the origin of an app/,
    ],
    [['change', 'cg_a'], /say --origins: those that it is to have, or none/],
    [['change', '--origins', 'none'], /say which key/],
    [['change', 'cg_a', '--from', '10.0.0.0/8', '--origins', 'none'], /`keys change` takes no --from/],
    [[...shop, '--person', 'alice'], /--person stands beside user/],
    [
      ['create', '--name', 'a', '--person', 'alice', '--provider', 'acmee'],
      /--provider nobody signs in with "acmee"/,
    ],
    [['create', '--name', 'a', '--person', 'alice', '--print'], /--print writes keys of --user/],
    [['list', 'x'], /`keys list` takes options alone/],
    [['list', '--name', 'x'], /`keys list` takes no --name/],
    [['revoke'], /say which keys/],
    [['revoke', 'cg_a_b_c'], /that is a whole key with its secret/],
    [['rotate', 'cg_a'], /say --overlap/],
    [['rotate', '--overlap', '7d'], /say which key/],
    [['rotate', 'a', 'b', '--overlap', '7d'], /say which key: one id/],
    [['rotate', 'cg_a', '--overlap', '7'], /--overlap expected how long/],
    [['usage', 'a', 'b'], /takes one id, or none/],
    [['reseal', 'a'], /takes options alone/],
    [['list', '-c', 'none.yaml'], /the configuration has no `api_keys`/],
  ]
  for (const [args, said] of cases) {
    const { code, stdout, stderr } = await run(...args)
    t.match({ code, stdout, stderr }, { code: 2, stdout: '', stderr: said }, args.join(' '))
  }
  for (const args of [['revoke'], ['create'], ['list'], []])
    t.notMatch((await run(...args, 'cg_a_secret_c')).stderr, /secret_c/, args.join())
})

t.test('keys are listed, of everybody or of one user', async (t) => {
  const { run, json } = setUp(t)
  t.match(await run('list'), { code: 0, stdout: 'No keys.\n' })
  await run(...shop)
  await run('create', '--name', 'other', '--user', 'other', '--expires', 'never')
  const { stdout } = await run('list')
  const [heading, ...lines] = stdout.trimEnd().split('\n')
  t.match(heading, /^ID +NAME +USER +PROVIDER +STATE +MADE +ENDS +FALLS ASLEEP$/)
  t.match(lines, [
    /^cg_\w{16} +other +key:other +api_keys +active +2030-03-17T17:46:40Z +never +-$/,
    /^cg_\w{16} +shop +key:shop .* 2031-03-17T17:46:40Z +-$/,
  ])
  t.match((await json('list', '--user', 'key:shop')).out, [{ name: 'shop' }])
  t.match((await json('list', '--user', 'shop')).out, [{ name: 'shop' }])
  t.same((await json('list', '--user', 'nobody')).out, [])
})

t.test('a person’s key falls asleep, and the list says when', async (t) => {
  const { run, json, sessions } = setUp(t)
  const phone = ['create', '--name', 'phone', '--person', 'alice']
  t.match(await run(...phone), { code: 1, stderr: /--person alice is not signed in/ })
  const times = { signedInAt: now - 60, lastSeenAt: now - 60, checkedAt: now - 60 }
  await sessions.save(
    sessionOf('a'.padEnd(64, '0'), { claims: { sub: 'alice', plan: 'paid' }, ...times }),
    now + 3600,
  )
  t.match((await json(...phone)).out, {
    user: 'alice',
    provider: 'acme',
    claims: { plan: 'paid' },
    sleeps_at: now - 60 + 30 * 86_400,
  })
  t.match((await run('list')).stdout, / alice +acme +active .* 2030-04-16T17:45:40Z$/m)
  t.match(await run(...phone, '-c', 'memory.yaml'), { code: 1, stderr: /--person cannot be looked up/ })
})

t.test('all ids are revoked or none', async (t) => {
  const { run, json, keys, records } = setUp(t)
  const [one, two] = [(await json(...shop)).out.id, (await json(...shop)).out.id]
  await records()
  t.match(await run('revoke', one, 'cg_0000000000000000'), {
    code: 1,
    stdout: '',
    stderr: /there is no key cg_0000000000000000; `keys list` shows them\n.*nothing was revoked/,
  })
  t.match((await json('list')).out, [{ state: 'active' }, { state: 'active' }])
  t.match(await run('revoke', one, two.slice(3), two), { code: 0, stdout: 'Revoked 2 keys.\n' })
  t.match(await keys.load(one.slice(3)), { revokedAt: now })
  t.match(await records(), [{ event: 'key.revoked', user: 'key:shop' }, { event: 'key.revoked' }])
  t.match(await json('revoke', one), { code: 0, out: { revoked: 0 } })
  t.match(await run('revoke', one), { stdout: 'Revoked 0 keys. 1 key had been revoked before.\n' })
  t.same(await records(), [], 'nothing was done')
})

t.test('a rotation gives a new secret', async (t) => {
  const { run, json, keys, records } = setUp(t)
  const { id, secret } = (await json(...shop)).out
  await records()
  const { code, stdout } = await run('rotate', id, '--overlap', '7d')
  t.equal(code, 0)
  t.match(
    stdout,
    `Gave the key ${id} a new secret. The secret before opens for 7d more.\n\nIts secret is shown this once`,
  )
  t.match((await keys.load(id.slice(3)))?.secrets, [
    { until: null },
    { hash: hashKeySecret(secret), until: now + 7 * 86_400 },
  ])
  t.match((await run('rotate', id, '--overlap', '0s')).stdout, /The secret before opens nothing any more\./)
  t.equal((await keys.load(id.slice(3)))?.secrets.length, 1)
  t.match(await records(), [{ event: 'key.rotated', key: id.slice(3) }, { event: 'key.rotated' }])
  await run('revoke', id)
  t.match(await run('rotate', id, '--overlap', '7d'), {
    code: 1,
    stderr: /is of a key that was revoked: make a new one/,
  })
  t.match(await run('rotate', 'cg_0000000000000000', '--overlap', '7d'), {
    code: 1,
    stderr: /there is no key/,
  })
})

t.test('origins of a key are said when it is made, and changed afterwards', async (t) => {
  const { run, json, keys, records } = setUp(t)
  const { id, origins } = (await json(...shop, '--origins', 'https://a.example,https://b.example')).out
  t.same(origins, ['https://a.example', 'https://b.example'])
  await records()
  t.match(await run('change', id, '--origins', 'https://c.example'), {
    code: 0,
    stdout: `The key ${id} has the origins https://c.example now.\n`,
  })
  t.same((await keys.load(id.slice(3)))?.origins, ['https://c.example'])
  t.match(await records(), [{ event: 'key.changed', key: id.slice(3) }])
  t.match(await run('change', id, '--origins', 'https://wiki.example.com'), {
    code: 1,
    stderr: /--origins "https:\/\/wiki\.example\.com" is the origin of an app/,
  })
  t.match((await json('change', id, '--origins', 'none')).out, { id, origins: [] })
  t.match((await run('change', id, '--origins', 'none')).stdout, `The key ${id} has no origins now.\n`)
  await run('revoke', id)
  t.match(await run('change', id, '--origins', 'https://a.example'), {
    code: 1,
    stderr: /are of a key that was revoked/,
  })
})

t.test('usage of one key by days, and of all', async (t) => {
  const { run, json, keys } = setUp(t)
  const { id } = (await json(...shop)).out
  t.match(await run('usage', id), { code: 0, stdout: `${id} was never used.\n` })
  const last = { at: now, network: '10.0.0.1' }
  const day = (count: number, date: string) => ({ id: id.slice(3), day: date, count, last })
  await keys.countUses([
    day(1, '2030-02-01'),
    day(2, '2030-02-20'),
    day(4, '2030-03-11'),
    day(8, '2030-03-17'),
  ])
  t.match(
    (await run('usage', id)).stdout,
    /^Last used 2030-03-17T17:46:40Z from 10\.0\.0\.1\.\nDAY \(UTC\) +USES\n2030-03-17 +8\n2030-03-11 +4\n/,
  )
  t.match((await json('usage', id)).out, {
    id,
    days: [{ day: '2030-03-17', count: 8 }, {}, {}, {}],
    last_network: '10.0.0.1',
  })
  t.match(
    (await run('usage')).stdout,
    /^ID +NAME +USER +TODAY +7 DAYS +30 DAYS +LAST USED\ncg_\w{16} +shop +key:shop +8 +12 +14 +2030-03-17T17:46:40Z\n$/,
  )
  t.match((await json('usage')).out, [{ id, days: [{ count: 8 }, {}, {}, {}] }])
  t.match(await run('usage', 'cg_0000000000000000'), { code: 1, stderr: /there is no key/ })
})

t.test('--print writes for the file what is no secret, and keeps nothing', async (t) => {
  const { run, keys } = setUp(t)
  const { code, stdout, stderr } = await run(...shop, '--claims', 'plan=paid', '--methods', 'GET', '--print')
  t.equal(code, 0)
  const [, whole = ''] = /^ {2}(cg_\S+)$/m.exec(stderr) ?? []
  const parsed = parseKey(whole, ['cg'])
  if (parsed === null || parsed === 'malformed') throw new Error(stderr)
  t.match(stdout, /^\{.*\}\n$/, 'one line, as a file with keys has them')
  t.match(decodeApiKey(stdout), {
    ...{ id: parsed.id, name: 'shop', owner: { kind: 'operator', user: 'shop' }, claims: { plan: 'paid' } },
    ...{ secrets: [{ hash: hashKeySecret(parsed.secret), until: null }], methods: ['GET'] },
  })
  t.equal((await run(...shop, '--print', '--json')).stdout.split('\n').length, 2)
  t.notMatch(stdout, parsed.secret)
  t.same((await keys.list({ after: null, most: 10 })).keys, [])
})

t.test('a file seals nothing', async (t) => {
  const { run, json } = setUp(t)
  await run(...shop)
  t.match(await run('reseal'), {
    code: 0,
    stdout: '1 key in the store, 0 sealed anew. A file seals nothing.\n',
  })
  t.match((await json('reseal')).out, { records: 1, resealed: 0 })
})

t.test('a store that is not there is told, and none is made', async (t) => {
  const { run, folder, keys } = setUp(t)
  await keys.close()
  for (const name of ['keys.db', 'keys.db-wal', 'keys.db-shm'])
    rmSync(join(folder, 'data', name), { force: true })
  t.match(await run(...shop), {
    code: 1,
    stderr: /there is no keys\.db in .*: has a gateway run with this configuration\?/,
  })
  t.match(await run('list'), { code: 1 })
})

t.test('names and users speak to no terminal', async (t) => {
  const { run, sessions } = setUp(t)
  const times = { signedInAt: now - 60, lastSeenAt: now - 60, checkedAt: now - 60 }
  await sessions.save(
    sessionOf('a'.padEnd(64, '0'), { user: 'a\u202eb', claims: { sub: 'a\u202eb' }, ...times }),
    now + 3600,
  )
  t.equal((await run('create', '--name', 'x\u202ey', '--person', 'a\u202eb')).code, 0)
  t.match((await run('list')).stdout, / x\\u\{202e\}y +a\\u\{202e\}b /)
})

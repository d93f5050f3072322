import { rmSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { decodeCommandRecord } from '../../src/core/command-record.ts'
import { limits } from '../../src/core/limits/table.ts'
import type { SessionStore } from '../../src/core/ports.ts'
import { sessionOf } from '../store/contract.ts'
import { file, fill, key, name, named, now, run, setUp } from './sessions-rig.ts'

const again = 'Whoever is still signed in at the provider can sign in here again at once.\n'

/** Two sessions whose names begin alike, and no other's of `fill`. */
function alikeNamed(): readonly [string, string] {
  const taken = ['aaaa1111', 'aaaa2222', 'bbbb', 'cccc'].map((begin) => name(begin).slice(0, 4))
  const known = new Map<string, string>()
  for (let i = 0; ; i++) {
    const one = `e${i}`.padEnd(64, 'f')
    const begin = named(one).slice(0, 4)
    const other = known.get(begin)
    if (other !== undefined && !taken.includes(begin)) return [other, one]
    known.set(begin, one)
  }
}

const keysOf = async (store: SessionStore): Promise<string[]> =>
  (await store.list({})).map((one) => one.key.slice(0, 8)).sort()

const recordsOf = async (store: SessionStore) =>
  (await store.commands.take()).map((text) => decodeCommandRecord(text))

t.test('revoke takes ids by their beginning, several at once, and users', async (t) => {
  const { store, run } = await setUp(t)
  await fill(store)
  t.same(await run('revoke', name('aaaa1111').toUpperCase().slice(0, 8)), {
    exit: 0,
    out: `Revoked 1 session.\n${again}`,
    err: '',
  })
  t.same(await keysOf(store), ['aaaa2222', 'bbbb0000', 'cccc0000'])
  t.same(await run('revoke', '--user', 'partner:bob', '--json'), { exit: 0, out: '{"revoked":1}\n', err: '' })
  t.same(await run('revoke', name('aaaa2222').slice(0, 6), name('aaaa2222'), name('cccc')), {
    exit: 0,
    out: `Revoked 2 sessions.\n${again}`,
    err: '',
  })
  t.same(await keysOf(store), [])
})

t.test('a person is a user id of one provider, by whatever name it goes today', async (t) => {
  const { store, run } = await setUp(t)
  await fill(store)
  const gone = { issuer: 'https://gone.example.com', clientId: 'id', signedInAt: now - 300 }
  await store.save(sessionOf(key('dddd'), gone), now + 3600)
  const listed = (await run('list')).out.split('\n').find((line) => line.startsWith(name('dddd')))
  t.match(listed, /^[0-9a-f]{12} {2}alice +- +\(no longer\) https:\/\/gone.example.com /)
  t.match(JSON.parse((await run('list', '--user', 'alice', '--json')).out).at(-1), {
    provider: null,
    issuer: 'https://gone.example.com',
  })
  t.notMatch((await run('list', '--provider', 'acme')).out, name('dddd'))
  t.match(await run('list', '--provider', 'nobody'), {
    exit: 2,
    err: /there is no provider nobody .*: it names acme/,
  })
  t.match(await run('revoke', '--user', 'alice', '--provider', 'acme'), { out: 'Revoked 2 sessions.\n' })
  t.same(await keysOf(store), ['bbbb0000', 'cccc0000', 'dddd0000'])
  t.match(await run('revoke', '--user', 'alice'), { out: 'Revoked 1 session.\n' }, 'else of every provider')
})

t.test('revoke --all ends every session; none is fine too', async (t) => {
  const { store, run } = await setUp(t)
  await fill(store)
  t.match(await run('revoke', '--all'), { exit: 0, out: 'Revoked 4 sessions.\n' })
  t.same(await run('revoke', '--all'), { exit: 0, out: 'Revoked 0 sessions.\n', err: '' })
  t.same(await keysOf(store), [])
})

/** People with claims, of two providers, and one whose provider is gone. */
async function fillWithClaims(store: SessionStore): Promise<void> {
  const partner = { issuer: 'https://partner.example.com', clientId: 'id' }
  const people = [
    ['a1', 'alice', { groups: ['admins', 'ops'], level: 3, active: true, realm: { roles: ['a=b'] } }, {}],
    ['b1', 'bob', { groups: 'admins', level: '3', active: 'true' }, partner],
    ['c1', 'carol', { groups: ['admins2', 'Admins'], level: 30, scope: 'read write' }, {}],
    ['d1', 'dora', { groups: [{ name: 'admins' }], email: 'd@example.com', email_verified: false }, {}],
    ['e1', 'eve', {}, { issuer: 'https://gone.example.com', clientId: 'id' }],
  ] as const
  for (const [begin, user, claims, provider] of people)
    await store.save(sessionOf(key(begin), { ...provider, user, claims, signedInAt: now - 100 }), now + 3600)
}

const twoProviders = file('sqlite')
  .replace('require:', 'provider: [acme, partner], require:')
  .replace(
    '\napps:',
    '\n  partner: { issuer: https://partner.example.com, client_id: id, client_secret: "0123456789abcdef0123", user_id_prefix: "partner:" }\napps:',
  )

const usersOf = async (store: SessionStore): Promise<string[]> =>
  (await store.list({})).map(({ user }) => user).sort()

t.test('--claim means what a rule with this claim means', async (t) => {
  const table = [
    ['groups=admins', ['alice', 'bob']],
    ['groups=Admins', ['carol']],
    ['groups=admin', []],
    ['groups.name=admins', ['dora']],
    ['level=3', ['alice', 'bob']],
    ['level=03', []],
    ['active=true', ['alice', 'bob']],
    ['realm.roles=a=b', ['alice']],
    ['scope=write', ['carol']],
    ['email=d@example.com', ['dora']],
    ['toString=x', []],
  ] as const
  for (const [claim, users] of table) {
    const { store, run } = await setUp(t)
    await fillWithClaims(store)
    const listed = JSON.parse((await run('list', '--claim', claim, '--json')).out)
    t.same(listed.map(({ user }: { user: string }) => user).sort(), users, claim)
    const { exit, err } = await run('revoke', '--claim', claim)
    t.equal(exit, users.length > 0 ? 0 : 1, claim)
    if (users.length === 0) t.match(err, /no session of anybody with /)
    const left = ['alice', 'bob', 'carol', 'dora', 'eve'].filter((user) => !users.some((one) => one === user))
    t.same(await usersOf(store), left, claim)
  }
})

t.test('--provider ends all of a provider, and narrows --claim and --user', async (t) => {
  const { store, run, folder } = await setUp(t)
  await fillWithClaims(store)
  writeFileSync(join(folder, 'claimgate.yaml'), twoProviders)
  t.match(await run('revoke', '--claim', 'groups=admins', '--provider', 'partner'), {
    out: /^Revoked 1 session\.\n/,
  })
  t.same(await usersOf(store), ['alice', 'carol', 'dora', 'eve'])
  t.match(await run('revoke', '--provider', 'partner'), { exit: 1, err: /no session of provider partner/ })
  t.match(await run('revoke', '--provider', 'acme'), { exit: 0, out: /^Revoked 3 sessions\.\n/ })
  t.same(await usersOf(store), ['eve'], 'one of a provider that is gone is of none')
  t.match(await recordsOf(store), [
    { which: 'claim', claim: 'groups="admins"', user: null, provider: 'partner', revoked: 1 },
    { which: 'provider', claim: null, user: null, provider: 'acme', revoked: 3 },
  ])
})

t.test('a claim that says who somebody is goes into the log only where that names people', async (t) => {
  const people = [
    ['a1', 'alice', { sub: 'alice', login: 'al', email: 'a@x.org' }],
    ['b1', 'bob', { sub: 'bob', login: 'bo', email: 'b@x.org' }],
  ] as const
  const claims = async (yaml: string, ...asked: string[]) => {
    const { store, run, folder } = await setUp(t)
    for (const [begin, user, claims] of people)
      await store.save(sessionOf(key(begin), { user, claims, signedInAt: now - 100 }), now + 3600)
    writeFileSync(join(folder, 'claimgate.yaml'), yaml)
    for (const claim of asked) t.match(await run('revoke', '--claim', claim), { exit: 0 }, claim)
    return (await recordsOf(store)).map((record) => record?.claim)
  }
  const named = file('sqlite').replace('client_id: id', 'client_id: id, user_id: login')
  t.same(await claims(named, 'login=al', 'email=b@x.org'), ['login=…', 'email=…'])
  t.same(await claims(`log: { subject: off }\n${named}`, 'sub=alice'), ['sub=…'])
  t.same(await claims(file('sqlite'), 'login=al'), ['login="al"'])
  t.same(await claims(`log: { subject: plain }\n${named}`, 'login=al'), ['login="al"'])
})

t.test('where the store fails in the middle, what did end is said, and told to the gateway', async (t) => {
  const { store, run, folder } = await setUp(t)
  const save = (begin: string, user: string, signedInAt: number) =>
    store.save(sessionOf(key(begin), { user, claims: { groups: ['ops'] }, signedInAt }), now + 3600)
  for (let i = 0; i < 2 * limits.removedSessions; i++) await save(`a${i}e`, `user${i}`, now)
  await save('b1', 'bob', now - 1)
  const database = new DatabaseSync(join(folder, 'data', 'sessions.db'))
  database.exec(
    `CREATE TRIGGER refused BEFORE DELETE ON session WHEN old.user = 'bob' BEGIN SELECT RAISE(ABORT, 'no'); END`,
  )
  database.close()
  const { exit, out, err } = await run('revoke', '--claim', 'groups=ops')
  t.equal(exit, 1)
  t.equal(out, `Revoked 100 sessions.\n${again}`)
  t.match(err, /^claimgate sessions: that is done, but not all that were meant ended: /)
  t.same(await usersOf(store), ['bob'])
  t.match(await recordsOf(store), [{ which: 'claim', claim: 'groups="ops"', revoked: 100 }])
  t.match(await run('revoke', '--claim', 'groups=ops'), { exit: 1, out: '', err: /sessions.db/ })
  await save('c1', 'carol', now)
  t.match(await run('revoke', name('c1'), name('b1')), {
    exit: 1,
    out: `Revoked 1 session.\n${again}`,
    err: /not all that were meant ended/,
  })
  t.match(await recordsOf(store), [{ which: 'id', user: 'carol', revoked: 1 }])
})

t.test('--dry-run says how many and whose, and changes nothing', async (t) => {
  const { store, run } = await setUp(t)
  await fillWithClaims(store)
  const { exit, out } = await run('revoke', '--claim', 'groups=admins', '--dry-run')
  t.equal(exit, 0)
  const [first, heading, ...rows] = out.trimEnd().split('\n')
  t.equal(first, 'Would revoke 2 sessions; nothing was changed.')
  t.match(heading, /^ID +USER/)
  t.same(rows.map((row) => row.split(/ +/)[1]).sort(), ['alice', 'bob'])
  const json = JSON.parse((await run('revoke', '--user', 'alice', '--dry-run', '--json')).out)
  t.equal(json.would_revoke, 1)
  t.match(json.sessions, [{ id: name('a1'), user: 'alice', provider: 'acme' }])
  t.match(await run('revoke', name('a1').slice(0, 8), name('a1'), '--dry-run'), {
    exit: 0,
    out: /^Would revoke 1 session;/,
  })
  t.match(await run('revoke', '--all', '--dry-run'), { out: /^Would revoke 5 sessions;/ })
  t.match(await run('revoke', '--user', 'nobody', '--dry-run'), {
    exit: 1,
    out: '',
    err: /no session of nobody/,
  })
  t.match(await run('revoke', '000000000000', '--dry-run'), { exit: 1, err: /no session 000000000000/ })
  t.equal((await store.list({})).length, 5)
  t.same(await recordsOf(store), [])
})

t.test(
  'an id or a user that is not there, or not only there: 1, a sentence, and nothing is revoked',
  async (t) => {
    const { store, run } = await setUp(t)
    await fill(store)
    const [one, other] = alikeNamed()
    await store.save(sessionOf(one, { user: 'dora' }), now + 3600)
    await store.save(sessionOf(other, { user: 'dora' }), now + 3600)
    const both = named(one).slice(0, 4)
    const table = [
      [['000000000000'], /no session 000000000000/],
      [[name('bbbb'), '000000000000'], /no session 000000000000; nothing was revoked/],
      [[both], `${both} begins 2 sessions; write more of the id`],
      [[key('bbbb')], /no session bbbb0/],
      [['aa'], /aa is no id/],
      [['%%%%'], /%%%% is no id/],
      [['\u001b[31m'], /\\u\{1b\}\[31m is no id/],
      [['--user', 'bob'], /no session of bob/],
      [['--user', ''], /no session of /],
    ] as const
    for (const [args, expected] of table) {
      const { exit, out, err } = await run('revoke', ...args)
      t.equal(exit, 1, args.join(' '))
      t.match(err, expected)
      t.equal(out, '')
    }
    t.equal((await store.list({})).length, 6)
  },
)

t.test('wrong usage is 2 and touches nothing', async (t) => {
  const { store, run } = await setUp(t)
  await fill(store)
  const table = [
    [],
    ['lsit'],
    ['list', '--all'],
    ['list', 'aaaa'],
    ['revoke'],
    ['revoke', '--all', '--user', 'alice'],
    ['revoke', 'bbbb', '--all'],
    ['revoke', '--all', '--claim', 'a=b'],
    ['revoke', '--user', 'alice', '--claim', 'a=b'],
    ['list', '--user', 'alice', '--claim', 'a=b'],
    ['revoke', 'bbbb', '--provider', 'acme'],
    ['revoke', '--claim', 'groups'],
    ['revoke', '--claim', '=admins'],
    ['revoke', '--claim', 'groups='],
    ['revoke', '--claim', 'a.__proto__=x'],
    ['revoke', '--dry-run'],
    ['list', '--dry-run'],
    ['revoke', '--provider', 'nobody'],
    ['revoke', '--all', '--provider', 'acme'],
    ['list', '--provider', 'nobody'],
    ['revoke', '--everything'],
    ['list', '-c', 'missing.yaml'],
  ]
  for (const args of table) {
    const { exit, err } = await run(...args)
    t.equal(exit, 2, args.join(' '))
    t.not(err, '')
  }
  t.equal((await store.list({})).length, 4)
  t.match(await run('--help'), { exit: 0, out: /^Usage: claimgate sessions list/ })
})

t.test('nor can sessions that rest in browsers: 2, and what ends them', async (t) => {
  const { run, folder } = await setUp(t)
  writeFileSync(join(folder, 'cookie.yaml'), file('cookie'))
  for (const args of [['list'], ['revoke', '--claim', 'a=b']])
    t.match(await run(...args, '-c', 'cookie.yaml'), {
      exit: 2,
      err: /in people's browsers alone; `session.revoked_before` ends all older ones/,
    })
})

t.test('where no gateway ran nothing is made', async (t) => {
  const folder = t.testdir({ 'claimgate.yaml': file('sqlite') })
  t.match(await run(folder, ['list']), {
    exit: 1,
    err: /there is no sessions.db in .*data: has a gateway run/,
  })
  t.match(await run(folder, ['list']), { exit: 1 }, 'nor was it made by asking')
})

t.test('a store that cannot be used is said in a sentence', async (t) => {
  const { folder, run, store } = await setUp(t)
  await store.close()
  const database = new DatabaseSync(join(folder, 'data', 'sessions.db'))
  database.exec('PRAGMA user_version = 9')
  database.close()
  t.match(await run('list'), { exit: 1, err: /claimgate sessions: .*format 9, this one reads 2/ })
  writeFileSync(join(folder, 'data', 'sessions.db'), 'x'.repeat(5000))
  t.match(await run('revoke', '--all'), { exit: 1, err: /is not a database/ })
})

t.test('ids need the key of the log; ending everybody needs none', async (t) => {
  const { store, run, folder } = await setUp(t)
  await fill(store)
  rmSync(join(folder, 'data', 'log.subject_key'))
  for (const args of [['list'], ['revoke', 'abcd']])
    t.match(await run(...args), { exit: 1, out: '', err: /no log.subject_key in .*: the gateway makes it/ })
  t.match(await run('revoke', '--all'), { exit: 0, out: 'Revoked 4 sessions.\n' })
})

t.test('a key that is configured and missing is never made up: other sessions would be meant', async (t) => {
  const { folder, run } = await setUp(t)
  const path = join(folder, 'claimgate.yaml')
  writeFileSync(path, `log: { subject_key: "\${env:LOG_KEY}" }\n${file('sqlite')}`)
  t.match(await run('list'), { exit: 2, err: /log.subject_key: the environment variable LOG_KEY is not set/ })
  writeFileSync(
    path,
    file('sqlite').replace(/secret: "[0-9a-f]+" }\nproviders/, `secret: "\${env:NONE}" }\nproviders`),
  )
  t.match(await run('list'), { exit: 0 }, 'the session secret is none of it')
})

t.test('what was revoked, and by whom, is left for the log of the gateway', async (t) => {
  const { store, run } = await setUp(t)
  await fill(store)
  const by = { event: 'sessions.revoked', operator: userInfo().username, machine: hostname() }
  await run('list')
  await run('revoke', '000000000000')
  await run('revoke', '--user', 'nobody')
  t.same(await recordsOf(store), [], 'what ended nothing is nothing to tell')
  await run('revoke', name('aaaa1111'), name('bbbb'))
  t.match(await recordsOf(store), [
    { ...by, which: 'id', session: key('aaaa1111'), user: 'alice', provider: 'acme', revoked: 1 },
    { ...by, which: 'id', session: key('bbbb'), user: 'partner:bob', provider: 'acme', revoked: 1 },
  ])
  await run('revoke', '--user', 'alice', '--provider', 'acme')
  t.match(await recordsOf(store), [{ ...by, which: 'user', session: null, user: 'alice', provider: 'acme' }])
  await run('revoke', '--all')
  const [all, ...more] = await recordsOf(store)
  t.match(all, { ...by, which: 'all', session: null, user: null, provider: null, revoked: 1 })
  t.same(more, [])
  const at = all?.at ?? 0
  t.ok(at >= now && at <= Date.now() / 1000)
})

t.test('where it cannot be left the command says so: the sessions ended all the same', async (t) => {
  const { store, run, folder } = await setUp(t)
  await fill(store)
  const database = new DatabaseSync(join(folder, 'data', 'sessions.db'))
  database.exec(`CREATE TRIGGER refused BEFORE INSERT ON command_record BEGIN SELECT RAISE(ABORT, 'no'); END`)
  database.close()
  const { exit, out, err } = await run('revoke', '--all')
  t.equal(exit, 1)
  t.equal(out, `Revoked 4 sessions.\n${again}`)
  t.match(err, /that is done, but no line of the log will say so: /)
})

// `claimgate sessions` on a real Redis: the same commands as on the file, and what only a shared store can tell.
import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import t, { type Test } from 'tap'
import { command } from '../../src/commands/sessions.ts'
import { decodeCommandRecord } from '../../src/core/command-record.ts'
import { sessionNames } from '../../src/core/log-names.ts'
import type { SessionStore } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'
import { buildKeyRing } from '../../src/core/session/seal.ts'
import { openRedisStore } from '../../src/store/redis/store.ts'
import { sessionOf } from '../store/contract.ts'
import { newPrefix, singleSettings } from '../store/redis/redis-store.ts'
import { startReplicated } from '../store/redis/topologies.ts'
import { startRedis } from '../support/redis.ts'
import { storeContext } from '../support/store-context.ts'

const now = Math.floor(Date.now() / 1000)
const key = (begin: string): string => begin.padEnd(64, '0')
const secret = randomBytes(24).toString('hex')
const logKey = randomBytes(32).toString('hex')
const name = (begin: string): string => sessionNames(logKey)(key(begin))
const again = 'Whoever is still signed in at the provider can sign in here again at once.\n'

const file = (port: number, keyPrefix: string) => `
session: { secret: "${secret}", store: { redis: { url: "redis://127.0.0.1:${port}", key_prefix: "${keyPrefix}" } } }
log: { subject_key: "${logKey}" }
providers:
  acme: { issuer: https://acme.example.com, client_id: id, client_secret: "${randomBytes(24).toString('hex')}" }
  partner: { issuer: https://partner.example.com, client_id: id, client_secret: "${randomBytes(24).toString('hex')}", user_id_prefix: "partner:" }
apps:
  wiki: { url: https://wiki.example.com, upstream: http://127.0.0.1:5000, provider: [acme, partner], require: signed_in, shared_secret: "${randomBytes(24).toString('hex')}" }
`

interface Ran {
  readonly exit: number
  readonly out: string
  readonly err: string
}

interface Place {
  readonly store: SessionStore
  run(...args: string[]): Promise<Ran>
}

/** A configuration that names this Redis, and a store as a gateway of it has. */
function place(t: Test, port: number): Place {
  const keyPrefix = newPrefix()
  const folder = t.testdir({ 'claimgate.yaml': file(port, keyPrefix) })
  const ring = buildKeyRing([new Secret(secret)])
  const store = openRedisStore(singleSettings(port, { keyPrefix }), storeContext({ ring }))
  t.teardown(() => store.close())
  const run = async (...args: string[]): Promise<Ran> => {
    let [out, err] = ['', '']
    const exit = await command.run(args, {
      stdout: (text) => {
        out += text
      },
      stderr: (text) => {
        err += text
      },
      stdin: async () => '',
      env: {},
      cwd: folder,
    })
    return { exit, out, err }
  }
  return { store, run }
}

async function fill(store: SessionStore): Promise<void> {
  const partner = { issuer: 'https://partner.example.com', clientId: 'id' }
  const people = [
    ['a1', 'alice', { groups: ['admins', 'ops'], name: 'Alice' }, {}],
    ['a2', 'alice', { groups: ['ops'] }, {}],
    ['b1', 'partner:bob', { groups: 'admins' }, partner],
    ['c1', 'carol', { groups: ['Admins'] }, {}],
  ] as const
  for (const [begin, user, claims, provider] of people)
    await store.save(
      sessionOf(key(begin), { ...provider, user, claims, signedInAt: now - 100, lastSeenAt: now - 50 }),
      now + 3600,
    )
}

const left = async (store: SessionStore): Promise<string[]> =>
  (await store.list({})).map((one) => one.key.slice(0, 2)).sort()

t.test('lists, rehearses and revokes what rests in a Redis', async (t) => {
  const { port } = await startRedis(t)
  await t.test('lists by user, claim and provider', async (t) => {
    const { store, run } = place(t, port)
    t.same(await run('list'), { exit: 0, out: 'No sessions.\n', err: '' })
    await fill(store)
    t.match((await run('list')).out, new RegExp(`\n${name('a1')} +alice +Alice +acme `))
    const idsOf = async (...args: string[]) =>
      JSON.parse((await run('list', ...args, '--json')).out)
        .map(({ id }: { id: string }) => id)
        .sort()
    t.same(await idsOf('--user', 'alice'), [name('a1'), name('a2')].sort())
    t.same(await idsOf('--claim', 'groups=admins'), [name('a1'), name('b1')].sort())
    t.same(await idsOf('--provider', 'partner'), [name('b1')])
  })
  await t.test('a dry run changes nothing', async (t) => {
    const { store, run } = place(t, port)
    await fill(store)
    const { exit, out } = await run('revoke', '--claim', 'groups=admins', '--dry-run')
    t.equal(exit, 0)
    t.match(out, /^Would revoke 2 sessions; nothing was changed\.\nID /)
    t.same(await left(store), ['a1', 'a2', 'b1', 'c1'])
  })
  await t.test('revokes by id, claim, user, provider, and all; each is told to the gateway', async (t) => {
    const { store, run } = place(t, port)
    await fill(store)
    t.same(await run('revoke', name('a2').slice(0, 8)), {
      exit: 0,
      out: `Revoked 1 session.\n${again}`,
      err: '',
    })
    t.match(await run('revoke', '--claim', 'groups=admins', '--provider', 'acme'), { exit: 0, err: '' })
    t.same(await left(store), ['b1', 'c1'])
    t.match(await run('revoke', '--provider', 'partner'), { exit: 0, out: /^Revoked 1 session\./ })
    t.match(await run('revoke', '--user', 'carol'), { exit: 0, out: /^Revoked 1 session\./ })
    t.match(await run('revoke', '--user', 'carol'), { exit: 1, err: /no session of carol/ })
    t.same(await run('revoke', '--all'), { exit: 0, out: 'Revoked 0 sessions.\n', err: '' })
    const by = { operator: userInfo().username, machine: hostname() }
    t.match((await store.commands.take()).map(decodeCommandRecord), [
      { ...by, which: 'id', session: key('a2'), user: 'alice', revoked: 1 },
      { ...by, which: 'claim', claim: 'groups="admins"', provider: 'acme', revoked: 1 },
      { ...by, which: 'provider', provider: 'partner', revoked: 1 },
      { ...by, which: 'user', user: 'carol', revoked: 1 },
      { ...by, which: 'all', revoked: 0 },
    ])
  })
  await t.test('many sessions end by a claim, and those of others stay', async (t) => {
    const { store, run } = place(t, port)
    await fill(store)
    for (let i = 0; i < 120; i++) {
      const more = { user: `user${i}`, claims: { groups: ['interns'] }, signedInAt: now - 1 }
      await store.save(sessionOf(`d${i}e`.padEnd(64, '0'), more), now + 3600)
    }
    t.match(await run('revoke', '--claim', 'groups=interns'), { exit: 0, out: /^Revoked 120 sessions\./ })
    t.same(await left(store), ['a1', 'a2', 'b1', 'c1'])
  })
})

t.test('a Redis that is not there is a sentence, and changes nothing', async (t) => {
  const redis = await startRedis(t)
  const { run } = place(t, redis.port)
  await redis.stop()
  for (const args of [['list'], ['revoke', '--claim', 'a=b'], ['revoke', '--all']]) {
    const { exit, out, err } = await run(...args)
    t.equal(exit, 1, args.join(' '))
    t.equal(out, '')
    t.match(err, /^claimgate sessions: .*redis/i)
  }
})

t.test('what no replica confirmed is said: it is done, and a failover could undo it', async (t) => {
  const { primary, replica } = await startReplicated(t)
  const { store, run } = place(t, primary.port)
  await fill(store)
  t.same(await run('revoke', name('a2')), { exit: 0, out: `Revoked 1 session.\n${again}`, err: '' })
  replica.signal('SIGSTOP')
  for (const args of [
    ['--claim', 'groups=admins'],
    ['--user', 'carol'],
  ]) {
    const { exit, out, err } = await run('revoke', ...args)
    t.equal(exit, 1)
    t.match(out, /^Revoked \d sessions?\./)
    t.match(
      err,
      /^claimgate sessions: that is done, but .*no replica has confirmed: .*; a failover now could bring them back\n$/,
    )
  }
  replica.signal('SIGCONT')
  t.same(await left(store), [])
})

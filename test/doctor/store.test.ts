// What `claimgate doctor` says of the place where sessions rest.
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { openStore } from '../../src/store/open.ts'
import { runProcess } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'
import { withDisk } from '../support/small-disk.ts'
import { storeContext } from '../support/store-context.ts'
import { look } from './rig.ts'

const fileFor = (folder: string, store = 'sqlite') => `
data: ${JSON.stringify(folder)}
session: { store: ${store} }
providers:
  main: { issuer: "http://127.0.0.1:9", client_id: gateway, client_secret: a-client-secret }
apps:
  wiki: { url: "http://localhost:8080", upstream: "unix:/nonexistent/app.sock", require: signed_in }
`

t.test('a store that is there: what is written comes back, and no session is there after it', async (t) => {
  const folder = t.testdir({})
  openStore({ store: { kind: 'sqlite' } }, folder, storeContext()).close()
  const { lines } = await look(fileFor(folder))
  t.match(lines('session.store', 'round trip'), [/^ok .* takes what is written, and gives it back/])
  const store = openStore({ store: { kind: 'sqlite' } }, folder, storeContext())
  t.teardown(() => store.close())
  t.same(await store.list({}), [])
})

t.test('a store that is not there yet is not made', async (t) => {
  const folder = t.testdir({})
  const { lines } = await look(fileFor(join(folder, 'data', 'more')))
  t.match(lines('session.store', 'round trip'), [/^note .* is not there yet/])
  t.same(readdirSync(folder), [])
})

t.test('one of an earlier version keeps its sessions', async (t) => {
  const folder = t.testdir({})
  openStore({ store: { kind: 'sqlite' } }, folder, storeContext()).close()
  const path = join(folder, 'sessions.db')
  const before = new DatabaseSync(path)
  before.exec('PRAGMA user_version = 1')
  before.close()
  const { lines } = await look(fileFor(folder))
  t.match(lines('session.store', 'round trip'), [/^warning .* of an earlier version, and is left as it is/])
  const after = new DatabaseSync(path)
  t.teardown(() => after.close())
  t.same({ ...after.prepare('PRAGMA user_version').get() }, { user_version: 1 })
})

t.test('a file that is something else, and memory', async (t) => {
  const folder = t.testdir({
    'sessions.db': 'no database at all, but a text that is long enough to be read as one'.repeat(20),
  })
  t.match((await look(fileFor(folder))).lines('session.store', 'asking'), [
    /^failed .*sessions\.db is not a database/,
  ])
  t.match((await look(fileFor(folder, 'memory'))).lines('session.store', 'round trip'), [
    /^note .* end with it/,
  ])
})

t.test('disk full, and read-only disk: as the process sees it', async (t) => {
  const folder = t.testdir({ disk: {} })
  const disk = join(folder, 'disk')
  const file = join(folder, 'claimgate.yaml')
  writeFileSync(file, fileFor(disk))
  const made = join(folder, 'made')
  openStore({ store: { kind: 'sqlite' } }, made, storeContext()).close()
  const doctor = (through: readonly string[]) => runProcess(['doctor', '-c', file], { through })
  const readOnly = await doctor(withDisk(disk, 'ro'))
  t.match(
    readOnly.stdout,
    /^failed {2}session\.store {2}round trip: .*cannot be written by this user \(EROFS\)\. Mount a volume/m,
  )
  t.equal(readOnly.code, 1)
  const fill = 'cp "$1"/* "$2"; head -c 10m /dev/zero 2>&- > "$2/fill"; shift 2; exec "$@"'
  const full = await doctor([...withDisk(disk, 'size=512k'), 'sh', '-c', fill, 'sh', made, disk])
  t.match(full.stdout, /^failed {2}session\.store {2}asking: .*(disk is full|the disk reports an error)/m)
  t.equal(full.code, 1)
})

const inRedis = (store: string) => `
log: { subject_key: 0123456789abcdef0123456789abcdef }
session: { secret: a-session-secret-of-more-than-thirty-two-bytes, store: ${store} }
providers:
  main: { issuer: "http://127.0.0.1:9", client_id: gateway, client_secret: a-client-secret }
apps:
  wiki: { url: "http://localhost:8080", upstream: "unix:/nonexistent/app.sock", require: signed_in }
`

t.test('a Redis: what is written comes back, or what is wrong with it, and never its password', async (t) => {
  const { port } = await startRedis(t, { lines: ['requirepass hunter2'] })
  const at = (password: string) => `{ redis: { url: "redis://127.0.0.1:${port}/1", password: ${password} } }`
  const { lines } = await look(inRedis(at('hunter2')))
  t.match(lines('session.store', 'round trip'), [
    new RegExp(`^ok .* redis://127\\.0\\.0\\.1:${port}/1 takes what is written, and gives it back`),
  ])
  const refused = (await look(inRedis(at('hunter3')))).lines('session.store', 'asking')
  t.match(refused, [/^failed .* does not know this user and password/])
  t.notMatch(refused.join(), /hunter/)
  t.match((await look(inRedis('redis://127.0.0.1:1'))).lines('session.store', 'asking'), [
    /^failed .* nobody listens there/,
  ])
})

t.test('sessions that rest in browsers are nowhere else', async (t) => {
  t.match((await look(inRedis('cookie'))).lines('session.store', 'round trip'), [/^note .*browsers alone/])
})

// Sessions over the life of processes: revoked by a command, kept over a restart, judged by the rules of today, sealed
// by the secret of today, and a disk that is full.
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Browser, type Page } from '../support/browser.ts'
import { visitAs } from '../support/front.ts'
import {
  type GatewayProcess,
  runProcess,
  type StartOptions,
  startProcess,
  withoutPrivilege,
} from '../support/process.ts'
import { newStand } from '../support/process-front.ts'
import { fillUp, seenBy, withDisk } from '../support/small-disk.ts'
import { poll } from '../support/waiting.ts'
import { openWebSocket, startWebSocketApp } from '../support/websocket-app.ts'

const stand = await newStand()
const { place, url, cookie } = stand
t.teardown(() => stand.close())

const secrets = [
  'the-first-secret-of-this-test-0123456789',
  'another-secret-of-this-test-9876543210',
] as const

async function start(t: Test, yaml: string, options: StartOptions = {}): Promise<GatewayProcess> {
  place.write(yaml)
  const running = await startProcess(place, options)
  t.teardown(() => running.stop())
  return running
}

async function signedIn(id: 'alice' | 'adam'): Promise<Browser> {
  const browser = new Browser()
  await visitAs(browser, id, `${url}/`)
  return browser
}

const sealed = (browser: Browser): string => browser.cookies('localhost').get(cookie) ?? ''
const get = (browser: Browser, path = '/'): Promise<Page> => browser.visit(url + path, { follow: false })

/** Another browser with the very same cookie. */
const thief = (browser: Browser) => (path?: string) => {
  const other = new Browser()
  other.cookies('localhost').set(cookie, sealed(browser))
  return get(other, path)
}

t.test('a revoked session is dead within a second, for a copied cookie too (S-160)', async (t) => {
  const running = await start(t, stand.yaml())
  const [alice, adam] = [await signedIn('alice'), await signedIn('adam')]
  const listed = await runProcess(['sessions', 'list', '-c', place.file, '--json'])
  t.equal(listed.code, 0)
  const sessions: readonly Record<string, unknown>[] = JSON.parse(listed.stdout)
  t.same(sessions.map(({ user }) => user).sort(), ['adam', 'alice'])
  t.notMatch(listed.stdout, sealed(alice), 'nothing in it is a cookie')
  t.equal((await get(alice)).status, 200, 'so that it is in whatever the process remembers')

  const revoked = await runProcess(['sessions', 'revoke', '--user', 'alice', '-c', place.file])
  t.match(revoked, { code: 0, stdout: 'Revoked 1 session.\n' })
  const told = await running.logged((line) => line.event === 'sessions.revoked')
  const { operator, machine } = { operator: userInfo().username, machine: hostname() }
  t.match(told, { operator, machine, which: 'user', subject: /^[\w-]{16}$/, revoked: 1 })
  const named = await runProcess(['subject', 'alice', '-c', place.file])
  t.equal(named.stdout, `${told.subject}\n`, 'and `subject` says who that is')
  const gone = await poll('alice to be out', thief(alice), (page) => page.status === 302)
  t.match(gone.headers.location, stand.op.issuer)
  t.equal((await get(adam)).status, 200, 'others stay')
  t.ok(await running.logged((line) => line.event === 'request' && line.reason === 'session-ended'))

  const id = String(sessions.find(({ user }) => user === 'adam')?.id)
  t.match(running.stdout(), `"session":"${id}"`, 'the log names sessions as the command does')
  t.equal((await runProcess(['sessions', 'revoke', id, '-c', place.file])).code, 0)
  await poll('adam to be out', thief(adam), (page) => page.status === 302)
  const again = await runProcess(['sessions', 'revoke', id, '-c', place.file])
  t.equal(again.code, 1)
  t.match(again.stderr, /^claimgate sessions: no session /)
})

t.test('the WebSocket of a revoked session is closed, and every one when the gateway stops', async (t) => {
  const app = await startWebSocketApp()
  t.teardown(() => app.close())
  const running = await start(
    t,
    stand.yaml({ upstream: app.url, app: '    require: signed_in\n    websocket: true' }),
  )
  const [alice, adam] = [await signedIn('alice'), await signedIn('adam')]
  const open = (browser: Browser) =>
    openWebSocket(`${url.replace('http', 'ws')}/live`, {
      cookie: `${cookie}=${sealed(browser)}`,
      origin: url,
    })
  const [ofAlice, ofAdam] = [await open(alice), await open(adam)]
  await runProcess(['sessions', 'revoke', '--user', 'alice', '-c', place.file])
  t.equal(await ofAlice.closed, 1008, 'policy violation')
  await running.stop()
  t.equal(await ofAdam.closed, 1001, 'going away')
  await t.rejects(open(alice))
})

t.test('after a restart people are still signed in, and today’s rules hold for them (S-162)', async (t) => {
  const first = await start(t, stand.yaml())
  const alice = await signedIn('alice')
  t.equal((await get(alice, '/reports')).status, 200)
  t.equal((await get(alice, '/admin')).status, 403)
  await first.stop()

  const reports = (rule: string) => `
    require: signed_in
    locations:
      - { path: /reports, require: ${rule} }
      - { path: /admin, require: { email: alice@acme.example } }
`
  const second = await start(t, stand.yaml({ app: reports('{ groups: admins }') }))
  t.equal((await get(alice, '/')).status, 200, 'no new sign-in')
  t.equal((await get(alice, '/reports')).status, 403, 'what was allowed')
  t.equal((await get(alice, '/admin')).status, 200, 'what was denied')
  await second.stop()

  await start(t, stand.yaml({ app: '    require: { organization_id: globex }' }))
  t.equal((await get(alice, '/')).status, 403)
})

t.test('a new session secret: both open, then the old one is taken off (S-158)', async (t) => {
  const [old, fresh] = secrets
  const session = (value: string) => stand.yaml({ top: `session: { secret: ${value} }` })
  const first = await start(t, session(old))
  const [alice, adam] = [await signedIn('alice'), await signedIn('adam')]
  const under = sealed(alice)
  await first.stop()

  const second = await start(t, session(`[${fresh}, ${old}]`))
  t.equal((await get(alice)).status, 200)
  t.not(sealed(alice), under, 'sealed anew')
  await second.stop()

  const third = await start(t, session(fresh))
  t.equal((await get(alice)).status, 200, 'under the new secret by now')
  const late = await get(adam)
  t.equal(late.status, 302, 'never came by: signs in, no error')
  t.match(late.headers.location, stand.op.issuer)
  t.ok(await third.logged((line) => line.reason === 'session-unreadable'))
  await third.stop()

  // A roll-out in any order: whoever does not know the first secret yet may open the second.
  const fourth = await start(t, session(`[${old}, ${fresh}]`))
  t.equal((await get(alice)).status, 200)
  await fourth.stop()
})

t.test('a store that cannot be used stops the start with a sentence', async (t) => {
  const folder = join(place.folder, 'odd')
  mkdirSync(folder)
  const top = `data: ${folder}`
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      'read-only',
      withDisk(folder, 'ro'),
      /^the data folder .+ cannot be used: it is read-only; mount a writable/,
    ],
    [
      'full',
      withDisk(folder, 'size=48k'),
      /^the session store .+sessions\.db cannot grow: the disk is full$/,
    ],
    // The store, then one page for each key that is kept beside it.
    [
      'all but full',
      withDisk(folder, 'size=128k'),
      /^the session secret .+: the disk is full; make room, or/,
    ],
    [
      'with room for one key',
      withDisk(folder, 'size=132k'),
      /^the key of the log's hashes .+: the disk is full; make room, or set "log\.subject_key"$/,
    ],
    [
      'no file may be made',
      withDisk(folder, 'nr_inodes=1'),
      /^the data folder .+ the disk is full; make room/,
    ],
  ]
  for (const [name, through, sentence] of cases) {
    place.write(stand.yaml({ top }))
    const { code, stderr } = await runProcess(['serve', '-c', place.file], { through })
    t.equal(code, 1, name)
    t.match(stderr.replace('claimgate serve: ', '').trimEnd(), sentence, name)
  }
  const through = withoutPrivilege
  for (const mode of [0o000, 0o500]) {
    chmodSync(folder, mode)
    const closed = await runProcess(['serve', '-c', place.file], { through })
    chmodSync(folder, 0o700)
    t.equal(closed.code, 1)
    t.match(
      closed.stderr,
      /^claimgate serve: the data folder .+ user \d+ may not write there; give it the folder.+\n$/,
    )
  }
  writeFileSync(join(folder, 'session.secret'), 'x', { mode: 0o000 })
  const secret = await runProcess(['serve', '-c', place.file], { through })
  t.equal(secret.code, 1)
  t.match(secret.stderr, /^claimgate serve: the session secret .+ give the folder to the gateway's user.+\n$/)
  chmodSync(join(folder, 'session.secret'), 0o600)
  const damaged = await runProcess(['serve', '-c', place.file], { through })
  t.equal(damaged.code, 1)
  t.match(damaged.stderr, /^claimgate serve: .+session\.secret is damaged; remove it.+\n$/)
  rmSync(join(folder, 'session.secret'))
  writeFileSync(join(folder, 'sessions.db'), 'this is no database, and long enough to tell'.repeat(100))
  place.write(stand.yaml({ top }))
  const garbage = await runProcess(['serve', '-c', place.file])
  t.equal(garbage.code, 1)
  t.match(garbage.stderr, /^claimgate serve: .+sessions\.db is not a database\n$/)
})

t.test('a disk that fills up: no new sign-ins, those who are signed in go on', async (t) => {
  const folder = join(place.folder, 'small')
  mkdirSync(folder)
  const running = await start(t, stand.yaml({ top: `data: ${folder}` }), {
    through: withDisk(folder, 'size=512k'),
  })
  const alice = await signedIn('alice')
  const makeRoom = fillUp(seenBy(running.pid, folder))

  const refused = await visitAs(new Browser(), 'adam', `${url}/`)
  t.equal(refused.status, 503)
  t.match(refused.body, /Please try again in a moment/)
  t.notMatch(refused.body, /disk|sqlite|full/i)
  t.match(await running.logged((line) => line.event === 'login.failed'), { code: 'STORE_FULL' })
  t.equal((await get(alice)).status, 200)
  t.equal((await get(alice, '/admin')).status, 403)
  t.equal((await get(new Browser(), '/public/x')).status, 200)
  const metrics = await new Browser().visit(`${place.adminUrl}/metrics`)
  t.match(metrics.body, /^claimgate_faults_total\{app="[a-z]*",code="STORE_FULL"\} 1$/m)

  makeRoom()
  t.equal((await visitAs(new Browser(), 'adam', `${url}/`)).status, 200)
})

// The store stops answering under people who are signed in.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import type { Clock } from '../../src/core/ports.ts'
import { cookieLine, fire, navigation, seenBy } from '../support/attack.ts'
import { signedIn, startFront } from '../support/front.ts'

let passedSeconds = 0
const start = Math.floor(Date.now() / 1000)
const clock: Clock = { now: () => start + passedSeconds, monotonicMs: () => 1_000 + passedSeconds * 1_000 }
const front = await startFront({ clock })
t.teardown(() => front.close())
const cookie = cookieLine(front, await signedIn(front, 'adam'))
const [, value = ''] = cookie.split('=')

function rename(from: string, to: string): void {
  const store = new DatabaseSync(join(front.gateway.folder, 'sessions.db'))
  store.exec(`alter table ${from} rename to ${to}`)
  store.close()
}

t.test('who was looked up lately goes on, for five minutes', async (t) => {
  await seenBy(front, { target: '/x', headers: [cookie] })
  rename('session', 'session_gone')
  for (const seconds of [30, 61, 299]) {
    passedSeconds = seconds
    const { headers } = await seenBy(front, { target: '/admin/x', headers: [cookie] })
    t.same(headers['x-forwarded-user'], ['adam'], `${seconds} s`)
  }
  t.ok(await front.gateway.logged((line) => String(line.code).startsWith('STORE_')), 'the log says so')
})

t.test('meanwhile nobody can tell where else one is signed in, nor end it: 503, with a page', async (t) => {
  const form = [
    'Content-Type: application/x-www-form-urlencoded',
    'Sec-Fetch-Site: same-origin',
    'Content-Length: 5',
  ]
  for (const shot of [
    { target: '/.auth/sessions', headers: [cookie, ...navigation] },
    {
      method: 'POST',
      target: '/.auth/sessions',
      headers: [cookie, 'Accept: text/html', ...form],
      body: 'end=x',
    },
  ]) {
    const answer = await fire(front, shot)
    t.equal(answer.status, 503, shot.method ?? 'GET')
    t.match(answer.body, /<h1>This is not available just now<\/h1>|"status":503/)
    t.same(answer.values('set-cookie'), [])
  }
})

t.test('then everything that depends on who asks is 503, and the app hears nothing of it', async (t) => {
  // The store is asked again every five seconds; until then nobody is told.
  passedSeconds = 306
  const before = front.echo.received.length
  for (const shot of [
    { target: '/x', headers: [cookie] },
    { target: '/maybe/x', headers: [cookie] },
    { target: '/admin/x', headers: [cookie, ...navigation] },
    { target: '/api/x', headers: [cookie] },
    { method: 'POST', target: '/x', headers: [cookie, 'Content-Length: 5'], body: 'hello' },
    { method: 'OPTIONS', target: '/x', headers: [cookie] },
    { target: '/.auth/me', headers: [cookie] },
    { target: '/.auth/sessions', headers: [cookie, ...navigation] },
  ]) {
    const answer = await fire(front, shot)
    t.equal(answer.status, 503, shot.target)
    t.same(answer.values('set-cookie'), [], 'nobody is signed out by it')
    t.notOk(answer.text.includes(value))
    t.notMatch(answer.body, /session_gone|sqlite|sessions\.db/i)
  }
  t.equal(front.echo.received.length, before)
})

t.test('what is open stays open, and bears nobody’s name', async (t) => {
  const { headers } = await seenBy(front, { target: '/public/x', headers: [cookie] })
  t.notOk(headers['x-forwarded-user'])
  t.equal((await fire(front, { target: '/nobody/x', headers: [cookie] })).status, 403)
})

t.test('as soon as it answers again, the session is what it was', async (t) => {
  rename('session_gone', 'session')
  const { headers } = await seenBy(front, { target: '/x', headers: [cookie] })
  t.same(headers['x-forwarded-user'], ['adam'])
})

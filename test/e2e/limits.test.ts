import { readdirSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { bytesOf, cookieLine, fire, navigation, seenBy, sessionName } from '../support/attack.ts'
import { Browser } from '../support/browser.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startHostileFront } from '../support/hostile-front.ts'
import { sendJson } from '../support/hostile-op.ts'
import { freePort } from '../support/ports.ts'
import { rawClient } from '../support/raw.ts'
import { type Answerer, answerHeads, recordingUpstream } from '../support/upstream.ts'

const upstream = await recordingUpstream()
const front = await startHostileFront({
  app: (url) => `
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: signed_in
    locations:
      - { path: /public, require: anyone }
  slow:
    url: ${url}/slow
    upstream: "http://127.0.0.1:${upstream.port}"
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    timeouts: { connect: 1s, response: 1s, idle: 1s }
    max_body: 64KiB
    require: anyone
    locations:
      - { path: /slow/odd, require: anyone, timeouts: { response: 1m, idle: 1m } }
`,
})
t.teardown(async () => {
  await front.close()
  await upstream.close()
})

const host = `localhost:${front.gateway.port}`
const silent: Answerer = () => null
/** Every connection that bore a request is closed; a fresh one may be kept for the next. */
const letGo = (): boolean => upstream.connections.every(({ closed, received }) => closed || received === '')

t.test('S-231: a body that is too large ends at the limit, announced or not', async (t) => {
  upstream.answerWith(silent)
  const before = upstream.received().length
  const announced = { method: 'POST', target: '/slow/x', headers: ['Content-Length: 65537'] }
  const refused = await fire(front, announced)
  t.equal(refused.status, 413)
  t.equal(upstream.received().length, before, 'the app hears nothing of what was announced')
  const head = bytesOf(host, { method: 'POST', target: '/slow/x', headers: ['Transfer-Encoding: chunked'] })
  const client = await rawClient(front.gateway.port, head)
  for (let i = 0; i < 40; i++) client.write(`1000\r\n${'x'.repeat(4096)}\r\n`)
  const text = await client.closed()
  t.match(text, /^HTTP\/1\.1 413 /)
  const problemOf = (body: string) => ({ ...JSON.parse(body.slice(body.indexOf('{'))), request_id: '' })
  t.same(problemOf(text), problemOf(refused.body), 'both read alike')
  const lines = () => front.gateway.log.filter(({ event, status }) => event === 'request' && status === 413)
  await front.gateway.logged(() => lines().length === 2)
  for (const line of lines()) t.match(line, { decision: 'reject', reason: 'body-too-large', location: '*' })
  await upstream.until(letGo)
  t.ok(upstream.received().length - before < 80_000, 'the app gets no more than the limit')
  t.notMatch(upstream.received().slice(before), /\r\n0\r\n\r\n$/, 'and never an end')
})

t.test('S-234: an app that does not answer is 504, and is let go', async (t) => {
  upstream.answerWith(silent)
  for (const headers of [[], navigation]) {
    const answer = await fire(front, { target: '/slow/silent', headers })
    t.equal(answer.status, 504)
    t.same(answer.values('cache-control'), ['no-store'])
  }
  t.match(await front.gateway.logged((line) => line.code === 'UPSTREAM_TIMEOUT'), { app: 'slow' })
  upstream.answerWith(() => 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart')
  const cut = await fire(front, { target: '/slow/half' })
  t.equal(cut.body, 'part', 'an answer that stands still is cut, not completed')
  const lines = () => front.gateway.log.filter((line) => line.code === 'UPSTREAM_TIMEOUT')
  t.equal(lines().length, 3, 'and the log says that the app did it')
  await upstream.until(letGo)
})

t.test('S-234: a client that goes away cancels its request', async (t) => {
  upstream.answerWith(silent)
  const client = await rawClient(front.gateway.port, bytesOf(host, { target: '/slow/abandoned' }))
  await upstream.until(() => upstream.received().includes('/slow/abandoned'))
  client.destroy()
  await upstream.until(letGo)
  t.match(await front.gateway.logged((line) => line.path === '/slow/abandoned'), { status: 499 })
})

t.test('a body that stands still is 408', async (t) => {
  upstream.answerWith(silent)
  const head = bytesOf(host, { method: 'POST', target: '/slow/upload', headers: ['Content-Length: 100'] })
  const client = await rawClient(front.gateway.port, `${head}part`)
  t.match(await client.closed(), /^HTTP\/1\.1 408 /)
})

t.test('S-256: answers with odd headers are passed or refused, and nothing breaks', async (t) => {
  const body = 'Content-Length: 2\r\n\r\nok'
  const cookies = Array.from({ length: 200 }, (_, i) => `Set-Cookie: c${i}=${i}\r\n`).join('')
  upstream.answerWith(answerHeads(`HTTP/1.1 200 OK\r\n${cookies}X-Odd: caf\xe9\xff\r\n${body}`))
  const many = await fire(front, { target: '/slow/odd/cookies' })
  t.equal(many.values('set-cookie').length, 200)
  t.same(many.values('x-odd'), ['caf\xe9\xff'])
  upstream.answerWith(answerHeads(`HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(65_536)}\r\n${body}`))
  t.equal((await fire(front, { target: '/slow/odd/long' })).status, 502)
  t.equal((await fire(front, { target: '/public/x' })).status, 200)
})

t.test('S-239: garbage costs nobody anything but its sender', async (t) => {
  const name = sessionName(front)
  const before = { ...front.op.counts }
  const lines = front.gateway.log.length
  for (let i = 0; i < 300; i++) {
    const garbage = `${i.toString(36)}${'A'.repeat(i % 200)}`
    const shots = [
      { target: '/x', headers: [`Cookie: ${name}=${garbage}`] },
      { target: `/.auth/callback?code=${garbage}&state=${garbage}` },
      { target: '/.auth/callback?code=x&state=y', headers: [`Cookie: ${name}-tx-${garbage}=${garbage}`] },
    ] as const
    const shot = shots[i % 3] ?? shots[0]
    const { status } = await fire(front, shot)
    if (status !== 401 && status !== 400) t.fail(`${shot.target}: ${status}`)
  }
  t.same(front.op.counts, before, 'the provider hears nothing')
  t.ok(front.gateway.log.length - lines <= 600, 'at most two lines a request')
})

t.test('S-235, S-242: while the provider hangs or is not there, who is signed in goes on', async (t) => {
  const alice = cookieLine(front, await front.signedIn())
  const hanging: ServerResponse[] = []
  const late = (response: ServerResponse): void => sendJson(response, { error: 'late' }, 503)
  front.op.bends = { answer: { token: (_request, response) => void hanging.push(response) } }
  const browsers = Array.from({ length: 20 }, () => new Browser())
  const backs = await Promise.all(browsers.map((browser) => front.begin(browser)))
  const ends = browsers.map((browser, i) => front.finish(browser, backs[i] ?? new URLSearchParams()))
  for (let i = 0; i < 20; i++) await seenBy(front, { target: '/x', headers: [alice] })
  // What has not come as far as the provider is answered when it does.
  front.op.bends = { answer: { token: (_request, response) => late(response) } }
  for (const response of hanging) late(response)
  for (const end of await Promise.all(ends)) t.ok([502, 503].includes(end.status))
  front.op.bends = {}
})

t.test('S-242: a provider that is down at the start opens nothing and closes nothing else', async (t) => {
  const port = await freePort()
  const gateway = await startTestGateway({
    yaml: ({ url }) => `
providers:
  op: { issuer: "http://localhost:${port}", client_id: gateway, client_secret: s }
apps:
  wiki:
    url: ${url}
    upstream: ${front.echo.url}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: signed_in
    locations: [{ path: /public, require: anyone }]
`,
  })
  t.teardown(() => gateway.close())
  const site = { gateway, echo: front.echo }
  const before = front.echo.received.length
  const page = await fire(site, { target: '/x', headers: navigation })
  t.equal(page.status, 503)
  t.equal(page.values('retry-after').length, 1)
  t.same(page.values('set-cookie'), [])
  t.notMatch(page.text, new RegExp(`ECONNREFUSED|${port}`))
  t.equal((await fire(site, { target: '/x' })).status, 401)
  t.equal(front.echo.received.length, before)
  t.equal((await fire(site, { target: '/public/x' })).status, 200)
  t.ok(await gateway.logged((line) => line.event === 'login.failed' && line.code === 'PROVIDER_UNREACHABLE'))
})

t.test('S-240, S-242: a store that breaks denies, says so, and the process lives', async (t) => {
  const alice = cookieLine(front, await front.signedIn())
  const [, value = ''] = alice.split('=')
  // Its tables are gone under it, as when a volume is lost; what was looked up before is remembered for a while.
  const [file = ''] = readdirSync(front.gateway.folder).filter((name) => /\.(?:db|sqlite3?)$/.test(name))
  const store = new DatabaseSync(join(front.gateway.folder, file))
  const tables = store.prepare("select name from sqlite_master where type = 'table'").all()
  for (const { name } of tables) if (!String(name).startsWith('sqlite_')) store.exec(`drop table "${name}"`)
  store.close()
  const browser = new Browser()
  const failed = await front.finish(browser, await front.begin(browser))
  t.equal(failed.status, 503, 'nobody is signed in without a store')
  t.notOk(browser.cookies('localhost').has(sessionName(front)))
  t.equal((await fire(front, { target: '/public/x' })).status, 200, 'what is open stays open')
  t.equal((await fire(front, { target: '/.auth/health' })).status, 200)
  t.ok(await front.gateway.logged((line) => String(line.code).startsWith('STORE_')))
  const written = front.gateway.log.map((line) => JSON.stringify(line)).join('\n')
  t.notOk(written.includes(value), 'S-203: not even then')
})

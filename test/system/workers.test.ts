// Several processes that take requests, and one that watches over them: seen from outside they are one gateway.
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { Browser } from '../support/browser.ts'
import { visitAs } from '../support/front.ts'
import { runProcess } from '../support/process.ts'
import { type RawClient, statusOf } from '../support/raw.ts'
import { poll } from '../support/waiting.ts'
import { connectToEach, eventsOf, newWorkersRig, startedWorkers, workerOf } from '../support/workers.ts'

const rig = await newWorkersRig()
const { stand, yaml, start, get, ready, metrics, counted } = rig
const { place, cookie } = stand
t.teardown(() => rig.close())

t.test('two workers are one gateway: one log, one address for operators, sums of both', async (t) => {
  const running = await start(t)
  const numbers = startedWorkers(running).map(({ number }) => number)
  t.same(numbers.toSorted(), [1, 2])
  const connections = await connectToEach(running, place.port, numbers)
  const whole = { status: 200, ready: true, store: 'ok', workers: { expected: 2, ready: 2 } }
  t.match(await poll('it to be ready', ready, ({ status }) => status === 200), whole)
  const answered = eventsOf(running, 'request').filter(({ status }) => status === 200)
  // A worker that does not answer in time is told as it was.
  await poll('the sum of both', counted, (sum) => sum >= answered.length)
  t.equal(await counted(), answered.length)
  t.match(await metrics(), /^claimgate_workers 2$/m)
  t.match(eventsOf(running, 'gateway.started'), [{ workers: 2, port: place.port, edition: 1 }])
  await running.logged(({ event }) => event === 'provider.ready')
  t.equal(eventsOf(running, 'provider.ready').length, 1, 'said once for both')
  const instance = eventsOf(running, 'gateway.started')[0]?.instance
  t.ok(answered.every(({ request_id: id }) => String(id).startsWith(`${instance}-`)))
  const ids = eventsOf(running, 'request').map(({ request_id: id }) => id)
  t.equal(new Set(ids).size, ids.length, 'no id stands for two requests')
  const health = await runProcess(['health', '-c', place.file])
  t.match(health, { code: 0, stdout: 'healthy\n' })
  for (const client of connections.values()) client.destroy()
  t.same(await running.stop(), { code: 0, signal: null })
  t.equal(running.stderr(), '')
})

t.test('with one worker, which is the default, nothing is forked', async (t) => {
  const running = await start(t, stand.yaml())
  t.same(startedWorkers(running), [])
  t.equal(readFileSync(`/proc/${running.pid}/task/${running.pid}/children`, 'latin1'), '')
  t.notOk('workers' in (await ready()))
  t.match(await metrics(), /^claimgate_workers 1$/m)
})

t.test('lines of both workers come whole, each in its order', async (t) => {
  const running = await start(t)
  const numbers = startedWorkers(running).map(({ number }) => number)
  const connections = await connectToEach(running, place.port, numbers)
  const burst = 150
  const clients = [...connections.values()]
  const answers = (client: RawClient) => client.text().split('HTTP/1.1 200 ').length - 1
  for (let sent = 0; sent < burst; sent += 10) {
    for (const client of clients) client.write(get(`/public/${'x'.repeat(2000)}`).repeat(10))
    await poll(
      'all answers',
      () => clients.map(answers),
      (counts) => counts.every((count) => count === sent + 11),
    )
  }
  t.same(await running.stop(), { code: 0, signal: null })
  const lines = eventsOf(running, 'request').filter(({ path }) => String(path).startsWith('/public/x'))
  t.equal(lines.length, 2 * burst, 'each of them is an object of JSON')
  for (const number of numbers) {
    const own = lines.filter((line) => workerOf(line) === number).map(({ request_id: id }) => String(id))
    t.equal(own.length, burst)
    t.same(own, own.toSorted())
  }
})

t.test('a session of one worker is known to the other, and ended in both by a command', async (t) => {
  const running = await start(t)
  const numbers = startedWorkers(running).map(({ number }) => number)
  const alice = new Browser()
  await visitAs(alice, 'alice', `${place.url}/`)
  const sealed = alice.cookies('localhost').get(cookie) ?? ''
  const connections = await connectToEach(running, place.port, numbers)
  const ask = async (client: RawClient): Promise<number> => {
    const before = client.text().length
    client.write(get('/', `Cookie: ${cookie}=${sealed}\r\n`))
    await poll(
      'an answer',
      () => client.text().slice(before),
      (text) => /\r\n\r\n/.test(text),
    )
    return statusOf(client.text().slice(before))
  }
  for (const client of connections.values()) t.equal(await ask(client), 200)
  const revoked = await runProcess(['sessions', 'revoke', '--user', 'alice', '-c', place.file])
  t.match(revoked, { code: 0, stdout: 'Revoked 1 session.\n' })
  for (const client of connections.values())
    await poll(
      'the worker to know',
      () => ask(client),
      (status) => status !== 200,
    )
  await running.logged(({ event }) => event === 'sessions.revoked')
  t.equal(eventsOf(running, 'sessions.revoked').length, 1)
})

t.test('an address that is taken is told as ever, once, and nothing is tried again', async (t) => {
  const other = createServer().listen(place.port, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  t.teardown(() => other.close())
  place.write(yaml)
  const ended = await runProcess(['serve', '-c', place.file])
  t.equal(ended.code, 1)
  t.equal(
    ended.stderr,
    `claimgate serve: 127.0.0.1:${place.port} is taken: stop what listens there, or set \`listen\` or \`admin\` to another port\n`,
  )
  t.notMatch(ended.stdout, 'worker.ended')
})

t.test('a Unix socket is one for all workers, and comes back when all of them are gone', async (t) => {
  const socket = join(place.folder, 'gateway.sock')
  const running = await start(t, `listen: "unix:${socket}"\ntrusted_proxies: [unix]\n${yaml}`)
  const ask = () =>
    new Promise<number | string>((resolve) => {
      const request = http.get({
        socketPath: socket,
        path: '/public/a',
        headers: { host: `localhost:${place.port}` },
        agent: false,
      })
      request.on('response', (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    })
  t.equal(await ask(), 200)
  for (const { pid } of startedWorkers(running)) process.kill(pid, 'SIGKILL')
  await running.logged(({ event, worker }) => event === 'worker.started' && worker === 4)
  await poll('an answer', ask, (answer) => answer === 200)
  t.same(await running.stop(), { code: 0, signal: null })
  t.equal(await ask(), 'ENOENT')
})

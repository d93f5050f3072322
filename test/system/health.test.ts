// What the operator's own tools ask: the admin address, `claimgate health`, and that the world sees none of it.
import t, { type Test } from 'tap'
import { Browser } from '../support/browser.ts'
import { visitAs } from '../support/front.ts'
import { type GatewayProcess, runProcess, startProcess } from '../support/process.ts'
import { newStand } from '../support/process-front.ts'

const stand = await newStand()
const { place, url } = stand
t.teardown(() => stand.close())

async function start(t: Test, yaml: string): Promise<GatewayProcess> {
  place.write(yaml)
  const running = await startProcess(place)
  t.teardown(() => running.stop())
  return running
}

const admin = (path: string) => new Browser().visit(place.adminUrl + path)
const health = (...more: string[]) => runProcess(['health', '-c', place.file, ...more])

t.test('the admin address tells the state, and counts', async (t) => {
  const running = await start(t, stand.yaml())
  await running.logged((line) => line.event === 'provider.ready')
  t.match(await admin('/livez'), { status: 200, body: 'ok\n' })
  const ready = await admin('/readyz')
  t.equal(ready.status, 200)
  t.same(JSON.parse(ready.body), { ready: true, store: 'ok', draining: false, providers: { op: 'ready' } })
  t.equal((await admin('/')).status, 404)
  t.equal((await new Browser().visit(`${place.adminUrl}/metrics`, { method: 'POST' })).status, 404)

  const alice = new Browser()
  await visitAs(alice, 'alice', `${url}/reports/secret-path`)
  await alice.visit(`${url}/admin`)
  await new Browser().visit(`${url}/public/x`)
  await running.logged((line) => line.event === 'request' && line.location === '/public')
  const metrics = await admin('/metrics')
  t.match(metrics.headers['content-type'], /^text\/plain; version=0\.0\.4/)
  for (const line of [
    'claimgate_requests_total{app="wiki",decision="allow",reason="rule-met",status="2xx"} 1',
    'claimgate_requests_total{app="wiki",decision="challenge",reason="no-session",status="3xx"} 1',
    'claimgate_requests_total{app="wiki",decision="deny",reason="rule-not-met",status="4xx"} 1',
    'claimgate_requests_total{app="wiki",decision="allow",reason="open-to-anyone",status="2xx"} 1',
    'claimgate_logins_total{provider="op",outcome="completed"} 1',
    'claimgate_provider_ready{provider="op"} 1',
    'claimgate_websockets 0',
  ]) {
    t.ok(metrics.body.split('\n').includes(line), line)
  }
  t.notMatch(metrics.body, /alice|secret-path|127\.0\.0\.1/, 'no person, path or address')
})

t.test('the public port serves none of it', async (t) => {
  await start(t, stand.yaml({ url: `${url}/wiki`, app: '    require: anyone' }))
  for (const path of ['/livez', '/readyz', '/metrics', '/.auth/livez', '/.auth/readyz', '/.auth/metrics']) {
    const page = await new Browser().visit(url + path)
    t.equal(page.status, 404, path)
    t.notMatch(page.body, /claimgate_|"ready"|^ok/)
  }
  const anyHost = { headers: { host: 'balancer.internal' } }
  t.match(await new Browser().visit(`${url}/.auth/health`, anyHost), { status: 200, body: 'ok\n' })
  t.equal((await new Browser().visit(`${url}/metrics`, anyHost)).status, 421)
  t.equal((await new Browser().visit(`${url}/.auth/health`, { method: 'POST' })).status, 405)
})

t.test('claimgate health asks the gateway of this configuration', async (t) => {
  place.write(stand.yaml())
  const before = await health()
  t.equal(before.code, 1)
  t.match(before.stdout, /^not healthy: .*no gateway answers.*health-\d+\.sock: there is no socket; \//)
  const running = await start(t, stand.yaml())
  t.match(await health(), { code: 0, stdout: 'healthy\n', stderr: '' })
  const json = await health('--json')
  t.equal(json.code, 0)
  t.match(JSON.parse(json.stdout), { ready: true, store: 'ok', draining: false })
  await running.stop()
  t.equal((await health()).code, 1)
})

t.test('it needs no admin address, and survives a gateway that was killed', async (t) => {
  const yaml = stand.yaml({ top: 'admin: false' })
  const killed = await start(t, yaml)
  t.equal((await health()).code, 0)
  killed.signal('SIGKILL')
  await killed.exited
  t.match(await health(), { code: 1, stdout: /nobody listens at the socket any more/ }, 'what it left behind')
  t.notOk(killed.log().some((line) => line.admin_port !== undefined))
  await t.rejects(admin('/livez'), { code: 'ECONNREFUSED' })
  await start(t, yaml)
  t.equal((await health()).code, 0)
})

t.test('a data folder whose path is too long for a socket is none too long for it', async (t) => {
  const folder = `${place.folder}/${'long/'.repeat(30)}`
  const running = await start(t, stand.yaml({ top: `data: ${folder}` }))
  t.equal((await health()).code, 0)
  await running.stop()
  t.equal((await health()).code, 1)
})

t.test('a memory store needs no data folder, and is found all the same', async (t) => {
  const folder = `${place.folder}/nobody/made/it`
  const running = await start(t, stand.yaml({ top: `session: { store: memory }\ndata: ${folder}` }))
  t.match(await health(), { code: 0, stdout: 'healthy\n' })
  await running.stop()
  const top = 'session: { store: memory }\ndata: /proc/nowhere'
  const elsewhere = await start(t, stand.yaml({ top }))
  t.match(await health(), { code: 0, stdout: 'healthy\n' }, 'where none can be')
  await elsewhere.stop()
  t.equal((await health()).code, 1)
})

t.test('it serves without any place for its socket, and says so', async (t) => {
  const top = 'session: { store: memory }\ndata: /proc/nowhere'
  place.write(stand.yaml({ top }))
  // Below a file, as where there is no folder at all Node's own cache of what it compiled would wait for ever.
  const running = await startProcess(place, { env: { TMPDIR: `${place.file}/none` } })
  t.teardown(() => running.stop())
  t.equal((await new Browser().visit(`${url}/public/x`)).status, 200)
  const line = running.log().find(({ event }) => event === 'health.unavailable')
  t.match(
    line?.warning,
    /no socket of this gateway: \/proc\/nowhere\/\S+: ENOENT; \S+\/none\/claimgate-\S+: EEXIST/,
  )
  t.equal((await health()).code, 1)
  t.same(await running.stop(), { code: 0, signal: null })
})

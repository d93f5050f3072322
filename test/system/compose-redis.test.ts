// config/examples/compose-redis/ without a Docker engine: its Caddyfile and its configuration run by Caddy, two gateways
// and a Redis with its command's options, on free ports of this machine. One gateway is killed, and nobody notices.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { Browser } from '../support/browser.ts'
import { startChild, stopChild } from '../support/child.ts'
import { startEcho } from '../support/echo.ts'
import { root } from '../support/examples.ts'
import { visitAs } from '../support/front.ts'
import { startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'
import { type GatewayProcess, newPlace, runProcess, startProcess } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'
import { poll } from '../support/waiting.ts'

const read = (name: string): string => readFileSync(join(root, 'config/examples/compose-redis', name), 'utf8')
const compose = parse(read('compose.yaml'), { merge: true })
const { services, networks } = compose
const gatewayFile = read('gateway/claimgate.yaml')
const caddyfile = read('Caddyfile')

t.test('services, networks and names fit each other', async (t) => {
  t.same(Object.keys(services), ['front', 'gateway-1', 'gateway-2', 'redis'])
  t.same(services['gateway-1'], services['gateway-2'])
  t.match(gatewayFile, `trusted_proxies: [${services.front.networks.front.ipv4_address}]`)
  t.match(gatewayFile, 'url: "redis://redis:6379"')
  t.same(services.redis.networks, ['sessions'])
  t.equal(networks.sessions.internal, true, 'nobody from outside reaches Redis')
  t.notOk('ports' in services.redis || 'ports' in services['gateway-1'])
  t.match(caddyfile, 'reverse_proxy gateway-1:8080 gateway-2:8080 {')
  const asked = [...gatewayFile.matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => name)
  t.same(asked.sort(), Object.keys(services['gateway-1'].environment).sort())
  for (const [name, value] of Object.entries(services['gateway-1'].environment))
    t.equal(value, `\${${name}:?}`, 'no value in the file')
  t.match(services['gateway-1'], { read_only: true, cap_drop: ['ALL'], tmpfs: ['/data:mode=1777'] })
})

const folder = mkdtempSync(join(tmpdir(), 'claimgate-compose-redis-'))
const [op, echo] = await Promise.all([startOp(), startEcho()])
const password = 'redis/aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW'
const options: readonly string[] = services.redis.command
  .replace(/\$\{REDIS_PASSWORD:\?\}/, password)
  .split(' ')
  .slice(1)
const redis = await startRedis(t, { args: options })
const env = {
  SESSION_SECRET: 'session/aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW',
  LOG_SUBJECT_KEY: 'subject/aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW',
  REDIS_PASSWORD: password,
  OIDC_CLIENT_SECRET: op.clientSecret,
  WIKI_SHARED_SECRET: 'wiki/aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW',
}
t.teardown(async () => {
  await Promise.all([op.close(), echo.close()])
  rmSync(folder, { recursive: true, force: true })
})

const frontPort = await freePort()
const url = `http://localhost:${frontPort}`
op.register({ redirectUris: [`${url}/.auth/callback`] })
const places = [await newPlace(), await newPlace()]
t.teardown(() => {
  for (const place of places) place.remove()
})

t.test('the configuration is fine, and only says that Redis is reached without TLS', async (t) => {
  const file = join(folder, 'claimgate.yaml')
  writeFileSync(file, gatewayFile)
  const { code, stdout } = await runProcess(['check', '-c', file], { env })
  t.equal(code, 0, stdout)
  t.match(stdout, /1 warning\n.*reached without TLS/)
})

t.test('two gateways are one behind Caddy, and one of them is enough', async (t) => {
  const gateways: GatewayProcess[] = []
  for (const place of places) {
    const text = gatewayFile
      .replace(/^listen: .*$/m, '')
      .replace('172.30.0.2', '127.0.0.1')
      .replace('redis://redis:6379', `redis://127.0.0.1:${redis.port}`)
      .replace('https://login.example.com', op.issuer)
      .replace('client_id: claimgate', `client_id: ${op.clientId}`)
      .replace('https://wiki.example.com', url)
      .replace('http://wiki:5000', echo.url)
    place.write(text)
    const running = await startProcess(place, { env })
    gateways.push(running)
    t.teardown(() => running.stop())
    await running.logged(({ event }) => event === 'provider.ready')
  }
  const file = join(folder, 'Caddyfile')
  const [first, second] = places
  const here = caddyfile
    .replace('wiki.example.com', url)
    .replace('gateway-1:8080', `127.0.0.1:${first?.port}`)
    .replace('gateway-2:8080', `127.0.0.1:${second?.port}`)
  writeFileSync(file, `{\n\tadmin off\n}\n${here}`)
  const caddy = startChild('/usr/bin/caddy', ['run', '--adapter', 'caddyfile', '--config', file], {
    env: { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder } as Record<string, string>,
  })
  for (const stream of [caddy.stdout, caddy.stderr]) stream.resume()
  t.teardown(() => stopChild(caddy))
  const asked = () => fetch(`${url}/.auth/health`).then(({ status }) => status, String)
  await poll('Caddy', asked, (status) => status === 200)

  const adam = new Browser()
  t.match(await visitAs(adam, 'adam', `${url}/deep?a=1`), { status: 200 })
  const page = async () => (await adam.visit(`${url}/page`, { follow: false })).status
  // Caddy draws who is asked: each of them is, sooner or later.
  const served = (one: GatewayProcess): boolean =>
    one.log().some(({ event, path, status }) => event === 'request' && path === '/page' && status === 200)
  const statuses = new Set<number>()
  const ask = async () => {
    statuses.add(await page())
    return gateways.map(served)
  }
  await poll('both to have answered', ask, (answered) => answered.every(Boolean))
  t.same([...statuses], [200])
  gateways[0]?.signal('SIGKILL')
  await gateways[0]?.exited
  for (let i = 0; i < 6; i++) t.equal(await page(), 200, 'the other one has the session')
})

// What a provider that is down costs, and which requests take the way through the proxy of the environment.
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Browser } from '../support/browser.ts'
import { visitAs } from '../support/front.ts'
import { startOp } from '../support/op.ts'
import { portOf } from '../support/ports.ts'
import { type GatewayProcess, newPlace, type StartOptions, startProcess } from '../support/process.ts'
import { newStand } from '../support/process-front.ts'
import { createAuthority } from '../support/tls.ts'
import { recordingUpstream } from '../support/upstream.ts'
import { poll } from '../support/waiting.ts'

const stand = await newStand()
t.teardown(() => stand.close())

async function start(t: Test, yaml: string, options: StartOptions = {}): Promise<GatewayProcess> {
  stand.place.write(yaml)
  const running = await startProcess(stand.place, options)
  t.teardown(() => running.stop())
  return running
}

t.test('a provider that is down at the start: the rest goes on, and it comes back by itself', async (t) => {
  const place = await newPlace()
  // Until it knows its client, this one answers 503 to everything.
  const op = await startOp()
  t.teardown(() => op.close().then(() => place.remove()))
  place.write(stand.yaml({ url: place.url, issuer: op.issuer }))
  const running = await startProcess(place)
  t.teardown(() => running.stop())
  const readiness = async () => {
    const page = await new Browser().visit(`${place.adminUrl}/readyz`)
    return { status: page.status, ...JSON.parse(page.body) }
  }

  t.match(await running.logged((line) => line.event === 'provider.failed'), {
    provider: 'op',
    code: 'PROVIDER_UNREACHABLE',
    error: /503/,
  })
  t.match(await readiness(), { status: 200, ready: true, providers: { op: /failed|pending/ } })
  t.equal((await new Browser().visit(`${place.url}/public/x`)).status, 200, 'open locations are served')
  const refused = await new Browser().visit(`${place.url}/reports`)
  t.equal(refused.status, 503)
  t.match(refused.headers['retry-after'], /^\d+$/)
  t.match(refused.headers['content-type'], /^text\/html/)
  t.match(refused.body, /The sign-in service is not available/)
  t.notMatch(refused.body, op.issuer)
  const metrics = async () => (await new Browser().visit(`${place.adminUrl}/metrics`)).body
  t.match(await metrics(), /^claimgate_provider_ready\{provider="op"\} 0$/m)

  op.register({ redirectUris: [`${place.url}/.auth/callback`] })
  // Nobody signs in meanwhile: asking for readiness is enough.
  await poll('the provider to be ready', readiness, ({ providers }) => providers.op === 'ready')
  t.ok(await running.logged((line) => line.event === 'provider.ready'))
  t.match(await metrics(), /^claimgate_provider_ready\{provider="op"\} 1$/m)
  t.equal((await visitAs(new Browser(), 'alice', `${place.url}/reports`)).status, 200)
})

t.test('a provider that goes down later ends no session', async (t) => {
  const place = await newPlace()
  const op = await startOp()
  op.register({ redirectUris: [`${place.url}/.auth/callback`] })
  t.teardown(() => place.remove())
  place.write(stand.yaml({ url: place.url, issuer: op.issuer }))
  const running = await startProcess(place)
  t.teardown(() => running.stop())
  const alice = new Browser()
  t.equal((await visitAs(alice, 'alice', `${place.url}/reports`)).status, 200)
  await op.close()
  t.equal((await alice.visit(`${place.url}/reports`)).status, 200)
  t.equal((await alice.visit(`${place.url}/admin`)).status, 403)
})

t.test('the proxy of the environment is for providers alone, never for an app (S-249)', async (t) => {
  const proxy = await startRefusingProxy()
  const authority = createAuthority()
  const secure = await recordingUpstream({ tls: authority.issue({ names: ['DNS:localhost'] }) })
  t.teardown(() => Promise.all([proxy.close(), secure.close()]))
  const ca = join(stand.place.folder, 'ca.crt')
  writeFileSync(ca, authority.certificate)
  const open = '    require: anyone'
  const upstreams = [stand.echo.url, `{ url: "https://localhost:${secure.port}", ca_file: ${ca} }`]
  const environments: readonly (readonly [Readonly<Record<string, string>>, readonly string[]])[] = [
    [
      { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, ALL_PROXY: proxy.url },
      ['CONNECT op.example.test:443'],
    ],
    [{ https_proxy: proxy.url, http_proxy: proxy.url }, ['CONNECT op.example.test:443']],
    [{ HTTPS_PROXY: proxy.url, NO_PROXY: 'other.test,op.example.test' }, []],
    [{ HTTPS_PROXY: proxy.url, no_proxy: '*' }, []],
    [{ HTTP_PROXY: proxy.url, NODE_USE_ENV_PROXY: '1' }, []],
  ]
  for (const [env, asked] of environments) {
    for (const upstream of upstreams) {
      proxy.asked.length = 0
      const running = await start(t, stand.yaml({ issuer: 'https://op.example.test', upstream, app: open }), {
        env,
      })
      await running.logged((line) => line.event === 'provider.failed')
      const page = await new Browser().visit(`${stand.url}/x`, { headers: { proxy: proxy.url } })
      t.equal(page.status, 200, `${JSON.stringify(env)} ${upstream}`)
      t.same([...new Set(proxy.asked)], asked)
      await running.stop()
    }
  }
})

/** A proxy that writes down what it is asked for, and does none of it. */
async function startRefusingProxy() {
  const asked: string[] = []
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(502).end()
  })
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`)
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    asked,
    url: `http://127.0.0.1:${portOf(server)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}

// What `claimgate doctor --url` says: a gateway that runs, asked by its public address, with and without a proxy in front.
import { statSync, writeFileSync } from 'node:fs'
import { createServer, request as send } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { findingsOf } from '../../src/doctor/finding.ts'
import { judgeAddress, judgeBelieved, judgePlainHttp } from '../../src/doctor/public-address/judge.ts'
import { findingLine } from '../../src/doctor/report.ts'
import { healthSocketPaths } from '../../src/runtime/health-path.ts'
import { startTestGateway } from '../support/gateway.ts'
import { freePort, portOf } from '../support/ports.ts'
import { newPlace, runProcess, startProcess } from '../support/process.ts'
import { createAuthority } from '../support/tls.ts'
import { gatewayOf, look } from './rig.ts'

const rules = (url: string, top = '') => `${top}
providers:
  main: { issuer: "http://127.0.0.1:9", client_id: gateway, client_secret: a-client-secret }
apps:
  wiki: { url: "${url}", upstream: "unix:/nonexistent/app.sock", require: signed_in }
`

/** A gateway with a public address, and the file that doctor reads: where it listens, and where its data is. */
async function gateway(t: Test, top = '', publicUrl?: string) {
  const running = await startTestGateway({ yaml: ({ url }) => rules(publicUrl ?? url, top) })
  t.teardown(() => running.close())
  const yaml = `listen: "127.0.0.1:${running.port}"\nadmin: false\ndata: ${JSON.stringify(running.folder)}\n${rules(publicUrl ?? running.url, top)}`
  return { ...running, yaml }
}

/** A proxy that passes everything on, with these headers set over what came. */
async function proxyTo(t: Test, port: () => number, headers: Readonly<Record<string, string>>) {
  const proxy = createServer((request, response) => {
    const asked = send(
      { port: port(), host: '127.0.0.1', path: request.url, headers: { ...request.headers, ...headers } },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    asked.end()
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => proxy.close())
  return `http://localhost:${portOf(proxy)}`
}

t.test('the public address reaches this very gateway, which believes nobody', async (t) => {
  const running = await gateway(t, 'trusted_proxies: none')
  const [socket = ''] = healthSocketPaths(gatewayOf(running.yaml))
  t.equal(statSync(socket).mode & 0o777, 0o600, 'whoever may connect is given a mark: this user alone')
  const { lines } = await look(running.yaml, 0, running.url)
  t.match(lines(running.url, 'this gateway'), [
    /^ok .*\/\.auth\/health reaches this very gateway, edition 1\n$/,
  ])
  t.match(lines(running.url, 'Host'), [/^ok /])
  t.match(lines(running.url, 'client address'), [
    /^ok .* this machine is taken for 127\.0\.0\.1, and X-Forwarded-For from outside is not believed/,
  ])
})

t.test(
  'without a mark the address says `ok` and nothing else; one of another gateway, or an old one, is none',
  async (t) => {
    const running = await gateway(t)
    const other = await gateway(t)
    const health = `${running.url}/.auth/health`
    const plain = await fetch(health)
    t.equal(await plain.text(), 'ok\n')
    for (const mark of ['x', '', 'a.b.c.d.e']) {
      const answer = await fetch(health, { headers: { 'x-claimgate-mark': mark } })
      t.equal(await answer.text(), 'ok\n')
    }
    const { lines } = await look(other.yaml.replaceAll(other.url, running.url), 0, running.url)
    t.match(lines(running.url, 'this gateway'), [
      /^failed .* that does not open this one's mark\. It has another/,
    ])
  },
)

t.test('wrong Host: the proxy in front does not pass it on', async (t) => {
  let port = 0
  const url = await proxyTo(t, () => port, { host: 'internal.example' })
  const running = await gateway(t, 'trusted_proxies: [127.0.0.1/32]', url)
  port = running.port
  const { lines } = await look(running.yaml, 0, url)
  t.match(lines(url, 'this gateway'), [/^ok .* reaches this very gateway/])
  t.match(lines(url, 'Host'), [
    /^failed .* no `url` of the file names\. The proxy in front must pass Host on/,
  ])
})

t.test('a trusted proxy that passes a forged X-Forwarded-For on', async (t) => {
  let port = 0
  const url = await proxyTo(t, () => port, {})
  const running = await gateway(t, 'trusted_proxies: [127.0.0.1/32]', url)
  port = running.port
  const { lines } = await look(running.yaml, 0, url)
  t.match(lines(url, 'client address'), [/^failed .* X-Forwarded-For from outside is believed/])
})

t.test('a trusted proxy that says who asks', async (t) => {
  let port = 0
  const url = await proxyTo(t, () => port, { 'x-forwarded-for': '198.51.100.9' })
  const running = await gateway(t, 'trusted_proxies: [127.0.0.1/32]', url)
  port = running.port
  const { lines } = await look(running.yaml, 0, url)
  t.match(lines(url, 'client address'), [/^ok .* this machine is taken for 198\.51\.100\.9/])
})

t.test('an address that is not the gateway, and one where nobody is', async (t) => {
  const elsewhere = createServer((_request, response) =>
    response.writeHead(301, { location: 'https://elsewhere.example/' }).end(),
  )
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  t.teardown(() => elsewhere.close())
  const url = `http://localhost:${portOf(elsewhere)}`
  const running = await gateway(t, '', url)
  t.match((await look(running.yaml, 0, url)).lines(url, 'this gateway'), [
    /^failed .* answers 301 to https:\/\/elsewhere\.example\/, which is not the gateway/,
  ])
  const nowhere = `http://localhost:${await freePort()}`
  const other = await gateway(t, '', nowhere)
  t.match((await look(other.yaml, 0, nowhere)).lines(nowhere, 'this gateway'), [/^failed .* ECONNREFUSED/])
})

t.test('no gateway runs with this file', async (t) => {
  const yaml = `data: ${JSON.stringify(t.testdir({}))}\n${rules('http://localhost:8080')}`
  const { lines } = await look(yaml, 0, 'http://localhost:8080')
  t.match(lines('http://localhost:8080', 'this gateway'), [
    /^failed .* no gateway of this configuration runs here: /,
  ])
})

t.test(
  'over TLS, as processes: the certificate of the public address, and an address of no app',
  async (t) => {
    const ours = createAuthority()
    const pair = ours.issue({ names: ['DNS:localhost'] })
    const place = await newPlace()
    t.teardown(() => place.remove())
    for (const [name, text] of [
      ['ca.pem', ours.certificate],
      ['tls.crt', pair.cert],
      ['tls.key', pair.key],
    ] as const)
      writeFileSync(join(place.folder, name), text, { mode: 0o600 })
    const url = `https://localhost:${place.port}`
    place.write(
      rules(
        url,
        `listen: { address: "127.0.0.1:${place.port}", tls: [{ certificate: tls.crt, key: tls.key }] }`,
      ),
    )
    const running = await startProcess(place)
    t.teardown(() => running.stop())
    await running.logged(
      ({ event, warning }) =>
        event === 'config.warning' && /certificate "localhost" ends on/.test(String(warning)),
    )
    const env = { NODE_EXTRA_CA_CERTS: join(place.folder, 'ca.pem') }
    const doctor = await runProcess(['doctor', '-c', place.file, '--url', url], { env })
    t.match(doctor.stdout, new RegExp(`^ok +${url}  this gateway: .* reaches this very gateway`, 'm'))
    t.match(doctor.stdout, new RegExp(`^warning +${url}  certificate: .* ends on`, 'm'))
    t.match(doctor.stdout, new RegExp(`^ok +${url}  scheme: no proxy says otherwise`, 'm'))
    const untrusting = await runProcess(['doctor', '-c', place.file, '--url', url])
    t.match(untrusting.stdout, /^failed .* this gateway: .*NODE_EXTRA_CA_CERTS/m)
    const wrong = await runProcess(['doctor', '-c', place.file, '--url', 'https://wiki.example.com'], { env })
    t.equal(wrong.code, 2)
    t.match(wrong.stderr, new RegExp(`--url takes an address of the file: ${url}`))
  },
)

t.test('http behind TLS: a proxy that ends TLS says so of the gateway, and not of the browser', async (t) => {
  const ours = createAuthority()
  const place = await newPlace()
  t.teardown(() => place.remove())
  const front = createTlsServer(ours.issue({ names: ['DNS:localhost'] }), (request, response) => {
    const headers = { ...request.headers, 'x-forwarded-for': '198.51.100.9', 'x-forwarded-proto': 'http' }
    send({ port: place.port, host: '127.0.0.1', path: request.url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    }).end()
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  t.teardown(() => front.close())
  writeFileSync(join(place.folder, 'ca.pem'), ours.certificate)
  const url = `https://localhost:${portOf(front)}`
  place.write(rules(url, 'trusted_proxies: [127.0.0.1/32]'))
  const running = await startProcess(place)
  t.teardown(() => running.stop())
  const env = { NODE_EXTRA_CA_CERTS: join(place.folder, 'ca.pem') }
  const { code, stdout } = await runProcess(['doctor', '-c', place.file, '--url', url], { env })
  t.equal(code, 1)
  t.match(stdout, new RegExp(`^failed +${url}  scheme: .*X-Forwarded-Proto: http.*Have it say https`, 'm'))
  t.match(stdout, new RegExp(`^ok +${url}  client address: .*198\\.51\\.100\\.9`, 'm'))
})

t.test('what is said of http, and of a scheme that a proxy says', async (t) => {
  const say = findingsOf('https://wiki.example.com')
  const origin = { origin: 'https://wiki.example.com', scheme: 'https' } as const
  const reached = {
    instance: 'a',
    edition: 3,
    client: '198.51.100.9',
    scheme: 'https',
    origin: origin.origin,
  }
  const lineOf = (scheme: string | null) =>
    judgeBelieved(say, origin, { ...reached, scheme }, false)
      .map(findingLine)
      .at(-1)
  t.match(lineOf('https'), /^ok .* scheme: https, as the proxy/)
  t.match(lineOf('http'), /^failed .* `X-Forwarded-Proto: http` of a request by https\. Have it say https/)
  const answer = { ok: true, body: '', certificateEndsAt: null } as const
  const plain = (status: number, location: string | null) =>
    findingLine(judgePlainHttp(say, origin.origin, { ...answer, status, location }))
  t.match(plain(308, 'https://wiki.example.com/'), /^ok .* 308 to https/)
  t.match(plain(301, 'https://elsewhere.example/'), /^warning .* to https:\/\/elsewhere/)
  t.match(plain(200, null), /^warning .* answers 200 by http\. Have the proxy/)
  t.match(findingLine(judgePlainHttp(say, origin.origin, { ok: false, code: 'ECONNREFUSED' })), /^ok /)
  t.match(
    findingLine(judgeAddress(say, 'x', { ...answer, status: 200, location: null }, reached, 'b')),
    /^ok .* another process of this deployment, edition 3/,
  )
})

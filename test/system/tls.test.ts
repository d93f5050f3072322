// The public port with certificates of its own, and behind a load balancer that ends TLS.
import { writeFileSync } from 'node:fs'
import http, { type IncomingHttpHeaders } from 'node:http'
import https, { type RequestOptions } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { type GatewayProcess, newPlace, runProcess, startProcess } from '../support/process.ts'
import { newStand } from '../support/process-front.ts'
import { createAuthority } from '../support/tls.ts'
import { recordingUpstream } from '../support/upstream.ts'

const authority = createAuthority()
const stand = await newStand()
t.teardown(() => stand.close())
const { place } = stand
const open = '    require: signed_in\n    locations: [{ path: /public, require: anyone }]'

const write = (name: string, text: string): string => {
  const path = join(place.folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

/** As `tls` writes a pair. */
const pair = (name: string, names: readonly string[]): string => {
  const { cert, key } = authority.issue({ names })
  return `{ certificate: ${write(`${name}.crt`, cert)}, key: ${write(`${name}.key`, key)} }`
}

const first = pair('first', ['DNS:localhost', 'IP:127.0.0.1'])
const second = pair('second', ['DNS:wiki.example.test', 'DNS:*.wild.example.test'])

async function start(t: Test, yaml: string): Promise<GatewayProcess> {
  place.write(yaml)
  const running = await startProcess(place)
  t.teardown(() => running.stop())
  return running
}

t.test('two certificates on one port, by the name that the client asks for (SNI)', async (t) => {
  const listen = `listen: { address: "127.0.0.1:${place.port}", tls: [${first}, ${second}] }`
  await start(t, stand.yaml({ top: listen, url: `https://localhost:${place.port}`, app: open }))
  const cases: readonly (readonly [string, RegExp])[] = [
    ['localhost', /DNS:localhost/],
    ['wiki.example.test', /DNS:wiki\.example\.test/],
    ['any.wild.example.test', /DNS:wiki\.example\.test/],
    ['unknown.example.test', /DNS:localhost/],
    ['', /DNS:localhost/],
  ]
  for (const [servername, names] of cases) {
    t.match(await namesOf(place.port, servername), names, servername || 'no name')
  }
  const answer = await ask(place.port, '/public/x', { ca: authority.certificate })
  t.equal(answer.status, 200)
  t.same(JSON.parse(answer.body).headers['x-forwarded-proto'], ['https'])
  const health = await runProcess(['health', '-c', place.file])
  t.match(health, { code: 0, stdout: 'healthy\n' }, 'the local socket needs no certificate')
})

t.test('S-248: TLS 1.1 and plain HTTP are no way in', async (t) => {
  const listen = `listen: { address: "127.0.0.1:${place.port}", tls: [${first}] }`
  await start(t, stand.yaml({ top: listen, url: `https://localhost:${place.port}`, app: open }))
  const old = { ca: authority.certificate, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
  await t.rejects(ask(place.port, '/public/x', { ...old, ciphers: 'DEFAULT@SECLEVEL=0' }), {
    message: /alert protocol version/,
  })
  await t.rejects(askPlain(place.port, '/public/x', {}))
})

t.test('with client_ca nobody gets in without a certificate of it', async (t) => {
  const other = createAuthority()
  const ca = write('clients.crt', authority.certificate)
  const listen = `listen: { address: "127.0.0.1:${place.port}", tls: [${first}, ${second}], client_ca: ${ca} }`
  await start(t, stand.yaml({ top: listen, url: `https://localhost:${place.port}`, app: open }))
  const client = authority.issue({ names: ['DNS:client'], client: true })
  const stranger = other.issue({ names: ['DNS:client'], client: true })
  const trust = { ca: authority.certificate }
  t.equal((await ask(place.port, '/public/x', { ...trust, ...client })).status, 200)
  await t.rejects(ask(place.port, '/public/x', trust))
  await t.rejects(ask(place.port, '/public/x', { ...trust, ...stranger }))
  const byName = { servername: 'wiki.example.test', checkServerIdentity: () => undefined }
  await t.rejects(ask(place.port, '/public/x', { ...trust, ...byName }), 'nor by the other certificate')
  t.equal((await ask(place.port, '/.auth/health', { ...trust, ...client })).status, 200)
  t.equal((await runProcess(['health', '-c', place.file])).code, 0)
})

t.test('an app’s certificate is verified; NODE_EXTRA_CA_CERTS adds an authority', async (t) => {
  const app = await recordingUpstream({ tls: authority.issue({ names: ['DNS:localhost'] }) })
  t.teardown(() => app.close())
  place.write(stand.yaml({ upstream: `https://localhost:${app.port}`, app: '    require: anyone' }))
  const host = { host: `localhost:${place.port}` }
  const strict = await startProcess(place)
  t.teardown(() => strict.stop())
  t.equal((await askPlain(place.port, '/x', { headers: host })).status, 502)
  t.ok(await strict.logged((line) => line.code === 'UPSTREAM_TLS'))
  t.equal(app.requests(), 0)
  await strict.stop()
  const env = { NODE_EXTRA_CA_CERTS: write('extra.crt', authority.certificate) }
  const trusting = await startProcess(place, { env })
  t.teardown(() => trusting.stop())
  t.equal((await askPlain(place.port, '/x', { headers: host })).status, 200)
})

t.test(
  'a certificate and a key that do not fit are a fault of the file, not of the first client',
  async (t) => {
    const strange = write('strange.key', authority.issue({ names: ['DNS:localhost'] }).key)
    const listen = `listen: { address: "127.0.0.1:${place.port}", tls: [{ certificate: ${join(place.folder, 'first.crt')}, key: ${strange} }] }`
    place.write(stand.yaml({ top: listen, url: `https://localhost:${place.port}` }))
    const { code, stderr } = await runProcess(['serve', '-c', place.file])
    t.equal(code, 2)
    t.match(stderr, /^\S+:\d+:\d+ listen\.tls/m)
  },
)

t.test('behind a load balancer that ends TLS', async (t) => {
  const url = 'https://wiki.example.com'
  const host = { host: 'wiki.example.com' }
  const page = { ...host, accept: 'text/html' }
  const believed = await newPlace()
  t.teardown(() => believed.remove())
  believed.write(stand.yaml({ url, app: open, top: 'trusted_proxies: ["127.0.0.1/32", "192.0.2.0/24"]' }))
  const running = await startProcess(believed)
  t.teardown(() => running.stop())

  const get = await askPlain(believed.port, '/a/b?c=%20d', {
    headers: { ...page, 'x-forwarded-proto': 'http' },
  })
  t.equal(get.status, 302)
  t.equal(get.headers.location, `${url}/a/b?c=%20d`)
  const open200 = await askPlain(believed.port, '/public/x', {
    headers: { ...host, 'x-forwarded-proto': 'http' },
  })
  t.equal(open200.status, 302, 'open locations too')
  for (const path of ['/a/b', '/public/x', '/.auth/logout']) {
    const post = await askPlain(believed.port, path, {
      method: 'POST',
      headers: { ...host, 'x-forwarded-proto': 'http' },
    })
    t.equal(post.status, 403, path)
    t.equal(post.headers.location, undefined)
    t.match(JSON.parse(post.body), { reason: 'insecure-scheme' })
  }
  const secure = await askPlain(believed.port, '/a/b', { headers: { ...page, 'x-forwarded-proto': 'https' } })
  t.match(secure.headers.location, stand.op.issuer)
  t.match(String(secure.headers['set-cookie']), /^__Host-\S+; Max-Age=\d+; Path=\/; HttpOnly; Secure/)

  const chain = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9, 198.51.100.7, 192.0.2.1' }
  const seen = JSON.parse(
    (await askPlain(believed.port, '/public/chain', { headers: { ...host, ...chain } })).body,
  )
  t.same(seen.headers['x-forwarded-for'], ['198.51.100.7'], 'the rightmost that is no proxy of ours')
  t.same(seen.headers['x-forwarded-proto'], ['https'])
  t.match(await running.logged((line) => line.path === '/public/chain'), { client: '198.51.100.7' })
})

t.test('without trusted_proxies nobody is believed', async (t) => {
  const plain = await newPlace()
  t.teardown(() => plain.remove())
  plain.write(stand.yaml({ url: 'https://wiki.example.com', app: open }))
  const running = await startProcess(plain)
  t.teardown(() => running.stop())
  const headers = { host: 'wiki.example.com', 'x-forwarded-proto': 'http', 'x-forwarded-for': '198.51.100.7' }
  const answer = await askPlain(plain.port, '/public/x', { headers })
  t.equal(answer.status, 200)
  t.same(JSON.parse(answer.body).headers['x-forwarded-for'], ['127.0.0.1'])
})

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function ask(port: number, path: string, options: RequestOptions): Promise<Answer> {
  return answered(https.request({ host: 'localhost', port, path, agent: false, ...options }))
}

function askPlain(port: number, path: string, options: http.RequestOptions): Promise<Answer> {
  return answered(http.request({ host: '127.0.0.1', port, path, agent: false, ...options }))
}

function answered(request: http.ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('response', async (response) => {
      let body = ''
      for await (const piece of response) body += piece
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
    request.end()
  })
}

/** The names of the certificate that a client who asks for this one is shown. */
function namesOf(port: number, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().subjectaltname ?? '')
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

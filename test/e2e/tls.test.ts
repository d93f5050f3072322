import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startTestGateway } from '../support/gateway.ts'
import { startHostileOp } from '../support/hostile-op.ts'
import { freePort, portOf } from '../support/ports.ts'
import { createAuthority } from '../support/tls.ts'
import { recordingUpstream } from '../support/upstream.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-e2e-tls-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const authority = createAuthority()
const stranger = createAuthority()
const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}
const caFile = file('ca.pem', authority.certificate)
const secret = 'a-shared-secret-of-thirty-two-bytes-and-more'
const good = { names: ['DNS:localhost', 'IP:127.0.0.1'] }

interface Got {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

function get(url: string, options: https.RequestOptions = {}, body = ''): Promise<Got> {
  const { request } = url.startsWith('https:') ? https : http
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, ca: authority.certificate, ...options }, async (response) => {
      let text = ''
      for await (const part of response) text += part
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

t.test('S-243: an app behind a certificate that is not right gets no byte', async (t) => {
  const rows = [
    ['self-signed or of another authority', stranger.issue(good), 'localhost'],
    ['expired', authority.issue({ ...good, expired: true }), 'localhost'],
    ['of another host', authority.issue({ names: ['DNS:other.example'] }), 'localhost'],
    ['of a name, asked by address', authority.issue({ names: ['DNS:localhost'] }), '127.0.0.1'],
  ] as const
  for (const [name, tls, host] of rows) {
    const upstream = await recordingUpstream({ tls })
    const gateway = await startTestGateway({
      yaml: ({ url }) => `
providers:
  op: { issuer: "http://localhost:1", client_id: gateway, client_secret: s }
apps:
  wiki:
    url: ${url}
    upstream: { url: "https://${host}:${upstream.port}", ca_file: ${JSON.stringify(caFile)} }
    shared_secret: ${secret}
    require: anyone
`,
    })
    const answer = await get(`${gateway.url}/x`)
    t.equal(answer.status, 502, name)
    t.notMatch(answer.text, /certificate|self|altname|localhost:/i, name)
    t.equal(upstream.received(), '', name)
    t.match(await gateway.logged((line) => line.event === 'upstream.failed'), { code: 'UPSTREAM_TLS' }, name)
    await gateway.close()
    await upstream.close()
  }
})

t.test('S-249: proxies of the environment are not for apps', async (t) => {
  const asked: string[] = []
  const proxy = http.createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end()
  })
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '')
    socket.destroy()
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${portOf(proxy)}`
  const env = {
    HTTP_PROXY: address,
    HTTPS_PROXY: address,
    http_proxy: address,
    https_proxy: address,
    ALL_PROXY: address,
  }
  const before = { ...process.env }
  Object.assign(process.env, env)
  const upstream = await recordingUpstream()
  const gateway = await startTestGateway({
    env,
    yaml: ({ url }) => `
providers:
  op: { issuer: "http://localhost:1", client_id: gateway, client_secret: s }
apps:
  wiki: { url: "${url}", upstream: "http://127.0.0.1:${upstream.port}", shared_secret: ${secret}, require: anyone }
`,
  })
  t.teardown(async () => {
    for (const name of Object.keys(env)) delete process.env[name]
    Object.assign(process.env, before)
    await gateway.close()
    await upstream.close()
    proxy.close()
  })
  t.equal((await get(`${gateway.url}/x`)).status, 200)
  t.equal(upstream.requests(), 1)
  t.same(
    asked.filter((target) => target.includes(String(upstream.port))),
    [],
  )
})

t.test('a gateway that ends TLS itself', async (t) => {
  const op = await startHostileOp({ host: 'localhost' })
  const upstream = await recordingUpstream()
  const port = await freePort()
  const leaf = authority.issue(good)
  const certificate = JSON.stringify(file('leaf.pem', leaf.cert))
  const key = JSON.stringify(file('leaf.key', leaf.key))
  const url = `https://localhost:${port}`
  const gateway = await startTestGateway({
    port,
    listen: `{ address: "127.0.0.1:${port}", tls: [{ certificate: ${certificate}, key: ${key} }] }`,
    yaml: () => `
providers:
  op: { issuer: "${op.issuer}", client_id: gateway, client_secret: the-secret, response_mode: form_post }
apps:
  wiki: { url: "${url}", upstream: "http://127.0.0.1:${upstream.port}", shared_secret: ${secret}, require: signed_in }
`,
  })
  t.teardown(async () => {
    await gateway.close()
    await Promise.all([op.close(), upstream.close()])
  })

  t.test('S-147, S-114: every cookie is __Host-, Secure, HttpOnly, on / and without a Domain', async (t) => {
    const begun = await get(`${url}/deep`, { headers: { accept: 'text/html' } })
    t.equal(begun.status, 302)
    const back = op.authorize(new URL(begun.headers.location ?? ''))
    const [transaction = ''] = begun.headers['set-cookie'] ?? []
    t.match(transaction, /^__Host-[^=]+=[^;]+; Max-Age=90000; Path=\/; HttpOnly; Secure; SameSite=None$/)
    const headers = {
      cookie: transaction.split(';')[0],
      'content-type': 'application/x-www-form-urlencoded',
      origin: 'null',
      'sec-fetch-site': 'cross-site',
    }
    const done = await get(`${url}/.auth/callback`, { method: 'POST', headers }, back.toString())
    t.equal(done.status, 303, done.text)
    t.equal(done.headers.location, '/deep')
    const lines = done.headers['set-cookie'] ?? []
    t.ok(lines.length >= 2)
    for (const line of lines) {
      t.match(line, /^__Host-/)
      t.match(line, /; Path=\/(?:;|$)/)
      t.match(line, /; HttpOnly(?:;|$)/)
      t.match(line, /; Secure(?:;|$)/)
      t.match(line, /; SameSite=(?:Lax|Strict|None)$/)
      t.notMatch(line, /domain/i)
      t.ok(line.length < 4096)
    }
    const session = lines.find((line) => !/-tx-/.test(line)) ?? ''
    t.match(session, /; SameSite=Lax$/, 'the session is not weakened')
    t.notMatch(session, /max-age|expires/i)
    const page = await get(`${url}/x`, { headers: { cookie: session.split(';')[0] } })
    t.equal(page.status, 200)
    t.match(upstream.received(), /X-Forwarded-Proto: https\r\n/)
    t.notMatch(upstream.received(), /cookie:/i)
  })

  t.test('S-088: a client’s word about the scheme changes nothing', async (t) => {
    const headers = { accept: 'text/html', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'evil.test' }
    const { location = '' } = (await get(`${url}/x`, { headers })).headers
    t.equal(new URL(location).searchParams.get('redirect_uri'), `${url}/.auth/callback`)
  })
})

// A widget in a real browser: on the page of a customer it works, and on no other page.
import { createHash, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request as ask, createServer } from 'node:https'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import type { Page } from 'playwright-core'
import t from 'tap'
import { encodeApiKey } from '../../src/core/keys/api-key-record.ts'
import { inventKey } from '../support/api-keys.ts'
import { openChromium } from '../support/chromium.ts'
import { startEcho } from '../support/echo.ts'
import { startTestGateway } from '../support/gateway.ts'
import { freePort, portOf } from '../support/ports.ts'
import { createAuthority } from '../support/tls.ts'
import { patienceMs } from '../support/waiting.ts'

t.setTimeout(900_000)

const hosts = ['api', 'own', 'shop', 'evil'].map((name) => `${name}.example.test`)
const authority = createAuthority()
const { cert, key: pem } = authority.issue({ names: hosts.map((host) => `DNS:${host}`) })
const folder = t.testdir()
writeFileSync(join(folder, 'certificate.pem'), cert)
writeFileSync(join(folder, 'key.pem'), pem, { mode: 0o600 })

// Pages of customers are behind no gateway of ours.
const pages = createServer({ cert, key: pem }, (request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'text/html' })
  response.end('<title>A shop</title><iframe sandbox="allow-scripts" srcdoc="<p>sandboxed"></iframe>')
})
await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve))
const site = (name: string) => `https://${name}.example.test:${portOf(pages)}`

const key = inventKey({ claims: { plan: 'paid' }, origins: [site('shop')] })
const [echo, port] = [await startEcho(), await freePort()]
const ours = (name: string) => `https://${name}.example.test:${port}`
const gateway = await startTestGateway({
  port,
  listen: `{ address: "127.0.0.1:${port}", tls: [{ certificate: "${folder}/certificate.pem", key: "${folder}/key.pem" }] }`,
  yaml: () => `
api_keys: { store: sqlite, keys: ['${encodeApiKey(key.record)}'] }
apps:
  api:
    url: "${ours('api')}"
    upstream: "${echo.url}"
    credentials: [widget]
    require: signed_in
    cors: keys
    websocket: true
    identity_headers: { X-User: user, X-End-User: end_user }
    locations:
      - { path: /keys, require: signed_in, credentials: [api_key] }
      - { path: /page, require: anyone, cors: deny }
  own: { url: "${ours('own')}", upstream: "${echo.url}", require: anyone }
`,
})
const publicKey = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
const browser = await openChromium({ trustedKeys: [createHash('sha256').update(publicKey).digest('base64')] })
t.teardown(async () => {
  await browser.close()
  await gateway.close()
  await echo.close()
  pages.close()
  pages.closeAllConnections()
})

/** As the customer's back end asks for it. */
async function giveToken(): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: key.id, client_secret: key.secret }
  const body = new URLSearchParams({ ...form, origin: site('shop'), end_user: 'customer 42' })
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { host: new URL(ours('api')).host, 'content-type': 'application/x-www-form-urlencoded' }
    const to = { host: '127.0.0.1', port, servername: 'api.example.test', ca: authority.certificate }
    ask({ ...to, method: 'POST', path: '/.auth/token', headers }, resolve)
      .on('error', reject)
      .end(body.toString())
  })
  return ((await json(answer)) as { readonly access_token: string }).access_token
}

async function newPage(): Promise<Page> {
  const context = await browser.newContext()
  context.setDefaultTimeout(patienceMs)
  return context.newPage()
}

/** What a script there reads of an answer: status, and why or for whom; `unreadable` is all that it learns otherwise. */
async function read(frame: Pick<Page, 'evaluate'>, token: string, path = '/data'): Promise<string> {
  const text = await frame.evaluate(
    async ({ address, authorization }) => {
      try {
        const answer = await fetch(address, { headers: { authorization } })
        return `${answer.status} ${await answer.text()}`
      } catch {
        return 'unreadable'
      }
    },
    { address: `${ours('api')}${path}`, authorization: `Bearer ${token}` },
  )
  const said = /"reason":"([^"]*)"/.exec(text)?.[1] ?? /"x-end-user":\["([^"]*)"/.exec(text)?.[1] ?? ''
  return `${/^\w+/.exec(text)?.[0]} ${said}`.trim()
}

const token = await giveToken()

t.test('on its page it works', async (t) => {
  const page = await newPage()
  await page.goto(site('shop'))
  t.equal(await read(page, token), '200 customer 42')
  t.equal(await read(page, token, '/keys'), '401 credential-not-accepted', 'where keys alone open')
  t.equal(await read(page, `${token}A`), '401 token-invalid', 'a refusal is read by the page')
})

t.test('on no other page it works: another site, a frame without an origin, an app of ours', async (t) => {
  const before = echo.received.filter(({ target }) => target === '/data').length
  const page = await newPage()
  await page.goto(site('evil'))
  t.equal(await read(page, token), '401 token-wrong-origin')
  await page.goto(site('shop'))
  const [, sandboxed] = page.frames()
  if (sandboxed === undefined) throw new Error('there is no frame')
  t.equal(await read(sandboxed, token), 'unreadable', 'Origin: null')
  await page.goto(ours('own'))
  t.equal(await read(page, token), '401 token-wrong-origin')
  await page.goto(`${ours('api')}/page`)
  t.equal(
    await read(page, token),
    '401 token-wrong-origin',
    'the API itself: a browser sends no Origin there',
  )
  t.equal(echo.received.filter(({ target }) => target === '/data').length, before)
})

t.test('a page cannot send its token with a WebSocket, and opens none', async (t) => {
  const page = await newPage()
  await page.goto(site('shop'))
  const opened = await page.evaluate(
    (address) =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(address)
        socket.onopen = () => resolve(true)
        socket.onerror = () => resolve(false)
      }),
    `${ours('api').replace('https', 'wss')}/data`,
  )
  t.equal(opened, false)
})

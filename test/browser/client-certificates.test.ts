// A client certificate in a real browser, which makes the handshake by itself: see `openWithCertificate`.
import { createHash, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import t from 'tap'
import { openChromium, openWithCertificate } from '../support/chromium.ts'
import { createClientAuthority } from '../support/client-authority.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startOp } from '../support/op.ts'
import { freePort, portOf } from '../support/ports.ts'
import { startSite } from '../support/site.ts'
import { createAuthority } from '../support/tls.ts'
import { choose, heading } from './stage.ts'

t.setTimeout(900_000)

const partners = createClientAuthority('Partners')
const alice = partners.issue('alice', {
  subject: '/O=Acme/CN=alice',
  extensions: ['extendedKeyUsage=clientAuth', 'subjectAltName=email:alice@partner.example'],
})
const { cert, key } = createAuthority().issue({ names: ['DNS:api.example.test', 'DNS:evil.example.com'] })
const folder = t.testdir()
writeFileSync(join(folder, 'server.crt'), cert)
writeFileSync(join(folder, 'server.key'), key, { mode: 0o600 })
writeFileSync(join(folder, 'partners.pem'), partners.cert)
const publicKey = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
const trustedKeys = [createHash('sha256').update(publicKey).digest('base64')]

const [op, site, port] = [await startOp(), await startSite(), await freePort()]
const url = `https://api.example.test:${port}`
op.register({ redirectUris: [`${url}/.auth/callback`], postLogoutRedirectUris: [] })
const evil = createServer({ cert, key }, (request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'text/html' })
  const form = `<form method="post" action="${url}/form"><button>Win</button></form>`
  response.end(`<title>Evil</title>${form}<a href="${url}/linked">Read</a>`)
})
await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
const gateway = await startTestGateway({
  port,
  listen: `{ address: "127.0.0.1:${port}", tls: [{ certificate: "${folder}/server.crt", key: "${folder}/server.key" }], client_certificates: ask }`,
  yaml: () => `
client_certificates: { authorities: { partners: { ca_file: "${folder}/partners.pem" } }, user_id: san_email }
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }
apps:
  api:
    url: "${url}"
    upstream: "${site.url}"
    credentials: [client_certificate]
    locations:
      - { path: /, require: signed_in }
      - { path: /fact, require: { certificate: { organization: Acme } }, credentials: [session] }
      - { path: /beside, require: { certificate: { organization: Acme }, provider: op }, credentials: [session] }
`,
})
const browser = await openWithCertificate(alice, url, trustedKeys)
t.teardown(async () => {
  await browser.close()
  await gateway.close()
  await Promise.all([op.close(), site.close()])
  evil.close()
  evil.closeAllConnections()
})

t.test('the app is told who shows it, with no sign-in', async (t) => {
  const page = await browser.newPage()
  await page.goto(`${url}/page`)
  t.equal(await heading(page), 'Hello, cert:alice@partner.example')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('POST /form').waitFor()
  t.equal(await heading(page), 'Hello, cert:alice@partner.example', 'its own form is sent')
  await page.goto(`${url}/fact`)
  t.equal(await heading(page), 'Hello, whoever you are', 'a fact identifies nobody')
})

t.test('a form and a script of another site open nothing by it; a link does', async (t) => {
  const page = await browser.newPage()
  await page.goto(`https://evil.example.com:${portOf(evil)}`)
  const before = site.received.length
  await page.evaluate(async (at) => {
    for (const path of ['/read', '/fact'])
      await fetch(at + path, { mode: 'no-cors', credentials: 'include' }).catch(() => {})
    await fetch(`${at}/write`, { method: 'POST', mode: 'no-cors', credentials: 'include' }).catch(() => {})
  }, url)
  await page.getByRole('button', { name: 'Win' }).click()
  await page.waitForURL(`${url}/form`)
  t.equal(site.received.length, before, 'the app hears of none of them')
  const refused = gateway.log.filter(({ event, reason }) => event === 'request' && reason === 'cross-site')
  t.same(refused.map(({ method, path }) => `${method} ${path}`).toSorted(), [
    'GET /fact',
    'GET /read',
    'POST /form',
    'POST /write',
  ])
  t.ok(
    refused.every(({ certificate }) => typeof certificate === 'string'),
    'over connections that showed it',
  )
  await page.goto(`https://evil.example.com:${portOf(evil)}`)
  await page.getByRole('link', { name: 'Read' }).click()
  await page.waitForURL(`${url}/linked`)
  t.equal(await heading(page), 'Hello, cert:alice@partner.example')
})

t.test('who signs in beside it is who signed in', async (t) => {
  const page = await browser.newPage()
  await page.goto(`${url}/beside`)
  await choose(page, 'alice')
  await page.waitForURL(`${url}/beside`)
  t.match(await heading(page), /^Hello, (?!cert:)\w/)
})

t.test('who has none is told that the page needs one, and is sent to no sign-in', async (t) => {
  const without = await openChromium({ trustedKeys })
  t.teardown(() => without.close())
  const page = await without.newPage()
  t.equal((await page.goto(`${url}/page`))?.status(), 401)
  t.equal(await heading(page), 'This page needs a certificate')
  for (const path of ['/fact', '/beside']) {
    t.equal((await page.goto(`${url}${path}`))?.status(), 403, path)
    t.equal(await heading(page), 'This page is not open', 'what a rule wants is told to nobody')
  }
})

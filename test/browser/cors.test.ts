// `cors` in a real browser: which pages may call an API with a key, and that none reads what a cookie made.
import { createServer } from 'node:http'
import type { Page } from 'playwright-core'
import t from 'tap'
import { encodeApiKey } from '../../src/core/keys/api-key-record.ts'
import { inventKey } from '../support/api-keys.ts'
import { portOf } from '../support/ports.ts'
import { openAs, openStage } from './stage.ts'

const key = inventKey({ owner: { kind: 'operator', user: 'shop' } })

const seen: string[] = []
/** Opens itself to everybody below `/loud`, and lets browsers keep everything. */
const app = createServer((request, response) => {
  const user = String(request.headers['x-forwarded-user'] ?? 'nobody')
  seen.push(`${request.method} ${request.url} ${user}`)
  request.resume()
  const loud = {
    'access-control-allow-origin': request.headers.origin ?? '*',
    'access-control-allow-credentials': 'true',
  }
  response.writeHead(200, {
    ...{ 'content-type': 'application/json', 'cache-control': 'max-age=600' },
    ...(request.url?.includes('/loud') ? loud : {}),
  })
  response.end(JSON.stringify({ user }))
})
await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
const upstream = `http://127.0.0.1:${portOf(app)}`

const hosts = ['api.example.test', 'shop.example.test', 'evil.example.test']
const stage = await openStage({
  hosts,
  top: `api_keys: { keys: ['${encodeApiKey(key.record)}'] }`,
  apps: ({ url, port, upstream: site }) => `
  api:
    url: "${url}"
    upstream: "${upstream}"
    provider: op
    require: signed_in
    credentials: [session, api_key]
    identity_headers: { X-Forwarded-User: user }
    cors: ["https://shop.example.test:${port}"]
    cors_headers: [X-Api-Key]
    locations:
      - { path: /closed, require: signed_in, cors: deny, cors_preflight: pass }
      - { path: /keys, require: signed_in, credentials: [api_key], cors: keys, cors_headers: [X-Api-Key] }
      - { path: /kept, require: signed_in, cache: upstream }
      - { path: /open, require: anyone, methods: [GET] }
  shop: { url: "https://shop.example.test:${port}", upstream: "${site}", provider: op, require: anyone }
  evil: { url: "https://evil.example.test:${port}", upstream: "${site}", provider: op, require: anyone }
`,
})
t.teardown(async () => {
  await stage.close()
  app.close()
  app.closeAllConnections()
})
const api = stage.url
const at = (host: string) => `https://${host}.example.test:${stage.port}/`

interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly credentials?: 'include' | 'omit'
  readonly cache?: 'force-cache' | 'only-if-cached'
  readonly body?: string
}

/** What a script on the page reads of an answer; `unreadable` is all that it learns otherwise. */
function read(page: Page, path: string, call: Call = {}): Promise<string> {
  const asked = { address: `${api}${path}`, call }
  return page.evaluate(async ({ address, call: init }) => {
    try {
      const answer = await fetch(address, init)
      return `${answer.status} ${await answer.text()}`
    } catch {
      return 'unreadable'
    }
  }, asked)
}

const keyed = { 'X-Api-Key': key.whole }
const asKey = '200 {"user":"key:shop"}'

t.test('a page of a listed origin calls with a key and reads what comes, refusals too', async (t) => {
  const page = await stage.newPage()
  await page.goto(at('shop'))
  t.equal(await read(page, '/data', { headers: keyed }), asKey)
  t.equal(await read(page, '/loud', { headers: keyed }), asKey)
  t.equal(await read(page, '/data', { headers: { Authorization: `Bearer ${key.whole}` } }), asKey)
  const json = { 'Content-Type': 'application/json', ...keyed }
  t.equal(await read(page, '/data', { method: 'PUT', headers: json, body: '{}' }), asKey)
  t.match(await read(page, '/data'), /^401 .*no-session/)
  t.match(await read(page, '/data', { headers: { 'X-Api-Key': `${key.whole}x` } }), /^401 .*key-invalid/)
  t.match(await read(page, '/open', { method: 'POST' }), /^405 /)
  const before = seen.length
  t.equal(await read(page, '/data', { headers: { ...keyed, 'X-Other': 'x' } }), 'unreadable', 'not listed')
  t.equal(await read(page, '/closed', { headers: keyed }), 'unreadable', 'no `cors` there')
  t.notOk(
    seen.slice(before).some((line) => line.includes('key:shop')),
    'what a preflight forbids is not sent',
  )
})

t.test('a page of another origin reads nothing, but where keys alone open', async (t) => {
  const page = await stage.newPage()
  await page.goto(at('evil'))
  for (const path of ['/data', '/loud', '/open'])
    t.equal(await read(page, path, { headers: keyed }), 'unreadable', path)
  t.equal(await read(page, '/data'), 'unreadable', 'not even that it is refused')
  t.equal(await read(page, '/keys/x', { headers: keyed }), asKey)
  t.match(await read(page, '/keys/x'), /^401 /)
  await page.goto('data:text/html,<title>Without an origin</title>')
  t.equal(await read(page, '/keys/x', { headers: keyed }), 'unreadable', 'Origin: null')
})

t.test('with a cookie no page of another origin reads anything, nor from the browser’s cache', async (t) => {
  const page = await stage.newPage()
  await openAs(page, 'alice', `${api}/mine`)
  await page.waitForURL(`${api}/mine`)
  for (const host of ['shop', 'evil']) {
    await page.goto(at(host))
    for (const path of ['/data', '/loud', '/kept', '/kept/loud', '/keys/x']) {
      const where = `${path}?${host}`
      const before = seen.length
      t.equal(await read(page, where, { credentials: 'include' }), 'unreadable', where)
      if (!path.startsWith('/keys'))
        t.match(seen.slice(before), [`GET ${where} alice`], 'the cookie was sent, and the app did answer')
      t.equal(await read(page, where, { credentials: 'include', headers: keyed }), 'unreadable', where)
      for (const cache of ['force-cache', 'only-if-cached'] as const)
        for (const credentials of ['omit', 'include'] as const)
          t.notMatch(
            await read(page, where, { credentials, cache }),
            /alice/,
            `${where} ${cache} ${credentials}`,
          )
      t.notMatch(await read(page, where), /alice/, where)
    }
  }
  await page.goto(`${api}/data`)
  t.equal(await read(page, '/data'), '200 {"user":"alice"}', 'the API’s own page does')
})

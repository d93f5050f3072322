// Keys of customers at two gateways on one data folder: who the app sees, what it never sees, and how a key ends.
import { randomBytes } from 'node:crypto'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { ApiKey } from '../../src/core/keys/api-key.ts'
import { formatKey, formatKeyId, newKeyId, newKeySecret } from '../../src/core/keys/key-form.ts'
import { hashKeySecret } from '../../src/core/keys/key-secret.ts'
import { keyOf } from '../core/keys/keys.ts'
import { openKeys } from '../store/keys/sqlite-key-store.ts'
import { createTestClock } from '../support/clock.ts'
import { startEcho } from '../support/echo.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { poll } from '../support/waiting.ts'
import { openWebSocket, startWebSocketApp } from '../support/websocket-app.ts'

const [echo, socketApp] = [await startEcho(), await startWebSocketApp()]
t.teardown(() => Promise.all([echo.close(), socketApp.close()]))
const free = { ofPerson: null, now: 1000 }

const fileAt =
  (prefix = 'cg') =>
  ({ url }: { readonly url: string }): string =>
    `
session: { store: sqlite }
api_keys: { prefix: ${prefix} }
providers:
  acme: { issuer: "https://acme.example.com", client_id: id, client_secret: s }
apps:
  api:
    url: ${url}
    upstream: ${echo.url}
    credentials: [api_key]
    require: signed_in
    identity_headers: { X-User: user, X-Plan: plan, X-Key: key_id }
    locations:
      - { path: /orders, require: { provider: api_keys, plan: paid } }
      - { path: /pages, credentials: [session], require: signed_in }
      - { path: /open, require: anyone }
  live:
    url: ${url}/live
    upstream: ${socketApp.url}
    websocket: true
    credentials: [api_key]
    require: { provider: api_keys, plan: paid }
`

const fileWithoutKeys = ({ url }: { readonly url: string }): string => `
session: { store: sqlite }
providers:
  acme: { issuer: "https://acme.example.com", client_id: id, client_secret: s }
apps:
  api: { url: ${url}, upstream: ${echo.url}, require: anyone }
`

interface Made {
  readonly key: ApiKey
  /** As a customer has it. */
  readonly text: string
  readonly pair: string
}

async function make(t: Test, folder: string, more: Partial<ApiKey> = {}): Promise<Made> {
  const store = openKeys(t, folder)
  const secret = newKeySecret(randomBytes)
  const secrets = [{ hash: hashKeySecret(secret), until: null }]
  const key = keyOf('', { id: newKeyId(randomBytes), secrets, createdAt: 1_700_000_000, ...more })
  t.equal(await store.create(key, free), 'created')
  const pair = Buffer.from(`${formatKeyId(key)}:${secret}`).toString('base64')
  return { key, text: formatKey({ ...key, secret }), pair }
}

async function start(t: Test, folder: string, prefix?: string): Promise<TestGateway> {
  const gateway = await startTestGateway({ yaml: fileAt(prefix), folder })
  t.teardown(() => gateway.close())
  return gateway
}

const ask = (url: string, headers: Readonly<Record<string, string>>) =>
  fetch(url, { headers, redirect: 'manual' })

t.test('a key opens by header, Bearer and Basic; the app sees who it is, and never the key', async (t) => {
  const folder = t.testdir()
  const gateway = await start(t, folder)
  const { key, text, pair } = await make(t, folder)
  const ways: readonly Readonly<Record<string, string>>[] = [
    { 'X-Api-Key': text },
    { Authorization: `Bearer ${text}` },
    { Authorization: `Basic ${pair}` },
  ]
  for (const headers of ways) {
    const answer = await ask(`${gateway.url}/orders`, headers)
    t.equal(answer.status, 200, JSON.stringify(Object.keys(headers)))
    t.equal(answer.headers.get('cache-control'), 'private')
  }
  for (const { headers } of echo.received.slice(-3)) {
    t.same([headers['x-user'], headers['x-plan'], headers['x-key']], [['key:shop'], ['paid'], [key.id]])
    t.notOk(JSON.stringify(headers).includes(text.slice(20)), 'no piece of the secret')
  }
  const line = await gateway.logged(({ key: id }) => id === key.id)
  t.match(line, { credential: 'api_key', decision: 'allow' })
  t.notOk(JSON.stringify(gateway.log).includes(text.slice(20, -7)), 'nor in the log')
})

t.test('what is wrong is 401, reaches no app, and no page is opened by a key', async (t) => {
  const folder = t.testdir()
  const gateway = await start(t, folder)
  const { key, text } = await make(t, folder)
  const other = await make(t, folder, { claims: { plan: 'free' } })
  const over = await make(t, folder, { expiresAt: 1_700_000_001 })
  const { length } = echo.received
  const mistyped = `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`
  const unknown = formatKey({ prefix: 'cg', id: newKeyId(randomBytes), secret: newKeySecret(randomBytes) })
  const wrong = formatKey({ prefix: 'cg', id: key.id, secret: newKeySecret(randomBytes) })
  const rows: readonly (readonly [string, string, number, string])[] = [
    ['/orders', mistyped, 401, 'key-invalid'],
    ['/orders', unknown, 401, 'key-invalid'],
    ['/orders', wrong, 401, 'key-invalid'],
    ['/orders', over.text, 401, 'key-over'],
    ['/orders', other.text, 403, 'not-allowed'],
  ]
  for (const [path, sent, status, reason] of rows) {
    const answer = await ask(gateway.url + path, { 'X-Api-Key': sent })
    t.equal(answer.status, status, reason)
    t.match(await answer.json(), { reason })
  }
  // A location for sessions does not look at it: the person would have to sign in.
  const page = await ask(`${gateway.url}/pages`, { 'X-Api-Key': text, Accept: 'application/json' })
  t.equal(page.status, 401)
  t.equal(echo.received.length, length)
  t.equal((await ask(`${gateway.url}/open`, { 'X-Api-Key': text })).status, 200)
  t.notOk(JSON.stringify(echo.received.at(-1)).includes(text.slice(20)), 'where anybody may go neither')
})

t.test(
  'a key that is revoked is dead at both gateways, and so is the WebSocket that it opened',
  async (t) => {
    const folder = t.testdir()
    const gateways = [await start(t, folder), await start(t, folder)]
    const { key, text } = await make(t, folder)
    const sockets = await Promise.all(
      gateways.map(({ port }) => openWebSocket(`ws://localhost:${port}/live/`, { 'X-Api-Key': text })),
    )
    for (const { url } of gateways) t.equal((await ask(`${url}/orders`, { 'X-Api-Key': text })).status, 200)
    await openKeys(t, folder).change(key.id, { kind: 'revoke', at: 1_700_000_000 })
    for (const { url } of gateways) {
      const answer = await poll(
        'the revocation',
        () => ask(`${url}/orders`, { 'X-Api-Key': text }),
        ({ status }) => status === 401,
      )
      t.match(await answer.json(), { reason: 'key-revoked' })
    }
    t.same(await Promise.all(sockets.map(({ closed }) => closed)), [1008, 1008])
  },
)

t.test('a gateway does not start, nor reload, that would hand stored keys to an app', async (t) => {
  const folder = t.testdir()
  const first = await start(t, folder)
  await make(t, folder)
  await first.close()
  await t.rejects(startTestGateway({ yaml: fileAt('new'), folder }), {
    code: 'CONFIG_INVALID',
    message: /there are keys that begin with `cg`.*behind the first/,
  })
  const both = await startTestGateway({ yaml: fileAt('[new, cg]'), folder })
  await both.close()
  const yaml = fileWithoutKeys
  await t.rejects(startTestGateway({ yaml, folder }), {
    code: 'CONFIG_INVALID',
    message:
      /`api_keys` is not written.*there are keys that begin with `cg` in .*keys\.db.*move that file away/,
  })
  renameSync(join(folder, 'keys.db'), join(folder, 'keys.old'))
  const without = await startTestGateway({ yaml, folder })
  await without.close()
})

t.test('uses are counted by day when the gateway has stopped', async (t) => {
  const folder = t.testdir()
  // At noon: no other day begins meanwhile.
  const clock = createTestClock(Date.UTC(2026, 0, 2, 12) / 1000)
  const gateway = await startTestGateway({ yaml: fileAt(), folder, clock })
  t.teardown(() => gateway.close())
  const { key, text } = await make(t, folder)
  for (let at = 0; at < 3; at++) await ask(`${gateway.url}/orders`, { 'X-Api-Key': text })
  await ask(`${gateway.url}/orders`, { 'X-Api-Key': `${text.slice(0, -1)}_` })
  await gateway.close()
  const { days, last } = await openKeys(t, folder).usage(key.id)
  t.same(days, [{ day: '2026-01-02', count: 3 }])
  t.equal(last?.network, '127.0.0.1')
})

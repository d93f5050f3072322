// How long a short token lives: over a reload and a restart, at two gateways, on an open WebSocket, and of a person's key.
import t, { type Test } from 'tap'
import type { ApiKey } from '../../src/core/keys/api-key.ts'
import { openKeys } from '../store/keys/sqlite-key-store.ts'
import { inventKey, storeKey, type TestKey } from '../support/api-keys.ts'
import { startEcho } from '../support/echo.ts'
import { startTestGateway } from '../support/gateway.ts'
import { shortTokenOf } from '../support/keyed-gateway.ts'
import { type LiveGateway, startLiveGateway } from '../support/live-gateway.ts'
import { poll } from '../support/waiting.ts'
import { openWebSocket, startWebSocketApp } from '../support/websocket-app.ts'

const [echo, socketApp] = [await startEcho(), await startWebSocketApp()]
t.teardown(() => Promise.all([echo.close(), socketApp.close()]))

async function why(url: string, token: string): Promise<string> {
  const answer = await fetch(`${url}/x`, { headers: { authorization: `Bearer ${token}` } })
  const text = await answer.text()
  if (answer.status === 200) return 'open'
  const { reason }: { reason?: string } = JSON.parse(text)
  return reason ?? text
}

const inFile = inventKey({ claims: { plan: 'paid' } })
const [old, next] = ['an-old-secret-of-at-least-32-bytes', 'the-next-secret-of-at-least-32-bytes']

const withSecrets =
  (secrets: readonly string[], more = '') =>
  (url: string): string =>
    `
api_keys:
  store: sqlite
${secrets.length === 0 ? '' : `  secret: ${JSON.stringify(secrets)}\n`}${more}
  keys: [${JSON.stringify(JSON.stringify({ format: 1, ...inFile.record }))}]
apps:
  api: { url: "${url}", upstream: "${echo.url}", credentials: [api_key], require: signed_in }
`

async function live(t: Test, yaml: (url: string) => string): Promise<LiveGateway> {
  const gateway = await startLiveGateway(yaml)
  t.teardown(() => gateway.close())
  return gateway
}

t.test('secrets are changed by reloads, one after the other, and no token is lost', async (t) => {
  const gateway = await live(t, withSecrets([old]))
  const { url } = gateway
  const first = await shortTokenOf(url, inFile)
  await gateway.reload(withSecrets([old, next])(url))
  t.equal(await why(url, first), 'open')
  await gateway.reload(withSecrets([next, old])(url))
  const second = await shortTokenOf(url, inFile)
  t.same([await why(url, first), await why(url, second)], ['open', 'open'])
  await gateway.reload(withSecrets([next])(url))
  t.same([await why(url, first), await why(url, second)], ['token-invalid', 'open'])
  await gateway.restart(withSecrets([next])(url))
  t.equal(await why(url, second), 'open', 'a restart ends none')
  await gateway.reload(withSecrets([])(url))
  t.equal(await why(url, second), 'token-invalid')
  const third = await shortTokenOf(url, inFile)
  await gateway.restart(withSecrets([])(url))
  t.equal(await why(url, third), 'open', 'nor where `session.secret` seals')
})

t.test('a shorter time ends tokens that are out, and a key that leaves the file its tokens', async (t) => {
  const gateway = await live(t, withSecrets([], '  token_lifetime: 1h'))
  const { url } = gateway
  const token = await shortTokenOf(url, inFile)
  await gateway.reload(withSecrets([], '  token_lifetime: 1s')(url))
  await poll(
    'the end',
    () => why(url, token),
    (reason) => reason === 'token-over',
  )
  await gateway.reload(withSecrets([], '  token_lifetime: 1h')(url))
  t.equal(await why(url, token), 'open')
  await gateway.reload(withSecrets([], '  token_lifetime: 1h')(url).replace(/ {2}keys: .*\n/, ''))
  t.equal(await why(url, token), 'key-invalid')
})

const yaml = ({ url }: { readonly url: string }): string => `
session: { store: sqlite }
api_keys:
  self_service: { at: "${url}", require: { plan: paid }, claims: [plan] }
providers:
  acme: { issuer: "https://acme.example.com", client_id: id, client_secret: s }
apps:
  api:
    url: ${url}
    upstream: ${echo.url}
    credentials: [api_key, session]
    require: signed_in
    identity_headers: { X-User: user, X-Plan: plan }
  live: { url: "${url}/live", upstream: "${socketApp.url}", websocket: true, credentials: [api_key], require: signed_in }
`

async function change(t: Test, folder: string, { record }: TestKey): Promise<void> {
  await openKeys(t, folder).change(record.id, { kind: 'revoke', at: record.createdAt })
}

t.test('a WebSocket that a token opened ends with the key, at every gateway on the same data', async (t) => {
  const folder = t.testdir()
  const gateways = [
    await startTestGateway({ yaml, folder }),
    await startTestGateway({ yaml: ({ port }) => yaml({ url: `http://localhost:${port}` }), folder }),
  ]
  t.teardown(() => Promise.all(gateways.map((one) => one.close())))
  const key = await storeKey(t, folder)
  const sockets = await Promise.all(
    gateways.map(async ({ url, port }) => {
      const authorization = `Bearer ${await shortTokenOf(url, key)}`
      return openWebSocket(`ws://localhost:${port}/live/`, { authorization })
    }),
  )
  await change(t, folder, key)
  t.same(await Promise.all(sockets.map(({ closed }) => closed)), [1008, 1008])
})

t.test('a person’s token is that person, and opens nothing while the key sleeps', async (t) => {
  const folder = t.testdir()
  const gateway = await startTestGateway({ yaml, folder })
  t.teardown(() => gateway.close())
  const owner: ApiKey['owner'] = {
    ...{ kind: 'person', issuer: 'https://acme.example.com', clientId: 'id', user: 'ada' },
  }
  const claims = { sub: 'ada', plan: 'paid', secretly: 'x' }
  const key = await storeKey(t, folder, { owner, claims })
  const token = await shortTokenOf(gateway.url, key)
  t.equal(await why(gateway.url, token), 'open')
  t.match(echo.received.at(-1)?.headers, { 'x-user': ['ada'], 'x-plan': ['paid'] })
  await openKeys(t, folder).sleepOwner({ user: 'ada' })
  await poll(
    'the sleep',
    () => why(gateway.url, token),
    (reason) => reason === 'key-asleep',
  )
})

// A file without a provider: an API that nobody opens but by a key.
import t from 'tap'
import type { ApiKey } from '../../src/core/keys/api-key.ts'
import { encodeApiKey } from '../../src/core/keys/api-key-record.ts'
import { formatKey, formatKeyId } from '../../src/core/keys/key-form.ts'
import { hashKeySecret } from '../../src/core/keys/key-secret.ts'
import { startEcho } from '../support/echo.ts'
import { startTestGateway } from '../support/gateway.ts'

const secret = 's'.repeat(43)
const id = '0123456789abcdef'
const key: ApiKey = {
  ...{ id, prefix: 'cg', name: 'ci', owner: { kind: 'operator', user: 'ci' }, claims: { plan: 'paid' } },
  ...{ claimsAt: 1, asleep: false, secrets: [{ hash: hashKeySecret(secret), until: null }], createdAt: 1 },
  ...{ expiresAt: null, revokedAt: null, apps: null, methods: null, from: null, origins: [] },
}
const text = formatKey({ prefix: 'cg', id, secret })

const echo = await startEcho()
const gateway = await startTestGateway({
  yaml: ({ url }) => `
api_keys:
  keys: ['${encodeApiKey(key)}']
apps:
  api:
    url: ${url}
    upstream: ${echo.url}
    credentials: [api_key]
    require: { plan: [free, paid] }
`,
})
t.teardown(async () => {
  await gateway.close()
  await echo.close()
})

t.test('a key opens it, as one text or as key and secret, and the app sees whose it is', async (t) => {
  const basic = Buffer.from(`${formatKeyId({ prefix: 'cg', id })}:${secret}`).toString('base64')
  const ways: readonly Readonly<Record<string, string>>[] = [
    { authorization: `Bearer ${text}` },
    { 'x-api-key': text },
    { authorization: `Basic ${basic}` },
  ]
  for (const headers of ways) {
    const answer = await fetch(`${gateway.url}/v1`, { headers })
    t.equal(answer.status, 200)
    await answer.body?.cancel()
    const received = echo.received.at(-1)
    t.same(received?.headers['x-forwarded-user'], ['key:ci'])
    t.equal(received?.headers.authorization, undefined)
    t.equal(received?.headers['x-api-key'], undefined)
  }
})

t.test('nobody is sent to sign in: a browser without a key gets 401, and so does a login', async (t) => {
  const before = echo.received.length
  const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' }
  const answer = await fetch(`${gateway.url}/v1`, { headers: navigation, redirect: 'manual' })
  t.equal(answer.status, 401)
  t.equal(answer.headers.get('location'), null)
  const script = await fetch(`${gateway.url}/v1`)
  t.equal(script.status, 401)
  t.match(await script.json(), { reason: 'no-credential' })
  const login = await fetch(`${gateway.url}/.auth/login`, { headers: navigation, redirect: 'manual' })
  t.equal(login.headers.get('location'), null, 'there is nowhere to go')
  t.ok(login.status >= 400 && login.status < 500, `${login.status}`)
  t.equal(echo.received.length, before)
})

t.test('it is ready without a provider', async (t) => {
  t.equal((await fetch(`${gateway.url}/.auth/health`)).status, 200)
})

// The token endpoint over real sockets: a short token for a key's pair, what it opens, and what it does not.
import * as client from 'openid-client'
import t, { type Test } from 'tap'
import type { ApiKey } from '../../src/core/keys/api-key.ts'
import { openKeys } from '../store/keys/sqlite-key-store.ts'
import { storeKey } from '../support/api-keys.ts'
import { startEcho } from '../support/echo.ts'
import {
  askForShortToken,
  type Form,
  inForm,
  type KeyedGateway,
  shortTokenOf,
  startKeyedGateway,
} from '../support/keyed-gateway.ts'

const echo = await startEcho()
t.teardown(() => echo.close())

const file = ({ url }: { readonly url: string }): string => `
session: { store: sqlite }
api_keys: {}
providers:
  acme: { issuer: "https://acme.example.com", client_id: id, client_secret: s }
apps:
  api:
    url: ${url}
    upstream: ${echo.url}
    credentials: [api_key]
    require: { provider: api_keys, plan: paid }
    identity_headers: { X-User: user, X-Scope: { claim: scope }, X-Key: key_id, X-Credential: credential }
    locations:
      - { path: /write, require: { provider: api_keys, scope: write } }
      - { path: /pages, credentials: [session], require: signed_in }
`

const open = ({ gateway }: KeyedGateway, token: string, path = '/'): Promise<Response> =>
  fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${token}` }, redirect: 'manual' })

const around = (t: Test, changes: Partial<ApiKey> = {}) =>
  startKeyedGateway(t, file, { claims: { plan: 'paid', scope: 'read write' }, ...changes })

const ask = ({ gateway }: Pick<KeyedGateway, 'gateway'>, form: Form, headers: Form = {}) =>
  askForShortToken(gateway.url, form, headers)

const tokenOf = ({ gateway, key }: KeyedGateway, form: Form = {}) => shortTokenOf(gateway.url, key, form)

t.test('a key’s id and secret give a token, in the form or as Basic', async (t) => {
  const at = await around(t)
  const answers = [
    await ask(at, inForm(at.key)),
    await ask(at, {}, { authorization: at.key.basic }),
    // RFC 6749 2.3.1: an underscore may be escaped.
    await ask(
      at,
      {},
      {
        authorization: `Basic ${Buffer.from(`${at.key.id.replace('_', '%5F')}:${at.key.secret}`).toString('base64')}`,
      },
    ),
  ]
  for (const answer of answers) {
    t.equal(answer.status, 200)
    t.equal(answer.headers.get('cache-control'), 'no-store')
    t.equal(answer.headers.get('pragma'), 'no-cache')
    t.match(answer.headers.get('content-type'), 'application/json')
    t.equal(answer.headers.get('access-control-allow-origin'), null)
    t.equal(answer.headers.get('set-cookie'), null)
    const body: unknown = await answer.json()
    t.match(body, {
      access_token: /^cgt_k[\w-]+$/,
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'read write',
    })
    t.same(Object.keys(body as object), ['access_token', 'token_type', 'expires_in', 'scope'])
  }
})

t.test('a token opens what its key opens, in either header, and the app never sees it', async (t) => {
  const at = await around(t)
  const token = await tokenOf(at)
  t.equal((await open(at, token)).status, 200)
  const byHeader = await fetch(at.gateway.url, { headers: { 'x-api-key': token } })
  t.equal(byHeader.status, 200)
  for (const { headers } of echo.received.slice(-2)) {
    t.same([headers['x-user'], headers['x-key']], [['key:acme'], [at.key.record.id]])
    t.same([headers['x-credential'], headers['x-scope']], [['api_key'], ['read write']])
    t.notOk(JSON.stringify(headers).includes('cgt_'))
  }
  t.equal((await open(at, token, '/write')).status, 200)
  t.equal((await open(at, token, '/pages')).status, 403, 'where keys are not listed it counts for nothing')
  const line = await at.gateway.logged(({ key, path }) => key === at.key.record.id && path === '/write')
  t.match(line, { credential: 'api_key', decision: 'allow' })
})

t.test('what of a token is changed opens nothing, and its answer says what it is', async (t) => {
  const at = await around(t)
  const token = await tokenOf(at)
  const { length } = echo.received
  for (const bad of [`${token}A`, token.slice(0, -1), token.replace('cgt_k', 'cgt_w'), token.toUpperCase()]) {
    const answer = await open(at, bad)
    t.equal(answer.status, 401, bad.slice(0, 8))
    t.match(answer.headers.get('www-authenticate'), /Bearer .*error="invalid_token"/)
  }
  t.equal(echo.received.length, length)
})

t.test('a scope narrows a token, and no more than the key has can be asked for', async (t) => {
  const at = await around(t)
  const token = await tokenOf(at, { scope: 'read' })
  t.equal((await open(at, token, '/write')).status, 403)
  t.equal((await open(at, token)).status, 200)
  t.same(echo.received.at(-1)?.headers['x-scope'], ['read'])
  const more = await ask(at, { ...inForm(at.key), scope: 'read admin' })
  t.equal(more.status, 400)
  t.match(await more.json(), { error: 'invalid_scope' })
  const without = await storeKey(t, at.folder, { claims: { plan: 'paid' } })
  t.match(await (await ask(at, { ...inForm(without), scope: 'read' })).json(), { error: 'invalid_scope' })
})

t.test('a token dies with its key, a second after somebody else revoked it', async (t) => {
  const at = await around(t)
  const token = await tokenOf(at)
  t.equal((await open(at, token)).status, 200)
  await openKeys(t, at.folder).change(at.key.record.id, { kind: 'revoke', at: Math.floor(Date.now() / 1000) })
  await t.resolves(
    (async () => {
      for (let tries = 0; tries < 600; tries++) {
        if ((await open(at, token)).status === 401) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      throw new Error('it still opens')
    })(),
  )
  const again = await ask(at, inForm(at.key))
  t.equal(again.status, 401)
  t.match(await again.json(), { error: 'invalid_client', error_description: 'the key was revoked' })
})

t.test('a library of OAuth asks as it asks any provider, by Basic and by the form', async (t) => {
  const at = await around(t)
  const { id, secret } = at.key
  const server = { issuer: at.gateway.url, token_endpoint: `${at.gateway.url}/.auth/token` }
  for (const method of [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)]) {
    const configuration = new client.Configuration(server, id, { client_secret: secret }, method)
    client.allowInsecureRequests(configuration)
    const tokens = await client.clientCredentialsGrant(configuration, { scope: 'read' })
    t.match(tokens, { token_type: 'bearer', expires_in: 900, scope: 'read' })
    t.equal((await open(at, tokens.access_token)).status, 200)
    const refused: unknown = await client
      .clientCredentialsGrant(configuration, { scope: 'admin' })
      .catch((thrown: unknown) => thrown)
    t.match(refused, { error: 'invalid_scope', status: 400 })
  }
  const wrong = new client.Configuration(server, id, {}, client.ClientSecretBasic('0'.repeat(43)))
  client.allowInsecureRequests(wrong)
  const refused: unknown = await client.clientCredentialsGrant(wrong).catch((thrown: unknown) => thrown)
  t.match(refused, { status: 401 })
})

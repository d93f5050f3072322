// How we authenticate at the token endpoint, seen from there.
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import type { ProviderSettings } from '../../src/core/gateway.ts'
import { Secret } from '../../src/core/secret.ts'
import { createProvider } from '../../src/oidc/provider.ts'
import { createTestClock } from '../support/clock.ts'
import type { TokenRequest } from '../support/hostile-op.ts'
import { faultOf, random, secret, settingsFor, someday, startRig } from './fixtures.ts'

/** What the token endpoint was sent in one sign-in. */
async function sent(
  t: Test,
  settings: Partial<ProviderSettings>,
  metadata: object = {},
): Promise<TokenRequest & { issuer: string }> {
  const bends = { metadata: (document: object) => ({ ...document, ...metadata }) }
  const rig = await startRig(t, { settings: () => settings, bends })
  t.equal((await rig.signIn()).user, 'alice')
  const [request] = rig.op.tokenRequests
  if (request === undefined) throw new Error('nothing was sent')
  return { ...request, issuer: rig.op.issuer }
}

const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`

t.test('S-146: basic credentials are encoded as forms are, and no further', async (t) => {
  const rows: readonly [string, string, string][] = [
    ['gateway', 'plain', 'gateway:plain'],
    ['my-client_1.apps*', 'a-b_c.d*e', 'my-client_1.apps*:a-b_c.d*e'],
    ['a:b', 'c:d%e+f g', 'a%3Ab:c%3Ad%25e%2Bf+g'],
    ['clïent', 'sécret€', 'cl%C3%AFent:s%C3%A9cret%E2%82%AC'],
    ['https://client.example/', '~!()\'"', 'https%3A%2F%2Fclient.example%2F:%7E%21%28%29%27%22'],
  ]
  for (const [clientId, clientSecret, expected] of rows) {
    const request = await sent(t, {
      clientId,
      clientSecret: new Secret(clientSecret),
      authMethod: 'client_secret_basic',
    })
    t.equal(request.authorization, basic(expected))
    t.notOk(request.body.has('client_secret'))
  }
})

t.test('the method: as written, else basic unless the metadata lacks it, then post', async (t) => {
  const methods = (...list: string[]) => ({ token_endpoint_auth_methods_supported: list })
  const isBasic = ({ authorization, body }: TokenRequest) =>
    authorization !== undefined && !body.has('client_secret')
  const isPost = ({ authorization, body }: TokenRequest) =>
    authorization === undefined && body.get('client_secret') === secret
  t.ok(isBasic(await sent(t, {}, methods('client_secret_post', 'client_secret_basic'))))
  t.ok(isBasic(await sent(t, {}, { token_endpoint_auth_methods_supported: undefined })), 'unsaid means basic')
  t.ok(isPost(await sent(t, {}, methods('client_secret_post'))))
  t.ok(isPost(await sent(t, {}, methods('private_key_jwt'))))
  t.ok(isBasic(await sent(t, { authMethod: 'client_secret_basic' }, methods('client_secret_post'))))
  t.ok(isPost(await sent(t, { authMethod: 'client_secret_post' }, methods('client_secret_basic'))))
  const none = await sent(t, { authMethod: 'none', clientSecret: null })
  t.equal(none.authorization, undefined)
  t.equal(none.body.get('client_id'), 'gateway')
  t.notOk(none.body.has('client_secret'))
  t.ok(none.body.has('code_verifier'), 'a public client has PKCE alone')
})

const pair = (
  type: 'rsa' | 'P-256' | 'P-384' | 'P-521' | 'ed25519',
): { privateKey: KeyObject; publicKey: KeyObject } =>
  type === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : type === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: type })

t.test('S-146: private_key_jwt: who, for whom, once, for a minute', async (t) => {
  const rows: readonly [string, KeyObject, string, string][] = (
    [
      ['rsa', 'RS256'],
      ['P-256', 'ES256'],
      ['P-384', 'ES384'],
      ['P-521', 'ES512'],
      ['ed25519', 'EdDSA'],
    ] as const
  ).flatMap(([type, algorithm]) => {
    const { privateKey, publicKey } = pair(type)
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const jwk = JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: 'from-the-jwk' })
    return [
      [`${type} in PEM`, publicKey, pem, algorithm],
      [`${type} as JWK`, publicKey, jwk, algorithm],
    ] as [string, KeyObject, string, string][]
  })
  const seen = new Set<unknown>()
  for (const [name, publicKey, clientKey, algorithm] of rows) {
    const request = await sent(t, {
      authMethod: 'private_key_jwt',
      clientSecret: null,
      clientKey: new Secret(clientKey),
    })
    t.equal(
      request.body.get('client_assertion_type'),
      'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      name,
    )
    const assertion = request.body.get('client_assertion') ?? ''
    const { payload, protectedHeader } = await jwtVerify(assertion, publicKey, {
      currentDate: new Date(someday * 1000),
    })
    t.equal(protectedHeader.alg, algorithm, name)
    t.equal(protectedHeader.kid, name.endsWith('JWK') ? 'from-the-jwk' : undefined, name)
    t.match(
      payload,
      { iss: 'gateway', sub: 'gateway', aud: request.issuer, iat: someday, exp: someday + 60 },
      name,
    )
    t.ok(String(payload.jti).length >= 22, '128 bits')
    seen.add(payload.jti)
    t.equal(request.authorization, undefined)
  }
  t.equal(seen.size, rows.length, 'no jti comes twice')
})

t.test('private_key_jwt as configured', async (t) => {
  const { privateKey } = pair('rsa')
  const traditional = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  const request = await sent(t, {
    authMethod: 'private_key_jwt',
    clientSecret: null,
    clientKey: new Secret(traditional),
    clientKeyId: 'key-7',
    clientAssertionAlg: 'PS256',
    preset: 'okta',
  })
  const assertion = request.body.get('client_assertion') ?? ''
  t.same(decodeProtectedHeader(assertion), { alg: 'PS256', kid: 'key-7' })
  const { payload } = await jwtVerify(assertion, createPublicKey(privateKey), {
    currentDate: new Date(someday * 1000),
  })
  t.equal(payload.aud, `${request.issuer}/token`, 'Okta and Salesforce take their token endpoint alone')
})

t.test("an algorithm that is not the key's stops the start", async (t) => {
  const deps = { clock: createTestClock(someday), random, proxyEnv: { httpsProxy: null, noProxy: null } }
  const clientKey = new Secret(pair('rsa').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  for (const clientAssertionAlg of ['ES256', 'HS256', 'none']) {
    const settings = settingsFor('https://op.example', {
      authMethod: 'private_key_jwt',
      clientKey,
      clientAssertionAlg,
    })
    const message = new RegExp(`client_key cannot sign with ${clientAssertionAlg}, but with: RS256`)
    t.throws(() => createProvider(settings, deps), { code: 'CONFIG_INVALID', message })
  }
})

t.test('a key that cannot be read stops the start, and is not shown', async (t) => {
  const deps = { clock: createTestClock(someday), random, proxyEnv: { httpsProxy: null, noProxy: null } }
  const base = { authMethod: 'private_key_jwt', clientSecret: null } as const
  const { publicKey } = pair('rsa')
  const bad: readonly (string | null)[] = [
    null,
    'not a key',
    '{"kty":"RSA"}',
    publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    JSON.stringify(generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })),
  ]
  for (const text of bad) {
    const settings = settingsFor('https://op.example', {
      ...base,
      clientKey: text === null ? null : new Secret(text),
    })
    try {
      createProvider(settings, deps)
      t.fail(`accepted: ${text}`)
    } catch (thrown) {
      t.match(thrown, { code: 'CONFIG_INVALID', message: /providers\.acme\.client_key/ })
      t.notMatch(thrown, { message: text ?? 'never' })
    }
  }
})

t.test('a method without what it needs stops the start', async (t) => {
  const deps = { clock: createTestClock(someday), random, proxyEnv: { httpsProxy: null, noProxy: null } }
  for (const [authMethod, missing] of [
    ['client_secret_basic', /client_secret is missing/],
    ['client_secret_post', /client_secret is missing/],
    ['tls_client_auth', /client_certificate is missing/],
  ] as const) {
    const settings = settingsFor('https://op.example', { authMethod, clientSecret: null })
    t.throws(() => createProvider(settings, deps), { code: 'CONFIG_INVALID', message: missing })
  }
})

t.test('a refused client: whatever the answer says, the message names the keys to look at', async (t) => {
  const refusals: readonly [string, number, string, Record<string, string>][] = [
    ['the error of RFC 6749', 401, '{"error":"invalid_client"}', { 'content-type': 'application/json' }],
    ['the same as 400', 400, '{"error":"invalid_client"}', { 'content-type': 'application/json' }],
    ['another error', 403, '{"error":"access_denied"}', { 'content-type': 'application/json' }],
    ['JSON of its own', 401, '{"code":7,"message":"no"}', { 'content-type': 'application/json' }],
    ['an error that is no text', 403, '{"error":{"code":7}}', { 'content-type': 'application/json' }],
    ['a list', 401, '[]', { 'content-type': 'application/json' }],
    ['broken JSON', 401, '{"error', { 'content-type': 'application/json' }],
    ['HTML', 403, '<html>Forbidden', { 'content-type': 'text/html' }],
    ['text', 401, 'Unauthorized', { 'content-type': 'text/plain' }],
    ['nothing', 401, '', {}],
    ['nothing, forbidden', 403, '', {}],
    ['a challenge', 401, '', { 'www-authenticate': 'Basic realm="x"' }],
    ['a challenge and HTML', 403, '<html>', { 'www-authenticate': 'Basic', 'content-type': 'text/html' }],
    ['a challenge that is none', 401, 'no', { 'www-authenticate': '"' }],
  ]
  for (const [name, status, body, headers] of refusals) {
    const rig = await startRig(t, {
      bends: {
        answer: { token: (_request, response) => void response.writeHead(status, headers).end(body) },
      },
    })
    const { code, message } = await faultOf(rig.signIn())
    t.equal(code, 'PROVIDER_CLIENT_REFUSED', `${name}: ${message}`)
    t.match(message, new RegExp(`${status}.*providers.acme: .*client_id, client_secret`), name)
  }
})

t.test('a refused client: the keys are those of the method in use', async (t) => {
  const key = pair('P-256').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const special = new Secret('50% of+it')
  const rows: readonly [Partial<ProviderSettings>, RegExp, RegExp][] = [
    [{}, /client_id, client_secret and token_endpoint_auth_method/, /special|client_key/],
    [
      { clientSecret: special },
      /special characters.*`token_endpoint_auth_method: client_secret_post`/,
      /50%/,
    ],
    [{ clientId: 'a:b' }, /special characters/, /client_key/],
    [{ clientSecret: special, authMethod: 'client_secret_post' }, /client_secret/, /special/],
    [
      { authMethod: 'private_key_jwt', clientSecret: null, clientKey: new Secret(key) },
      /client_id, client_key, client_key_id and client_assertion_alg/,
      /client_secret/,
    ],
    [{ authMethod: 'none', clientSecret: null }, /client_id.*`client_secret`/, /client_key/],
  ]
  for (const [settings, says, saysNot] of rows) {
    const rig = await startRig(t, {
      settings: () => settings,
      bends: { answer: { token: (_request, response) => void response.writeHead(401).end() } },
    })
    const { message } = await faultOf(rig.signIn())
    t.match(message, says)
    t.notMatch(message, saysNot)
  }
})

t.test('a code that was not good is told as that, whatever the status', async (t) => {
  for (const status of [400, 401, 403]) {
    const rig = await startRig(t, {
      bends: {
        answer: {
          token: (_request, response) =>
            void response
              .writeHead(status, { 'content-type': 'application/json' })
              .end('{"error":"invalid_grant"}'),
        },
      },
    })
    t.equal((await faultOf(rig.signIn())).code, 'LOGIN_CODE_REFUSED', `${status}`)
  }
})

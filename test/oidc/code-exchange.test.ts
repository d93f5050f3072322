// From what comes back on the redirect URI to an identity: the response, the token endpoint, userinfo, the merge.
import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import type { FaultCode } from '../../src/core/fault.ts'
import type { Transaction } from '../../src/core/session/transaction.ts'
import { type Bends, firstKey, newKey, signJwt } from '../support/hostile-op.ts'
import {
  faultOf,
  type RigOptions,
  redirectUri,
  secret,
  someday,
  someNetwork,
  startRig,
  transactionFor,
} from './fixtures.ts'

t.test('what comes back is judged before anything is asked of the provider', async (t) => {
  const rig = await startRig(t)
  const own = rig.op.issuer
  const rows: readonly [string, FaultCode, (good: URLSearchParams) => string][] = [
    ['S-106: no state', 'LOGIN_STATE_UNKNOWN', () => 'code=a'],
    ['S-106: an empty state', 'LOGIN_STATE_UNKNOWN', () => 'code=a&state='],
    ['S-106: a state of another sign-in', 'LOGIN_STATE_UNKNOWN', () => 'code=a&state=b'],
    ['S-106: a state that is longer', 'LOGIN_STATE_UNKNOWN', (good) => `${good}x`],
    ['S-110: two codes', 'LOGIN_RESPONSE_INVALID', (good) => `${good}&code=b`],
    ['S-110: the same code twice', 'LOGIN_RESPONSE_INVALID', (good) => `${good}&code=${good.get('code')}`],
    ['S-110: two states', 'LOGIN_RESPONSE_INVALID', (good) => `${good}&state=${good.get('state')}`],
    ['S-110: two issuers', 'LOGIN_RESPONSE_INVALID', (good) => `${good}&iss=${own}&iss=${own}`],
    ['S-110: code and error', 'LOGIN_RESPONSE_INVALID', (good) => `${good}&error=access_denied`],
    ['S-110: two errors', 'LOGIN_RESPONSE_INVALID', (good) => `state=${good.get('state')}&error=a&error=b`],
    [
      'S-111: the issuer of another provider',
      'LOGIN_ISSUER_MISMATCH',
      (good) => `${good}&iss=https://other.example`,
    ],
    ['S-111: the issuer with a slash', 'LOGIN_ISSUER_MISMATCH', (good) => `${good}&iss=${own}/`],
    ['S-111: an empty issuer', 'LOGIN_ISSUER_MISMATCH', (good) => `${good}&iss=`],
    [
      'S-111: an error from another issuer',
      'LOGIN_ISSUER_MISMATCH',
      (good) => `state=${good.get('state')}&error=a&iss=x`,
    ],
    ['S-112: an ID token', 'LOGIN_RESPONSE_INVALID', (good) => `${good}&id_token=x`],
    ['S-112: an access token', 'LOGIN_RESPONSE_INVALID', (good) => `${good}&access_token=x`],
    ['S-112: a token', 'LOGIN_RESPONSE_INVALID', (good) => `${good}&token=x`],
    ['S-112: a signed response', 'LOGIN_RESPONSE_INVALID', (good) => `${good}&response=x`],
    [
      'S-115: the provider refuses',
      'LOGIN_CANCELLED',
      (good) => `state=${good.get('state')}&error=access_denied`,
    ],
    ['server_error', 'LOGIN_UNAVAILABLE', (good) => `state=${good.get('state')}&error=server_error`],
    [
      'temporarily_unavailable',
      'LOGIN_UNAVAILABLE',
      (good) => `state=${good.get('state')}&error=temporarily_unavailable`,
    ],
    ['login_required', 'LOGIN_UNFINISHED', (good) => `state=${good.get('state')}&error=login_required`],
    [
      'interaction_required',
      'LOGIN_UNFINISHED',
      (good) => `state=${good.get('state')}&error=interaction_required`,
    ],
    [
      'authentication_expired',
      'LOGIN_UNFINISHED',
      (good) => `state=${good.get('state')}&error=authentication_expired`,
    ],
    ['Server_Error', 'LOGIN_REFUSED', (good) => `state=${good.get('state')}&error=Server_Error`],
    ['consent_required', 'LOGIN_REFUSED', (good) => `state=${good.get('state')}&error=consent_required`],
    ['S-121: nothing', 'LOGIN_STATE_UNKNOWN', () => ''],
    ['S-121: a state alone', 'LOGIN_RESPONSE_INVALID', (good) => `state=${good.get('state')}`],
    ['S-121: an empty code', 'LOGIN_RESPONSE_INVALID', (good) => `state=${good.get('state')}&code=`],
    [
      'S-121: a code of 100 kB',
      'LOGIN_RESPONSE_INVALID',
      (good) => `state=${good.get('state')}&code=${'c'.repeat(100_000)}`,
    ],
    ['S-121: a code with a NUL', 'LOGIN_RESPONSE_INVALID', (good) => `state=${good.get('state')}&code=a%00b`],
    [
      'S-121: a code with a line feed',
      'LOGIN_RESPONSE_INVALID',
      (good) => `state=${good.get('state')}&code=a%0Ab`,
    ],
    [
      'S-121: a code that is not ASCII',
      'LOGIN_RESPONSE_INVALID',
      (good) => `state=${good.get('state')}&code=%C3%A9`,
    ],
  ]
  for (const [name, code, bent] of rows) {
    const transaction = transactionFor(rig.settings)
    const good = rig.op.authorize(await rig.provider.authorizationUrl(transaction, redirectUri))
    const fault = await faultOf(
      rig.provider.exchange(new URLSearchParams(bent(good)), transaction, redirectUri, someday, someNetwork),
    )
    t.equal(fault.code, code, name)
    t.notMatch(fault.message, good.get('code') ?? '', `${name}: no code in the message`)
    t.notMatch(fault.message, transaction.state, `${name}: no state in the message`)
  }
  t.equal(rig.op.counts.token, 0, 'no code was sent anywhere')
  t.ok((await rig.signIn()).user)
})

t.test('under prompt=none the errors that it brings are no refusal, and only there', async (t) => {
  const rig = await startRig(t, {
    settings: () => ({ authorizationParameters: new Map([['prompt', 'none']]) }),
  })
  const codeOf = async (error: string, changes: Partial<Transaction> = {}) => {
    const transaction = { ...transactionFor(rig.settings), ...changes }
    const { state } = transaction
    const parameters = new URLSearchParams({ state, error })
    return (await faultOf(rig.provider.exchange(parameters, transaction, redirectUri, someday, someNetwork)))
      .code
  }
  const wish = { otherAccount: true, passed: new Map() }
  // OIDC Core 3.1.2.6.
  for (const error of ['account_selection_required', 'consent_required']) {
    t.equal(await codeOf(error), 'LOGIN_UNFINISHED', error)
    t.equal(await codeOf(error, { state: 'second.2' }), 'LOGIN_REFUSED', `${error}, without it`)
    t.equal(await codeOf(error, { wish }), 'LOGIN_REFUSED', `${error}, for another account`)
    t.equal(
      await codeOf(error, { wish: { ...wish, otherAccount: false } }),
      'LOGIN_UNFINISHED',
      `${error}, with a hint`,
    )
  }
  t.equal(await codeOf('access_denied'), 'LOGIN_CANCELLED')
})

t.test('S-111: the issuer is missing, and the metadata promises it', async (t) => {
  const promising = (document: object) => ({
    ...document,
    authorization_response_iss_parameter_supported: true,
  })
  const rig = await startRig(t, { bends: { metadata: promising } })
  t.equal((await faultOf(rig.signIn())).code, 'LOGIN_ISSUER_MISMATCH')
  t.equal(rig.op.counts.token, 0)
  const transaction = transactionFor(rig.settings)
  const parameters = rig.op.authorize(await rig.provider.authorizationUrl(transaction, redirectUri))
  parameters.set('iss', rig.op.issuer)
  t.equal(
    (await rig.provider.exchange(parameters, transaction, redirectUri, someday, someNetwork)).user,
    'alice',
  )
})

t.test('parameters that nobody asked about are ignored (RFC 6749 4.1.2)', async (t) => {
  const rig = await startRig(t)
  const transaction = transactionFor(rig.settings)
  const parameters = rig.op.authorize(await rig.provider.authorizationUrl(transaction, redirectUri))
  for (const name of ['session_state', 'scope', 'authuser', 'hd', 'prompt']) parameters.append(name, 'x')
  t.equal(
    (await rig.provider.exchange(parameters, transaction, redirectUri, someday, someNetwork)).user,
    'alice',
  )
})

t.test('a refusal of the request says where to look in the file', async (t) => {
  const rig = await startRig(t)
  const transaction = transactionFor(rig.settings)
  await rig.provider.authorizationUrl(transaction, redirectUri)
  const told = async (error: string) => {
    const parameters = new URLSearchParams({ state: transaction.state, error })
    const { code, message } = await faultOf(
      rig.provider.exchange(parameters, transaction, redirectUri, someday, someNetwork),
    )
    return [code, message]
  }
  t.match(await told('invalid_scope'), ['LOGIN_REFUSED', /"invalid_scope"\. See `scopes` of the provider/])
  t.match(await told('unauthorized_client'), [
    'LOGIN_REFUSED',
    /allow this client the authorization code flow/,
  ])
  t.same(await told('odd'), ['LOGIN_REFUSED', 'the provider answered "odd"'])
})

t.test('S-115: what a provider says of a refusal is for the operator, short and visible', async (t) => {
  const rig = await startRig(t)
  const transaction = transactionFor(rig.settings)
  await rig.provider.authorizationUrl(transaction, redirectUri)
  const parameters = new URLSearchParams({
    state: transaction.state,
    error: 'access_denied',
    error_description: `<script>\u202e\r\n${transaction.state}${'x'.repeat(5000)}`,
    error_uri: 'javascript:alert(1)',
  })
  const { code, message } = await faultOf(
    rig.provider.exchange(parameters, transaction, redirectUri, someday, someNetwork),
  )
  t.equal(code, 'LOGIN_CANCELLED')
  t.match(message, /access_denied/)
  t.ok(message.length < 400)
  t.match(message, /^[\x20-\x7e…]+$/)
  t.notMatch(message, transaction.state)
  t.notMatch(message, 'javascript')
})

t.test('the time is the one that we are given, not that of the machine', async (t) => {
  const rig = await startRig(t)
  rig.clock.time = rig.op.now = 1_500_000_000
  const transaction = transactionFor(rig.settings)
  const parameters = rig.op.authorize(await rig.provider.authorizationUrl(transaction, redirectUri))
  t.equal(
    (await rig.provider.exchange(parameters, transaction, redirectUri, rig.clock.time, someNetwork)).user,
    'alice',
  )
})

t.test('S-145: a sign-in begun at one provider cannot end at another', async (t) => {
  const one = await startRig(t)
  const two = await startRig(t, { settings: () => ({ name: 'partner' }) })
  const transaction = transactionFor(one.settings)
  const parameters = one.op.authorize(await one.provider.authorizationUrl(transaction, redirectUri))
  const fault = await faultOf(
    two.provider.exchange(parameters, transaction, redirectUri, someday, someNetwork),
  )
  t.equal(fault.code, 'LOGIN_STATE_UNKNOWN')
  t.equal(two.op.counts.token, 0)

  // The answer of one, token and all, told by the other: its issuer and its keys are not the other's.
  const impostor = newKey('k1', 'RS256')
  two.op.keys = [impostor]
  two.op.bends.claims = (claims) => ({ ...claims, iss: one.op.issuer })
  t.equal((await faultOf(two.signIn())).code, 'LOGIN_TOKEN_INVALID')
  two.op.bends = { signing: (header, claims) => signJwt(header, claims, firstKey().privateKey) }
  t.equal((await faultOf(two.signIn())).code, 'LOGIN_TOKEN_INVALID')
})

interface Row {
  readonly name: string
  readonly bends: Bends
  /** Null: it is accepted. */
  readonly code: FaultCode | null
  readonly says?: RegExp
  readonly options?: RigOptions
}

async function each(t: Test, rows: readonly Row[]): Promise<void> {
  for (const row of rows) {
    await t.test(row.name, async (t) => {
      const rig = await startRig(t, { bends: row.bends, limits: { timeoutMs: 2_000 }, ...row.options })
      if (row.code === null) return void t.equal((await rig.signIn()).user, 'alice')
      const fault = await faultOf(rig.signIn())
      t.equal(fault.code, row.code, fault.message)
      if (row.says !== undefined) t.match(fault.message, row.says)
      for (const credential of [secret, 'access-token-of-alice', 'code-1'])
        t.notOk(fault.message.includes(credential), `${credential} is not in the message`)
      t.equal(rig.op.counts.token, 1, 'the code was sent once')
    })
  }
}

const token = (bent: (answer: Record<string, unknown>) => unknown): Bends => ({ token: bent })
const atToken = (takeover: (response: ServerResponse) => void): Bends => ({
  answer: { token: (_request, response) => takeover(response) },
})
const refusing = (status: number, body: object, headers = {}): Bends =>
  atToken((response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  })

t.test('the token endpoint', async (t) => {
  await each(t, [
    {
      name: 'S-144: token_type bEARER is Bearer',
      bends: token((answer) => ({ ...answer, token_type: 'bEARER' })),
      code: null,
    },
    { name: 'S-144: no expires_in', bends: token(({ expires_in: _, ...answer }) => answer), code: null },
    {
      name: 'S-144: expires_in is a numeric string',
      bends: token((answer) => ({ ...answer, expires_in: '3600' })),
      code: null,
    },
    {
      name: 'S-144: expires_in is a word',
      bends: token((answer) => ({ ...answer, expires_in: 'soon' })),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    {
      name: 'S-144: token_type mac',
      bends: token((answer) => ({ ...answer, token_type: 'mac' })),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    {
      name: 'S-144: token_type DPoP, which nobody asked for',
      bends: token((answer) => ({ ...answer, token_type: 'DPoP' })),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    {
      name: 'S-144: no token_type',
      bends: token(({ token_type: _, ...answer }) => answer),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    {
      name: 'S-144: no access_token',
      bends: token(({ access_token: _, ...answer }) => answer),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    {
      name: 'S-144: no id_token',
      bends: token(({ id_token: _, ...answer }) => answer),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    {
      name: 'S-144: id_token is a number',
      bends: token((answer) => ({ ...answer, id_token: 1 })),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    {
      name: 'S-144: an error with status 200',
      bends: token(() => ({ error: 'invalid_grant' })),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    { name: 'S-144: a list', bends: token(() => []), code: 'PROVIDER_RESPONSE_INVALID' },
    {
      name: 'S-144: half a document',
      bends: token(() => '{"access_token":'),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    {
      name: 'S-144: 10 MB',
      bends: token((answer) => ({ ...answer, filler: 'x'.repeat(10_000_000) })),
      code: 'PROVIDER_RESPONSE_INVALID',
      says: /more than 1048576 bytes/,
    },
    {
      name: 'S-144: HTML',
      bends: atToken(
        (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      ),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    {
      name: 'S-144, S-247: a redirect',
      bends: atToken((response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()),
      code: 'PROVIDER_RESPONSE_INVALID',
      says: /redirects are not followed/,
    },
    {
      name: 'S-144: a redirect that would repeat the POST',
      bends: atToken((response) => void response.writeHead(307, { location: '/token2' }).end()),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    {
      name: 'S-144: 503',
      bends: atToken((response) => void response.writeHead(503).end()),
      code: 'PROVIDER_UNREACHABLE',
      says: /503/,
    },
    {
      name: 'S-144: a closed connection',
      bends: atToken((response) => void response.destroy()),
      code: 'PROVIDER_UNREACHABLE',
    },
    {
      name: 'S-144: a byte now and then',
      bends: atToken(drip),
      code: 'PROVIDER_UNREACHABLE',
      says: /no answer in time/,
      options: { limits: { timeoutMs: 300 } },
    },
    {
      name: 'S-235: no answer at all',
      bends: atToken(() => {}),
      code: 'PROVIDER_UNREACHABLE',
      says: /no answer in time/,
      options: { limits: { timeoutMs: 300 } },
    },
    {
      name: 'invalid_grant: the code was not good',
      bends: refusing(400, { error: 'invalid_grant' }),
      code: 'LOGIN_CODE_REFUSED',
    },
    {
      name: 'invalid_client: we are not known',
      bends: refusing(401, { error: 'invalid_client' }),
      code: 'PROVIDER_CLIENT_REFUSED',
      says: /invalid_client/,
    },
    {
      name: 'invalid_client with a challenge',
      bends: refusing(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic realm="x"' }),
      code: 'PROVIDER_CLIENT_REFUSED',
      says: /client_secret/,
    },
    {
      name: 'unauthorized_client',
      bends: refusing(400, { error: 'unauthorized_client' }),
      code: 'PROVIDER_CLIENT_REFUSED',
    },
    {
      name: 'temporarily_unavailable',
      bends: refusing(400, { error: 'temporarily_unavailable' }),
      code: 'PROVIDER_UNREACHABLE',
    },
    {
      name: 'a description that repeats the secret',
      bends: refusing(401, { error: 'invalid_client', error_description: `secret ${secret} is wrong` }),
      code: 'PROVIDER_CLIENT_REFUSED',
      says: /\[secret\] is wrong/,
    },
    {
      name: 'a description that repeats the Authorization header (S-203)',
      bends: refusing(401, {
        error: 'invalid_client',
        error_description: 'got Basic Z2F0ZXdheTpzZWNyZXQ= there',
      }),
      code: 'PROVIDER_CLIENT_REFUSED',
      says: /got Basic \[secret\] there/,
    },
    {
      name: 'an error of another type',
      bends: refusing(400, { error: { code: 1 } }),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
  ])
})

function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}

const userinfo = (bent: (claims: Record<string, unknown>) => unknown): Bends => ({ userinfo: bent })
const atUserinfo = (status: number, type: string, body: string, headers = {}): Bends => ({
  answer: {
    userinfo: (_request, response) =>
      void response.writeHead(status, { 'content-type': type, ...headers }).end(body),
  },
})
const signedUserinfo = (change: object, key = firstKey(), alg = 'RS256'): Bends => ({
  answer: {
    userinfo: (request, response) => {
      const claims = {
        iss: `http://${request.headers.host}`,
        aud: 'gateway',
        sub: 'alice',
        name: 'Alice',
        ...change,
      }
      response.writeHead(200, { 'content-type': 'application/jwt' })
      response.end(signJwt({ alg, kid: 'k1' }, claims, alg === 'none' ? '' : key.privateKey))
    },
  },
})

t.test('userinfo', async (t) => {
  const code = 'LOGIN_USERINFO_INVALID'
  await each(t, [
    { name: 'S-140: sub of somebody else', bends: userinfo((claims) => ({ ...claims, sub: 'adam' })), code },
    { name: 'S-140: sub missing', bends: userinfo(({ sub: _, ...claims }) => claims), code },
    { name: 'S-140: sub in a list', bends: userinfo((claims) => ({ ...claims, sub: ['alice'] })), code },
    { name: 'S-141: a list', bends: userinfo((claims) => [claims]), code },
    { name: 'S-141: half a document', bends: userinfo(() => '{"sub":"alice"'), code },
    { name: 'S-141: HTML', bends: atUserinfo(200, 'text/html', '<html>'), code, says: /text\/html/ },
    {
      name: 'S-141: JSON that says it is text',
      bends: atUserinfo(200, 'text/plain', '{"sub":"alice"}'),
      code,
    },
    { name: 'S-141: 401', bends: atUserinfo(401, 'application/json', '{}'), code, says: /401/ },
    {
      name: 'S-141: 401 with a challenge',
      bends: atUserinfo(401, 'application/json', '{}', {
        'www-authenticate': 'Bearer error="invalid_token"',
      }),
      code,
      says: /scopes/,
    },
    { name: 'S-141: an empty 200', bends: atUserinfo(200, 'application/json', ''), code },
    { name: 'S-141: 204', bends: atUserinfo(204, 'application/json', ''), code },
    {
      name: 'S-141: 10 MB',
      bends: userinfo((claims) => ({ ...claims, filler: 'x'.repeat(10_000_000) })),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    {
      name: 'S-247: a redirect',
      bends: atUserinfo(302, 'text/plain', '', { location: 'http://169.254.169.254/' }),
      code: 'PROVIDER_RESPONSE_INVALID',
    },
    { name: 'down', bends: atUserinfo(500, 'text/plain', ''), code: 'PROVIDER_UNREACHABLE' },
    { name: 'S-140: signed', bends: signedUserinfo({}), code: null },
    { name: 'S-141: signed with a foreign key', bends: signedUserinfo({}, newKey('k1', 'RS256')), code },
    { name: 'S-141: signed with none', bends: signedUserinfo({}, firstKey(), 'none'), code },
    { name: 'S-141: signed with another algorithm', bends: signedUserinfo({}, firstKey(), 'RS384'), code },
    {
      name: 'S-141: signed with another algorithm, by a key that does not say for which it is',
      bends: {
        ...signedUserinfo({}, firstKey(), 'PS256'),
        jwks: () => ({ keys: [{ ...firstKey().jwk, alg: undefined }] }),
      },
      code,
      says: /signed with "PS256"/,
    },
    {
      name: 'S-141: signed by another issuer',
      bends: signedUserinfo({ iss: 'https://other.example' }),
      code,
    },
    { name: 'S-141: signed for another client', bends: signedUserinfo({ aud: 'other' }), code },
    { name: 'S-140: signed, about somebody else', bends: signedUserinfo({ sub: 'adam' }), code },
    {
      name: 'no endpoint, and claims_from was not written',
      bends: { metadata: ({ userinfo_endpoint: _, ...document }) => document, answer: { userinfo: fail } },
      code: null,
    },
    {
      name: 'no endpoint, and claims_from asks for it',
      bends: { metadata: ({ userinfo_endpoint: _, ...document }) => document },
      code: 'PROVIDER_RESPONSE_INVALID',
      says: /userinfo_endpoint/,
      options: { settings: () => ({ claimsFromWritten: true }) },
    },
    {
      name: 'not asked for',
      bends: { answer: { userinfo: fail } },
      code: null,
      options: { settings: () => ({ claimsFrom: ['id_token'], claimsFromWritten: true }) },
    },
  ])
})

function fail(): never {
  throw new Error('userinfo was asked')
}

t.test('claims of both are merged', async (t) => {
  const rig = await startRig(t, { bends: {} })
  const merged = async (idToken: object, info: object) => {
    rig.op.bends = {
      claims: (claims) => ({ ...claims, organization_id: undefined, ...idToken }),
      userinfo: () => ({ sub: 'alice', ...info }),
    }
    const { iss, sub, aud, ...rest } = (await rig.signIn()).claims
    t.equal(iss, rig.op.issuer)
    t.equal(sub, 'alice')
    t.equal(aud, 'gateway')
    return rest
  }
  t.same(
    await merged({ groups: ['a'] }, { groups: ['b'], name: 'Alice' }),
    { groups: ['a'], name: 'Alice' },
    'the ID token wins',
  )
  t.same(
    await merged({ email: 'a@x.example' }, { email: 'b@x.example', email_verified: true }),
    { email: 'a@x.example' },
    'an address of the ID token is not verified by userinfo',
  )
  t.same(
    await merged({ email_verified: true }, { email: 'b@x.example' }),
    { email: 'b@x.example' },
    'an address of userinfo is not verified by the ID token',
  )
  t.same(
    await merged({ address: { country: 'NL' } }, { address: { country: 'BE', city: 'Ghent' } }),
    { address: { country: 'NL' } },
    'objects are not mixed',
  )
  t.same(
    await merged(
      {},
      { iss: 'x', aud: 'y', azp: 'z', acr: '3', amr: ['mfa'], auth_time: 1, sid: 's', exp: 1, nonce: 'n' },
    ),
    {},
    'userinfo says nothing of who was signed in, by whom and how',
  )
  t.same(
    await merged({ acr: '2', sid: 's', at_hash: undefined, jti: 'j', nbf: 1, c_hash: 'x' }, {}),
    { acr: '2', sid: 's' },
    'what was for this one token is gone',
  )
})

t.test("claims from userinfo alone, but for those that are the token's to say", async (t) => {
  const rig = await startRig(t, {
    settings: () => ({ claimsFrom: ['userinfo'], claimsFromWritten: true }),
    bends: {
      claims: (claims) => ({ ...claims, groups: ['admins'], email: 'a@x.example', acr: '2' }),
      userinfo: () => ({ sub: 'alice', groups: ['users'], email_verified: true }),
    },
  })
  const { claims } = await rig.signIn()
  t.match(claims, { sub: 'alice', groups: ['users'], acr: '2', email_verified: true })
  t.notOk('email' in claims)
  t.notOk('organization_id' in claims)
})

t.test('S-143: keys that name a prototype are dropped at every depth', async (t) => {
  const evil =
    '{"sub":"alice","__proto__":{"groups":["admins"]},"org":{"__proto__":{"role":"admin"},"id":"1"},"constructor":"x"}'
  const rig = await startRig(t, { bends: { userinfo: () => evil } })
  const { claims } = await rig.signIn()
  t.same(claims.org, { id: '1' })
  t.equal(claims.constructor, 'x')
  t.equal(Object.getPrototypeOf(claims), Object.prototype)
  t.notOk(Object.hasOwn(claims, '__proto__'))
  t.equal(claims.groups, undefined)
})

t.test('the user id', async (t) => {
  const signIn = async (settings: ReturnType<NonNullable<RigOptions['settings']>>, change: object) => {
    const rig = await startRig(t, {
      settings: () => settings,
      bends: { claims: (claims) => ({ ...claims, ...change }) },
    })
    return rig.signIn()
  }
  t.equal((await signIn({ userId: 'organization_id', userIdPrefix: 'acme:' }, {})).user, 'acme:acme')
  for (const [name, settings, change] of [
    ['a missing claim', { userId: 'employee' }, {}],
    ['a number', { userId: 'employee' }, { employee: 7 }],
    ['an empty string', { userId: 'employee' }, { employee: '' }],
    [
      "another provider's prefix",
      { userId: 'employee', foreignPrefixes: ['partner:'] },
      { employee: 'partner:1' },
    ],
    ['an e-mail that nobody verified', { userId: 'email' }, { email: 'a@x.example' }],
  ] as const) {
    const fault = await faultOf(signIn(settings, change))
    t.equal(fault.code, 'LOGIN_USER_ID_INVALID', name)
    t.match(fault.message, settings.userId, name)
  }
})

t.test('S-246: nothing that comes back makes a connection', async (t) => {
  const other = await startRig(t)
  const rig = await startRig(t)
  const transaction = transactionFor(rig.settings)
  const good = rig.op.authorize(await rig.provider.authorizationUrl(transaction, redirectUri))
  for (const name of ['iss', 'request_uri', 'error_uri', 'redirect_uri', 'token_endpoint', 'jwks_uri']) {
    const bent = new URLSearchParams(good)
    bent.set(name, `${other.op.issuer}/x`)
    if (name !== 'iss') bent.delete('code')
    await t.rejects(rig.provider.exchange(bent, transaction, redirectUri, someday, someNetwork), name)
  }
  rig.op.bends.header = (header) => ({
    ...header,
    jku: `${other.op.issuer}/jwks`,
    x5u: `${other.op.issuer}/x5u`,
  })
  rig.op.bends.claims = (claims) => ({
    ...claims,
    _claim_sources: { x: { endpoint: `${other.op.issuer}/claims` } },
  })
  t.equal((await rig.signIn()).user, 'alice')
  t.same(other.op.counts, { metadata: 0, jwks: 0, token: 0, userinfo: 0, other: 0 })
})

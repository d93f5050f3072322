// What comes back on the redirect URI, until a code is sent for tokens.
import t from 'tap'
import type { FaultCode } from '../../src/core/fault.ts'
import { plainWish } from '../../src/core/session/authorization-wish.ts'
import type { Transaction } from '../../src/core/session/transaction.ts'
import { firstKey, newKey, signJwt } from '../support/hostile-op.ts'
import { faultOf, redirectUri, someday, someNetwork, startRig, transactionFor } from './fixtures.ts'

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
  const wish = { ...plainWish, otherAccount: true, passed: new Map() }
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

t.test(
  'a provider that says that it cannot step up has not met the step-up, which is no plain refusal',
  async (t) => {
    const rig = await startRig(t)
    const stepUp = {
      acrValues: ['phr'],
      authContext: null,
      maxAgeSeconds: null,
      lastsSeconds: null,
      scopes: [],
      prompt: null,
      authorizationParameters: new Map<string, string>(),
    }
    const codeOf = async (error: string, wish: Transaction['wish']) => {
      const transaction = { ...transactionFor(rig.settings), wish }
      const parameters = new URLSearchParams({ state: transaction.state, error })
      return (
        await faultOf(rig.provider.exchange(parameters, transaction, redirectUri, someday, someNetwork))
      ).code
    }
    const stepping = { ...plainWish, stepUp }
    // OpenID Connect Core Error Code unmet_authentication_requirements 1.0, RFC 9470 section 5.
    t.equal(await codeOf('unmet_authentication_requirements', stepping), 'LOGIN_STEP_UP_NOT_MET')
    t.equal(await codeOf('unmet_authentication_requirements', plainWish), 'LOGIN_REFUSED')
    t.equal(await codeOf('access_denied', stepping), 'LOGIN_CANCELLED')
  },
)

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
  t.ok(
    Object.values(other.op.counts).every((count) => count === 0),
    JSON.stringify(other.op.counts),
  )
})

// Names and passwords of a user pool, by real sockets: what is sent to Cognito, what each of its answers says of the pair,
// and what stands in for the password afterwards.
import { createHmac } from 'node:crypto'
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { fail, strangeKey } from '../../support/cognito.ts'
import { signJwt } from '../../support/signed-jwt.ts'
import { faultOf, someday } from '../fixtures.ts'
import { appClient, appSecret, ask, granted, startPool } from './fixtures.ts'

const hashOf = (user: string) =>
  createHmac('sha256', appSecret)
    .update(user + appClient)
    .digest('base64')

const ada = { password: 'Ada-1815!', sub: 'sub-of-ada', status: 'CONFIRMED' as const, groups: ['api'] }

t.test('the pair goes to InitiateAuth as Cognito wants it', async (t) => {
  const rig = await startPool(t)
  rig.cognito.users.set('ada', { ...ada })
  const grant = await granted(ask(rig, 'ada', ada.password))
  const [asked] = rig.cognito.asked
  t.match(asked?.headers, {
    'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
    'content-type': 'application/x-amz-json-1.1',
  })
  t.equal(asked?.flow, 'USER_PASSWORD_AUTH')
  t.same(asked?.parameters, { USERNAME: 'ada', PASSWORD: ada.password, SECRET_HASH: hashOf('ada') })
  t.equal(grant.endsAt, someday + 3600)
  t.match(grant.idTokenClaims, { sub: 'sub-of-ada', 'cognito:username': 'ada' })
  t.match(grant.refresh, { user: 'ada', secretSentAt: someday })
  const reading = await rig.provider.readAccessToken(grant.accessToken, someday, {
    key: 'x',
    hidden: false,
  })
  t.equal(reading.kind, 'refused', 'whether it counts is not decided here')
})

t.test('a client without a secret sends no hash', async (t) => {
  const rig = await startPool(t, { clientSecret: null })
  rig.cognito.users.set('ada', { ...ada })
  await granted(ask(rig, 'ada', ada.password))
  t.same(Object.keys(rig.cognito.asked[0]?.parameters ?? {}), ['USERNAME', 'PASSWORD'])
})

t.test('afterwards the refresh token is sent and not the password, by the name in the pool', async (t) => {
  const rig = await startPool(t)
  // Found by an address; the hash of a refresh token is of the user's own name.
  rig.cognito.users.set('ada@example.com', { ...ada, username: 'ada-in-the-pool' })
  const former = await granted(ask(rig, 'ada@example.com', ada.password))
  rig.clock.time += 900
  rig.cognito.now += 900
  const next = await granted(ask(rig, 'ada@example.com', ada.password, { former }))
  t.not(next.accessToken, former.accessToken)
  t.same(next.refresh, former.refresh, 'Cognito does not rotate it')
  const [, asked] = rig.cognito.asked
  t.equal(asked?.flow, 'REFRESH_TOKEN_AUTH')
  t.same(asked?.parameters, {
    REFRESH_TOKEN: former.refresh?.token,
    SECRET_HASH: hashOf('ada-in-the-pool'),
  })
  t.equal(rig.cognito.asked.length, 2)
})

t.test('a refresh token that is over gives way to the password, once', async (t) => {
  const rig = await startPool(t)
  rig.cognito.users.set('ada', { ...ada })
  const former = await granted(ask(rig, 'ada', ada.password))
  rig.cognito.signOutEverywhere('ada')
  const next = await granted(ask(rig, 'ada', ada.password, { former }))
  t.not(next.refresh?.token, former.refresh?.token)
  t.same(
    rig.cognito.asked.map(({ flow }) => flow),
    ['USER_PASSWORD_AUTH', 'REFRESH_TOKEN_AUTH', 'USER_PASSWORD_AUTH'],
  )
})

t.test('a client that may not use refresh tokens sends the password', async (t) => {
  const rig = await startPool(t)
  rig.cognito.users.set('ada', { ...ada })
  const former = await granted(ask(rig, 'ada', ada.password))
  rig.cognito.clients.set(appClient, { secret: appSecret, flows: ['ALLOW_USER_PASSWORD_AUTH'] })
  t.match(await ask(rig, 'ada', ada.password, { former }), { kind: 'granted' })
})

t.test('once a day the password is sent again: one that was changed opens no longer', async (t) => {
  const rig = await startPool(t)
  rig.cognito.users.set('ada', { ...ada })
  const former = await granted(ask(rig, 'ada', ada.password))
  rig.cognito.users.set('ada', { ...ada, password: 'Another-1852!' })
  const later = (seconds: number) => {
    rig.clock.time += seconds
    rig.cognito.now += seconds
  }
  later(limits.rightPairSeconds - 1)
  t.match(await ask(rig, 'ada', ada.password, { former }), { kind: 'granted' })
  later(1)
  t.match(await ask(rig, 'ada', ada.password, { former }), { kind: 'refused' })
})

t.test('others who guess lock the user there, and neither then nor later the owner here', async (t) => {
  const rig = await startPool(t)
  rig.cognito.users.set('ada', { ...ada })
  const former = await granted(ask(rig, 'ada', ada.password))
  for (let count = 0; count < 5; count += 1) await ask(rig, 'ada', `guess ${count}`)
  t.match(
    await faultOf(ask(rig, 'ada', 'guess')),
    { code: 'PROVIDER_BUSY' },
    'of nobody it is known whether the password is wrong',
  )
  t.match(await faultOf(ask(rig, 'ada', ada.password)), { code: 'PROVIDER_BUSY' })
  t.match(await ask(rig, 'ada', ada.password, { former, isKnown: true }), { kind: 'granted' })
  // A day later the password is due, and they go on guessing.
  const aDayLater = async () => {
    rig.clock.time += limits.rightPairSeconds
    rig.cognito.now += limits.rightPairSeconds
    await ask(rig, 'ada', 'guess')
  }
  await aDayLater()
  t.match(await ask(rig, 'ada', ada.password, { former, isKnown: true }), { kind: 'granted' })
  await aDayLater()
  t.match(
    await faultOf(ask(rig, 'ada', ada.password, { former, isKnown: true })),
    { code: 'PROVIDER_BUSY' },
    'not for ever: a lock must not keep a former password alive',
  )
})

t.test('what is wrong with the pair is a refusal', async (t) => {
  const rig = await startPool(t)
  rig.cognito.users.set('ada', { ...ada })
  rig.cognito.users.set('gone', { ...ada, enabled: false })
  rig.cognito.users.set('new', { ...ada, status: 'FORCE_CHANGE_PASSWORD' })
  rig.cognito.users.set('reset', { ...ada, status: 'RESET_REQUIRED' })
  rig.cognito.users.set('unconfirmed', { ...ada, status: 'UNCONFIRMED' })
  rig.cognito.users.set('careful', { ...ada, mfa: 'SOFTWARE_TOKEN_MFA' })
  const command = (name: string) =>
    new RegExp(`^aws cognito-idp ${name} --user-pool-id ${rig.cognito.poolId} --username USER`)
  const cases = [
    ['a wrong password', 'ada', 'wrong', /NotAuthorizedException: "Incorrect/, null],
    ['nobody', 'nobody', 'wrong', /NotAuthorizedException/, null],
    ['a user who is disabled', 'gone', ada.password, /"User is disabled/, null],
    ['a password for once', 'new', ada.password, /NEW_PASSWORD_REQUIRED/, /--password PASSWORD --permanent$/],
    ['a reset', 'reset', ada.password, /PasswordResetRequired/, command('admin-set-user-password')],
    ['unconfirmed', 'unconfirmed', ada.password, /UserNotConfirmed/, command('admin-confirm-sign-up')],
    [
      'a second factor',
      'careful',
      ada.password,
      /SOFTWARE_TOKEN_MFA/,
      command('admin-set-user-mfa-preference'),
    ],
    ['an id that no user has', 'a'.repeat(200), 'wrong', /InvalidParameterException/, null],
  ] as const
  for (const [name, id, secret, detail, cure] of cases)
    t.match(await ask(rig, id, secret), { kind: 'refused', detail, cure }, name)
  rig.cognito.hidesUsers = false
  t.match(await ask(rig, 'nobody', 'wrong'), { kind: 'refused', detail: /UserNotFoundException/ })
})

t.test('what is wrong with Cognito or our client is none', async (t) => {
  const rig = await startPool(t)
  rig.cognito.users.set('ada', { ...ada })
  const cases = [
    ['TooManyRequestsException', 'Rate exceeded', 400, 'PROVIDER_UNREACHABLE'],
    ['com.amazon.coral.service#ThrottlingException', 'Rate exceeded', 400, 'PROVIDER_UNREACHABLE'],
    ['LimitExceededException', 'Attempt limit exceeded', 400, 'PROVIDER_UNREACHABLE'],
    ['TooManyRequestsException', 'Rate exceeded', 429, 'PROVIDER_UNREACHABLE'],
    ['InternalErrorException', 'Something went wrong', 500, 'PROVIDER_UNREACHABLE'],
    ['ForbiddenException', 'Request not allowed due to WAF block', 403, 'PROVIDER_UNREACHABLE'],
    ['ResourceNotFoundException', 'User pool client x does not exist.', 400, 'PROVIDER_CLIENT_REFUSED'],
    ['UnexpectedLambdaException', 'PreAuthentication failed', 400, 'PROVIDER_RESPONSE_INVALID'],
    ['SomethingNewException', 'new', 400, 'PROVIDER_RESPONSE_INVALID'],
    [
      'InvalidParameterException',
      'USER_PASSWORD_AUTH flow not enabled for this client',
      400,
      'PROVIDER_CLIENT_REFUSED',
    ],
    [
      'NotAuthorizedException',
      `Unable to verify secret hash for client ${appClient}`,
      400,
      'PROVIDER_CLIENT_REFUSED',
    ],
    [
      'NotAuthorizedException',
      `Client ${appClient} is configured with secret but SECRET_HASH was not received`,
      400,
      'PROVIDER_CLIENT_REFUSED',
    ],
  ] as const
  for (const [type, message, status, code] of cases) {
    rig.cognito.bend = (_asked, response) => {
      fail(response, type, message, status)
      return true
    }
    t.match(await faultOf(ask(rig, 'ada', ada.password)), { code }, `${status} ${type}`)
  }
})

t.test('a name that sounds like a fault of the client is wrong all the same', async (t) => {
  const rig = await startPool(t)
  for (const message of [
    '1 validation error: "flow not enabled for this client" failed to satisfy constraint',
    'User unable to verify secret hash for client does not exist',
  ])
    for (const type of ['InvalidParameterException', 'NotAuthorizedException']) {
      rig.cognito.bend = (_asked, response) => {
        fail(response, type, message)
        return true
      }
      t.match(await ask(rig, 'x', 'y'), { kind: 'refused' }, `${type}: ${message}`)
    }
})

t.test('a wrong secret of our client is told to the operator, with the place', async (t) => {
  const rig = await startPool(t, { clientSecret: 'not-the-secret-of-the-app-client' })
  rig.cognito.users.set('ada', { ...ada })
  const fault = await faultOf(ask(rig, 'ada', ada.password))
  t.match(fault, { code: 'PROVIDER_CLIENT_REFUSED', message: /providers\.acme\.exchange\.cognito_password/ })
  t.notMatch(fault.message, 'not-the-secret')
})

t.test('an answer that cannot be read, or is none, is the provider’s fault', async (t) => {
  const rig = await startPool(t)
  const answers = [
    [200, 'no JSON'],
    [200, '[]'],
    [200, '{}'],
    [200, '{"AuthenticationResult":{"AccessToken":"a"}}'],
    [200, '{"AuthenticationResult":{"AccessToken":7,"TokenType":"Bearer"}}'],
    [403, '<html>blocked</html>'],
    [400, '{}'],
  ] as const
  for (const [status, text] of answers) {
    rig.cognito.bend = (_asked, response) => {
      response.writeHead(status, { 'content-type': 'text/plain' }).end(text)
      return true
    }
    t.match(await faultOf(ask(rig, 'ada', 'x')), { code: 'PROVIDER_RESPONSE_INVALID' }, text)
  }
})

t.test('a redirect takes the password nowhere', async (t) => {
  const rig = await startPool(t)
  const elsewhere = await startPool(t)
  rig.cognito.bend = (_asked, response) => {
    response.writeHead(307, { location: new URL('/', elsewhere.cognito.issuer).href }).end()
    return true
  }
  t.match(await faultOf(ask(rig, 'ada', ada.password)), { code: 'PROVIDER_RESPONSE_INVALID' })
  t.equal(elsewhere.cognito.asked.length, 0)
  t.equal(rig.cognito.asked.length, 1)
})

t.test('no metadata says where passwords go', async (t) => {
  // The document of the pool names another host as its token endpoint.
  const rig = await startPool(t, { settings: { metadataUrl: 'http://127.0.0.1:1/nothing-there' } })
  rig.cognito.users.set('ada', { ...ada })
  rig.cognito.result = ({ IdToken: _, ...rest }) => rest
  await granted(ask(rig, 'ada', ada.password))
  t.equal(rig.cognito.asked.length, 1)
})

t.test('no words of Cognito bring a password into a message', async (t) => {
  const rig = await startPool(t)
  const password = 'Correct-Horse-Battery-9!'
  const spelled = [password, encodeURIComponent(password), Buffer.from(password).toString('base64')]
  for (const text of spelled) {
    rig.cognito.bend = (_asked, response) => {
      fail(response, 'NotAuthorizedException', `no: ${text}`)
      return true
    }
    const answer = await ask(rig, 'ada', password)
    t.equal(answer.kind, 'refused')
    t.notMatch(JSON.stringify(answer), text)
    rig.cognito.bend = (_asked, response) => {
      fail(response, `Odd${text}Exception`, text)
      return true
    }
    t.notMatch((await faultOf(ask(rig, 'ada', password))).message, text)
  }
})

t.test('an ID token that comes along passes the checks of a sign-in, or the answer is no good', async (t) => {
  const rig = await startPool(t)
  rig.cognito.users.set('ada', { ...ada, attributes: { email: 'ada@example.com', email_verified: true } })
  const bends: readonly (readonly [string, (claims: object) => object])[] = [
    ['another client', (claims) => ({ ...claims, aud: 'another' })],
    ['another issuer', (claims) => ({ ...claims, iss: 'https://elsewhere.example' })],
    ['over', (claims) => ({ ...claims, exp: someday - 61 })],
    ['old', (claims) => ({ ...claims, iat: someday - 3600 })],
    ['with a nonce, and nobody sent one', (claims) => ({ ...claims, nonce: 'n' })],
    ['of another access token', (claims) => ({ ...claims, at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' })],
    ['of nobody', (claims) => ({ ...claims, sub: '' })],
  ]
  for (const [name, bend] of bends) {
    rig.cognito.idToken = (claims) => ({ ...bend(claims) })
    t.match(await faultOf(ask(rig, 'ada', ada.password)), { code: 'PROVIDER_RESPONSE_INVALID' }, name)
  }
  rig.cognito.idToken = (claims) => claims
  const key = strangeKey()
  rig.cognito.result = (result) => ({
    ...result,
    IdToken: signJwt({ alg: 'RS256', kid: 'k1' }, { sub: 'sub-of-ada' }, key.privateKey),
  })
  t.match(await faultOf(ask(rig, 'ada', ada.password)), { code: 'PROVIDER_RESPONSE_INVALID' }, 'forged')
  rig.cognito.result = (result) => ({ ...result, IdToken: 7 })
  t.match(await faultOf(ask(rig, 'ada', ada.password)), { code: 'PROVIDER_RESPONSE_INVALID' }, 'no text')
  rig.cognito.result = (result) => result
  t.match((await granted(ask(rig, 'ada', ada.password))).idTokenClaims, { email: 'ada@example.com' })
})

t.test('the end is the earlier one of what the answer and the token say', async (t) => {
  const rig = await startPool(t)
  rig.cognito.users.set('ada', { ...ada })
  rig.cognito.result = (result) => ({ ...result, ExpiresIn: 60 })
  t.equal((await granted(ask(rig, 'ada', ada.password))).endsAt, someday + 60)
  rig.cognito.result = (result) => ({ ...result, ExpiresIn: 86_400 })
  t.equal((await granted(ask(rig, 'ada', ada.password))).endsAt, someday + 3600)
})

// What openid-client does by itself, measured anew with every version that we ship. Each line is a reason for code of
// ours in src/oidc; when one changes, that code can be looked at again. Nothing here is how the gateway behaves.

import * as client from 'openid-client'
import t from 'tap'
import { type Bends, encode, newKey, signJwt, startHostileOp } from '../support/hostile-op.ts'

const clientId = 'gateway'
const redirectUri = 'https://wiki.example.com/.auth/callback'
const foreign = newKey('k1', 'RS256')

/** One sign-in by the library alone: `accepted`, or the code that it refuses with. */
async function outcome(bends: Bends, checks: boolean): Promise<string> {
  const op = await startHostileOp()
  op.bends = bends
  try {
    const execute = [client.allowInsecureRequests, ...(checks ? [client.enableNonRepudiationChecks] : [])]
    const config = await client.discovery(new URL(op.issuer), clientId, 'a-secret', undefined, { execute })
    await signIn(op, config)
    return 'accepted'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  } finally {
    await op.close()
  }
}

async function signIn(op: Awaited<ReturnType<typeof startHostileOp>>, config: client.Configuration) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid',
    state: 's',
    nonce: 'n',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const back = new URL(`${redirectUri}?${op.authorize(url)}`)
  return client.authorizationCodeGrant(config, back, {
    pkceCodeVerifier,
    expectedState: 's',
    expectedNonce: 'n',
    idTokenExpected: true,
  })
}

const now = Math.floor(Date.now() / 1000)
const claims = (change: object): Bends => ({ claims: (proper) => ({ ...proper, ...change }) })
const header = (change: object): Bends => ({ header: (proper) => ({ ...proper, ...change }) })
const refused = 'refused'

/** By default, and with enableNonRepudiationChecks. */
const rows: readonly [string, Bends, 'accepted' | 'refused', 'accepted' | 'refused'][] = [
  ['a proper token', {}, 'accepted', 'accepted'],
  [
    'a foreign signature',
    { signing: (proper, body) => signJwt(proper, body, foreign.privateKey) },
    'accepted',
    refused,
  ],
  [
    'alg none, listed in the metadata',
    {
      signing: (proper, body) => `${encode({ ...proper, alg: 'none' })}.${encode(body)}.`,
      metadata: (document) => ({ ...document, id_token_signing_alg_values_supported: ['RS256', 'none'] }),
    },
    'accepted',
    refused,
  ],
  ['a kid that nobody knows', header({ kid: 'k9' }), 'accepted', refused],
  [
    'jku and jwk with a foreign key',
    {
      signing: (proper, body) =>
        signJwt({ ...proper, jku: 'http://127.0.0.1:1/', jwk: foreign.jwk }, body, foreign.privateKey),
    },
    'accepted',
    refused,
  ],
  ['iat a day ahead', claims({ iat: now + 86_400 }), 'accepted', 'accepted'],
  ['iat a month ago', claims({ iat: now - 30 * 86_400 }), 'accepted', 'accepted'],
  ['azp of another client beside a single aud', claims({ azp: 'evil' }), 'accepted', 'accepted'],
  ['typ at+jwt', header({ typ: 'at+jwt' }), 'accepted', 'accepted'],
  ['an empty sub', claims({ sub: '' }), 'accepted', 'accepted'],
  ['a wrong at_hash', claims({ at_hash: 'AAAA' }), 'accepted', 'accepted'],
  ['several audiences without azp', claims({ aud: [clientId, 'other'] }), refused, refused],
  ['no exp', claims({ exp: undefined }), refused, refused],
  ['exp as a string', claims({ exp: String(now + 300) }), refused, refused],
  ['nbf ahead', claims({ nbf: now + 600 }), refused, refused],
  ['crit', header({ crit: ['x'] }), refused, refused],
  [
    'HS256 with the secret',
    { signing: (proper, body) => signJwt({ ...proper, alg: 'HS256' }, body, 'a-secret') },
    refused,
    refused,
  ],
  [
    'token_type DPoP that nobody asked for',
    { token: (answer) => ({ ...answer, token_type: 'DPoP' }) },
    'accepted',
    'accepted',
  ],
]

t.test('F10: what openid-client accepts, by default and with enableNonRepudiationChecks', async (t) => {
  for (const [name, bends, byDefault, withChecks] of rows) {
    for (const [checks, expected] of [
      [false, byDefault],
      [true, withChecks],
    ] as const) {
      const result = await outcome(bends, checks)
      t.equal(
        result === 'accepted' ? result : refused,
        expected,
        `${name}, ${checks ? 'with checks' : 'by default'}: ${result}`,
      )
    }
  }
})

t.test('F10: keys are not fetched again within a minute, so a rotation fails', async (t) => {
  const op = await startHostileOp()
  t.teardown(() => op.close())
  const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks]
  const config = await client.discovery(new URL(op.issuer), clientId, 'a-secret', undefined, { execute })
  await signIn(op, config)
  op.keys = [newKey('k2', 'RS256')]
  await t.rejects(signIn(op, config), { code: 'OAUTH_KEY_SELECTION_FAILED' })
  t.equal(op.counts.jwks, 1)
})

t.test('F10: keys serve for five minutes', async (t) => {
  for (const [age, fetched] of [
    [290, 0],
    [301, 1],
  ] as const) {
    const op = await startHostileOp()
    t.teardown(() => op.close())
    const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks]
    const config = await client.discovery(new URL(op.issuer), clientId, 'a-secret', undefined, { execute })
    client.setJwksCache(config, {
      jwks: { keys: op.keys.map(({ jwk }) => jwk) as client.JWK[] },
      uat: now - age,
    })
    await signIn(op, config)
    t.equal(op.counts.jwks, fetched, `${age} seconds old`)
  }
})

t.test('F10: a refreshed ID token may be about somebody else', async (t) => {
  const op = await startHostileOp()
  t.teardown(() => op.close())
  const config = await client.discovery(new URL(op.issuer), clientId, 'a-secret', undefined, {
    execute: [client.allowInsecureRequests],
  })
  const about = (sub: string) =>
    signJwt(
      { alg: 'RS256' },
      { iss: op.issuer, aud: clientId, sub, iat: now, exp: now + 300 },
      foreign.privateKey,
    )
  op.bends.answer = {
    token: (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({ access_token: 'a', token_type: 'bearer', id_token: about('somebody-else') }),
      )
    },
  }
  const tokens = await client.refreshTokenGrant(config, 'a-refresh-token')
  t.equal(tokens.claims()?.sub, 'somebody-else')
})

/** What comes of one refresh grant by the library alone: `accepted`, or why it is refused. */
async function refreshed(answer: object, headers: Record<string, string> = {}, status = 200) {
  const op = await startHostileOp()
  const config = await client.discovery(new URL(op.issuer), clientId, 'a-secret', undefined, {
    execute: [client.allowInsecureRequests],
  })
  op.bends.answer = {
    token: (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(answer))
    },
  }
  try {
    const tokens = await client.refreshTokenGrant(config, 'a-refresh-token')
    return { asked: op.counts.token, outcome: 'accepted', expiresIn: tokens.expires_in }
  } catch (error) {
    const outcome = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return { asked: op.counts.token, outcome, error }
  } finally {
    await op.close()
  }
}

t.test('F10: a whole answer to a refresh grant is refused for a member that is not needed', async (t) => {
  const answer = { access_token: 'a', token_type: 'bearer', refresh_token: 'the-next-one' }
  t.equal((await refreshed(answer)).outcome, 'accepted')
  for (const odd of [{ expires_in: 'soon' }, { expires_in: null }, { scope: null }, { refresh_token: null }])
    t.not((await refreshed({ ...answer, ...odd })).outcome, 'accepted', JSON.stringify(odd))
  t.equal((await refreshed({ ...answer, expires_in: '3600 and more' })).expiresIn, 3600)
})

t.test('F10: a refreshed ID token is taken whatever its nonce, and an expired one is refused', async (t) => {
  const idToken = (change: object) =>
    signJwt(
      { alg: 'RS256' },
      { iss: 'x', aud: clientId, sub: 'alice', iat: now, exp: now + 300, ...change },
      foreign.privateKey,
    )
  const op = await startHostileOp()
  t.teardown(() => op.close())
  const config = await client.discovery(new URL(op.issuer), clientId, 'a-secret', undefined, {
    execute: [client.allowInsecureRequests],
  })
  const grant = async (change: object) => {
    const body = { access_token: 'a', token_type: 'bearer', id_token: idToken({ iss: op.issuer, ...change }) }
    op.bends.answer = {
      token: (_request, response) =>
        void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    }
    return client.refreshTokenGrant(config, 'a-refresh-token').then(
      () => 'accepted',
      () => refused,
    )
  }
  t.equal(await grant({ nonce: 'of-somebody-else' }), 'accepted')
  t.equal(await grant({ auth_time: now + 86_400 }), 'accepted')
  t.equal(await grant({ exp: now - 300 }), refused)
  t.equal(await grant({ iss: 'https://other.example' }), refused)
  t.equal(await grant({ aud: 'other' }), refused)
})

t.test('a refresh token is sent once, whatever is answered', async (t) => {
  t.equal((await refreshed({ error: 'use_dpop_nonce' }, { 'dpop-nonce': 'n' }, 400)).asked, 1)
  t.equal(
    (
      await refreshed(
        { error: 'use_dpop_nonce' },
        { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n' },
        401,
      )
    ).asked,
    1,
  )
  t.equal((await refreshed({}, {}, 503)).asked, 1)
})

t.test('F10: the redirect URI of the token request is made of the URL that it is given', async (t) => {
  const op = await startHostileOp()
  t.teardown(() => op.close())
  const config = await client.discovery(new URL(op.issuer), clientId, 'a-secret', undefined, {
    execute: [client.allowInsecureRequests],
  })
  const url = new URL('https://evil.example/elsewhere?code=c&state=s#fragment')
  await t.rejects(
    client.authorizationCodeGrant(config, url, { expectedState: 's', pkceCodeVerifier: 'v'.repeat(43) }),
  )
  t.equal(op.tokenRequests[0]?.body.get('redirect_uri'), 'https://evil.example/elsewhere')
})

t.test('F10: no limit to the size of an answer', async (t) => {
  t.equal(
    await outcome({ token: (answer) => ({ ...answer, filler: 'x'.repeat(20_000_000) }) }, false),
    'accepted',
  )
})

t.test('basic credentials are escaped further than forms are', async (t) => {
  const headers = new Headers()
  const authenticate = client.ClientSecretBasic('a-b_c.d*e')
  await authenticate(
    { issuer: 'x' } as client.ServerMetadata,
    { client_id: 'my-client' },
    new URLSearchParams(),
    headers,
  )
  const sent = Buffer.from(headers.get('authorization')?.slice('Basic '.length) ?? '', 'base64').toString()
  t.equal(sent, 'my%2Dclient:a%2Db%5Fc%2Ed%2Ae')
})

t.test('the issuer is compared after normalisation', async (t) => {
  const op = await startHostileOp()
  t.teardown(() => op.close())
  op.bends.metadata = (document) => ({ ...document, issuer: `${document.issuer}/` })
  const config = await client.discovery(new URL(op.issuer), clientId, 'a-secret', undefined, {
    execute: [client.allowInsecureRequests],
  })
  t.equal(config.serverMetadata().issuer, `${op.issuer}/`)
})

t.test('errors carry what was received, tokens and all', async (t) => {
  const op = await startHostileOp()
  t.teardown(() => op.close())
  const config = await client.discovery(new URL(op.issuer), clientId, 'a-secret', undefined, {
    execute: [client.allowInsecureRequests],
  })
  op.bends.token = (answer) => ({ ...answer, token_type: 7 })
  try {
    await signIn(op, config)
    t.fail('accepted')
  } catch (error) {
    t.match(error, { cause: { cause: { body: { access_token: 'access-token-of-alice' } } } })
  }
})

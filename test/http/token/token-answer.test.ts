import t from 'tap'
import type { RefusedToken, TokenGrant } from '../../../src/core/credential/token-grant.ts'
import { asTokenError, grantAnswer } from '../../../src/http/token/token-answer.ts'

const by = { credential: 'api_key', principal: null } as const
const granted: TokenGrant = {
  ...{
    kind: 'granted',
    accessToken: 'cgt_kx',
    expiresInSeconds: 60,
    scopes: ['a', 'b'],
    refreshToken: 'r',
    by,
  },
}
const refused = (error: RefusedToken['error'], why: RefusedToken['why']): TokenGrant => {
  return { kind: 'refused', error, says: 'why', why, detail: 'for the log', by }
}
const body = (grant: TokenGrant): unknown => JSON.parse(grantAnswer(grant, false).body)

t.test('a token is told as RFC 6749 5.1 has it, and what nobody knows is left out', async (t) => {
  t.same(body(granted), {
    ...{ access_token: 'cgt_kx', token_type: 'Bearer', expires_in: 60, scope: 'a b', refresh_token: 'r' },
  })
  t.same(body({ ...granted, expiresInSeconds: null, scopes: null, refreshToken: null }), {
    ...{ access_token: 'cgt_kx', token_type: 'Bearer' },
  })
})

t.test('no answer is kept by anybody, whatever it is', async (t) => {
  for (const grant of [granted, refused('invalid_scope', 'token-request-invalid')])
    t.match(grantAnswer(grant, false).headers, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      pragma: 'no-cache',
    })
})

t.test('a refusal is 400, of a pair 401 with a challenge, which browsers do not know', async (t) => {
  const plain = grantAnswer(refused('invalid_scope', 'token-request-invalid'), false)
  t.match(plain, { status: 400, decision: { kind: 'reject', status: 400, reason: 'token-request-invalid' } })
  t.equal(plain.headers['www-authenticate'], undefined)
  t.same(JSON.parse(plain.body), { error: 'invalid_scope', error_description: 'why' })
  const pair = refused('invalid_client', 'key-revoked')
  t.match(grantAnswer(pair, false), {
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="claimgate", charset="UTF-8"' },
    decision: { kind: 'challenge', reason: 'key-revoked', presented: 'api_key' },
  })
  t.equal(grantAnswer(pair, true).headers['www-authenticate'], 'Bearer realm="claimgate"')
  t.match(grantAnswer(refused('unauthorized_client', 'key-restricted'), false), {
    status: 400,
    decision: { kind: 'deny', reason: 'key-restricted' },
  })
  t.notMatch(grantAnswer(pair, false).body, 'for the log')
})

t.test('a network that guesses is told when to come again', async (t) => {
  t.match(grantAnswer({ kind: 'throttled', retryAfterSeconds: 7 }, false), {
    status: 429,
    headers: { 'retry-after': '7' },
    decision: { kind: 'reject', status: 429, reason: 'too-many-unknown', retryAfterSeconds: 7 },
  })
})

t.test('what is no form, and what nobody can tell, has the same form of an answer', async (t) => {
  const told = (status: number) => {
    const { headers, body: text, ...answer } = asTokenError({ status, headers: {}, body: 'a page' })
    return [answer.status, JSON.parse(text).error, headers['retry-after']]
  }
  t.same(told(415), [415, 'invalid_request', undefined])
  t.same(told(413), [413, 'invalid_request', undefined])
  for (const status of [502, 503, 504])
    t.same(told(status), [503, 'temporarily_unavailable', '5'], `${status}`)
  t.same(told(500), [500, 'server_error', undefined])
})

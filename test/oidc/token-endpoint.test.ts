// What the token endpoint may answer.

import type { ServerResponse } from 'node:http'
import t from 'tap'
import type { Bends } from '../support/hostile-op.ts'
import { drip, each } from './bent-answers.ts'
import { secret } from './fixtures.ts'

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
      options: { limits: { timeoutMs: 4_000 } },
    },
    {
      name: 'S-235: no answer at all',
      bends: atToken(() => {}),
      code: 'PROVIDER_UNREACHABLE',
      says: /no answer in time/,
      options: { limits: { timeoutMs: 4_000 } },
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

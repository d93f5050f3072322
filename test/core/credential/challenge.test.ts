import t from 'tap'
import { type ChallengeFacts, challengesFor } from '../../../src/core/credential/challenge.ts'

const facts: ChallengeFacts = {
  credentials: ['session', 'bearer', 'api_key'],
  error: null,
  scopes: [],
  resourceMetadata: null,
  isBrowser: false,
}

t.test('every way in is told, and an error only to who sent something', async (t) => {
  const rows: readonly (readonly [Partial<ChallengeFacts>, string])[] = [
    [{}, 'Basic realm="claimgate", charset="UTF-8", Bearer realm="claimgate", Cookie realm="claimgate"'],
    [{ isBrowser: true }, 'Bearer realm="claimgate", Cookie realm="claimgate"'],
    [{ credentials: ['session'] }, 'Cookie realm="claimgate"'],
    [{ credentials: ['bearer'] }, 'Bearer realm="claimgate"'],
    [{ credentials: ['api_key'], isBrowser: true }, 'Bearer realm="claimgate"'],
    [{ credentials: ['widget'] }, 'Bearer realm="claimgate"'],
    [{ credentials: ['widget', 'session'] }, 'Bearer realm="claimgate", Cookie realm="claimgate"'],
    [{ credentials: ['bearer'], error: 'invalid_token' }, 'Bearer realm="claimgate", error="invalid_token"'],
    [
      { credentials: ['bearer'], error: 'insufficient_scope', scopes: ['a', 'b'] },
      'Bearer realm="claimgate", error="insufficient_scope", scope="a b"',
    ],
    [
      { credentials: ['bearer'], resourceMetadata: 'https://a.example/.well-known/oauth-protected-resource' },
      'Bearer realm="claimgate", resource_metadata="https://a.example/.well-known/oauth-protected-resource"',
    ],
    [{ credentials: ['exchange'] }, 'Basic realm="claimgate", charset="UTF-8"'],
    [{ credentials: ['exchange'], isBrowser: true }, ''],
    [{ credentials: ['widget'] }, 'Bearer realm="claimgate"'],
    [
      { credentials: ['session', 'client_certificate'] },
      'Certificate realm="claimgate", Cookie realm="claimgate"',
    ],
    [{ credentials: [] }, ''],
  ]
  for (const [more, expected] of rows) t.equal(challengesFor({ ...facts, ...more }), expected)
})

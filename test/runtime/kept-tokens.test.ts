// Which tokens of a sign-in a session keeps.
import t from 'tap'
import type { App } from '../../src/core/gateway.ts'
import { limits } from '../../src/core/limits/table.ts'
import { noTokens } from '../../src/core/session/session.ts'
import { encodeSession } from '../../src/core/session/session-record.ts'
import { makeApp } from '../core/headers/apps.ts'
import { open, originOf, provider } from '../support/sessions.ts'

const tokens = { access: { value: 'canary-a', endsAt: 1_790_003_600 }, refresh: 'canary-r' }

function appOf(providers: readonly string[], sends = true): App {
  const tokenHeaders = sends ? [{ name: 'X-Token', token: 'access_token' } as const] : []
  return { ...makeApp({ tokenHeaders }), providers }
}

t.test('a session keeps no token that nothing needs, and none of it is in its record', async (t) => {
  const { begin } = open(t)
  const { session } = await begin({ tokens, origin: originOf('plain.example.com') })
  t.same(session.tokens, noTokens)
  t.notMatch(encodeSession(session), /canary/)
})

t.test('tokens are kept where an app of the origin gets one', async (t) => {
  const { begin } = open(t)
  const origin = originOf('app.example.com', { apps: [appOf(['acme'])] })
  t.same((await begin({ tokens, origin })).session.tokens, tokens)
  const other = originOf('other.example.com', { apps: [appOf(['another']), appOf(['acme'], false)] })
  t.same((await begin({ tokens, origin: other })).session.tokens, noTokens, 'by this provider’s people')
})

t.test('tokens are kept where the provider is asked again', async (t) => {
  const recheck = { everySeconds: 900, unansweredSeconds: null }
  const { begin } = open(t, { providers: [provider('acme', { recheck })] })
  t.same((await begin({ tokens })).session.tokens, tokens)
})

t.test('a sign-in whose provider was taken out of the file meanwhile keeps none', async (t) => {
  const { begin } = open(t, { providers: [provider('another')] })
  const origin = originOf('app.example.com', { apps: [appOf(['acme'])] })
  t.same((await begin({ tokens, origin })).session.tokens, noTokens)
})

t.test('tokens count as a part of the session, and its size is told with them', async (t) => {
  const { begin } = open(t)
  const large = { access: { value: 'a'.repeat(limits.sessionRecordBytes), endsAt: null }, refresh: 'r' }
  const origin = originOf('app.example.com', { apps: [appOf(['acme'])] })
  await t.rejects(begin({ tokens: large, origin }), {
    code: 'LOGIN_CLAIMS_TOO_LARGE',
    message: /^claims, ID token and the tokens that are kept take 26\d{4} bytes/,
  })
  const plain = originOf('plain.example.com')
  await t.resolves(begin({ tokens: large, origin: plain }), 'what is not kept takes no room')
})

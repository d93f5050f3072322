import t from 'tap'
import type { App, Forwarding } from '../../../src/core/gateway.ts'
import { keepsTokens } from '../../../src/core/session/kept-tokens.ts'
import { makeApp } from '../headers/apps.ts'

const token: Forwarding['tokenHeaders'] = [{ name: 'X-Token', token: 'id_token' }]
const none = { access: false, refresh: false }
const both = { access: true, refresh: true }
const acme = { name: 'acme', recheck: null }

function app(providers: readonly string[], tokenHeaders: Forwarding['tokenHeaders'] = []): App {
  return { ...makeApp({ tokenHeaders }), providers }
}

t.test('no token is kept that nothing needs', async (t) => {
  t.same(keepsTokens({ apps: [app(['acme'])] }, acme), none)
  t.same(keepsTokens({ apps: [] }, acme), none)
})

t.test('a provider that is asked again needs both', async (t) => {
  const rechecked = { name: 'acme', recheck: { everySeconds: 900, unansweredSeconds: null } }
  t.same(keepsTokens({ apps: [app(['acme'])] }, rechecked), both)
})

t.test('an app that gets a token needs both, of the providers that it accepts', async (t) => {
  const apps = [app(['other']), app(['acme', 'third'], token)]
  t.same(keepsTokens({ apps }, acme), both)
  t.same(keepsTokens({ apps }, { name: 'third', recheck: null }), both)
  t.same(keepsTokens({ apps }, { name: 'other', recheck: null }), none)
})

t.test('one location is enough', async (t) => {
  const plain = app(['acme'])
  const location = { ...plain.fallback, forwarding: { ...plain.fallback.forwarding, tokenHeaders: token } }
  t.same(keepsTokens({ apps: [{ ...plain, allLocations: [location] }] }, acme), both)
})

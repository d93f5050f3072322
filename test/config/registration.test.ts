// What must be registered at providers, where programs come by tokens and keys too.
import t from 'tap'
import { registrationsOf, tokenProvidersOf } from '../../src/config/registration.ts'
import { registrationText, tokenProvidersText } from '../../src/config/registration-text.ts'
import { gatewayOf } from '../support/model.ts'

const gateway = gatewayOf(`
api_keys: {}
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s, bearer: { audiences: [api] } }
  tokens: { issuer: "https://t.example.com", user_id_prefix: "t:", bearer: { audiences: [api] } }
  asked: { issuer: "https://a.example.com", client_id: asks, client_secret: s, sign_in: false, user_id_prefix: "a:", bearer: { check: introspection, audiences: [api] } }
apps:
  pages: { url: "https://pages.example.com", upstream: "http://127.0.0.1:1", provider: [acme, tokens], require: signed_in }
  api: { url: "https://api.example.com", upstream: "http://127.0.0.1:1", provider: [acme, tokens, asked], credentials: [bearer, api_key], require: signed_in }
  mixed:
    url: https://mixed.example.com
    upstream: http://127.0.0.1:1
    provider: acme
    credentials: [api_key]
    require: signed_in
    locations:
      - { path: /open, require: anyone }
      - { path: /page, require: maybe_signed_in, credentials: [session, api_key] }
  open:
    url: https://open.example.com
    upstream: http://127.0.0.1:1
    provider: acme
    locations:
      - { path: /, require: anyone }
      - { path: /api, require: signed_in, credentials: [api_key] }
`)

t.test('redirect URIs are those of origins at which a session counts', async (t) => {
  t.match(registrationsOf(gateway), [
    {
      provider: 'acme',
      redirectUris: ['https://pages.example.com/.auth/callback', 'https://mixed.example.com/.auth/callback'],
      backchannelLogoutUri: 'https://pages.example.com/.auth/backchannel-logout',
    },
  ])
})

t.test('at a provider with which nobody signs in there is nothing to register', async (t) => {
  t.equal(registrationsOf(gateway).length, 1)
  t.same(tokenProvidersOf(gateway), [
    { provider: 'tokens', issuer: 'https://t.example.com', clientId: null },
    { provider: 'asked', issuer: 'https://a.example.com', clientId: 'asks' },
  ])
  t.equal(
    tokenProvidersText(tokenProvidersOf(gateway)),
    [
      'Nothing to register at tokens (https://t.example.com): nobody signs in with it.',
      'Nothing to register at asked (https://a.example.com): nobody signs in with it. Its client asks may have to be allowed to ask about tokens.',
      '',
    ].join('\n'),
  )
})

t.test('a provider of which every app wants tokens alone has no redirect URI', async (t) => {
  const alone = gatewayOf(`
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s, bearer: { audiences: [api] } }
apps:
  api: { url: "https://api.example.com", upstream: "http://127.0.0.1:1", credentials: [bearer], require: signed_in }
`)
  t.match(registrationText(registrationsOf(alone)), 'nothing: no app has people sign in with this provider')
})

t.test('apps of one origin agree on those with which people sign in, and on no others', async (t) => {
  const shared = gatewayOf(`
api_keys: {}
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s }
  tokens: { issuer: "https://t.example.com", user_id_prefix: "t:", bearer: { audiences: [api] } }
apps:
  pages: { url: "https://one.example.com", upstream: "http://127.0.0.1:1", provider: acme, require: signed_in }
  api: { url: "https://one.example.com/api", upstream: "http://127.0.0.1:1", provider: [acme, tokens], credentials: [session, bearer], require: signed_in }
`)
  t.same(
    shared.apps.map(({ name, providers, signInProviders }) => [name, providers, signInProviders]),
    [
      ['pages', ['acme'], ['acme']],
      ['api', ['acme', 'tokens'], ['acme']],
    ],
  )
  t.match(registrationsOf(shared), [{ redirectUris: ['https://one.example.com/.auth/callback'] }])
})

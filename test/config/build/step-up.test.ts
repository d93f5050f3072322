// What `step_up`, `resume` and `recheck` are in the model; what is wrong with them is in test/config/cases.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { Location, ProviderSettings } from '../../../src/core/gateway.ts'
import type { StepUp } from '../../../src/core/step-up.ts'
import { surroundings } from '../surroundings.ts'

interface Written {
  readonly app?: string
  readonly location?: string
  readonly rule?: string
  readonly defaults?: string
  readonly store?: string
}

/** The location of the app, and its fallback; or what is wrong with the file. */
function locationsOf(written: Written): { readonly own: Location; readonly fallback: Location } {
  const { app = '', location = '', rule = 'signed_in', defaults = '', store = 'sqlite' } = written
  const text = `
trusted_proxies: none
session: { secret: "\${env:OTHER_SECRET}", store: ${store} }
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
defaults: {${defaults}}
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5
    require: signed_in
    ${app}
    locations:
      - { path: /a, require: ${rule}${location === '' ? '' : `, ${location}`} }
`
  const loaded = loadGatewayFromText(text, surroundings)
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  const [wiki] = loaded.gateway.apps
  const [own] = wiki?.allLocations ?? []
  if (wiki === undefined || own === undefined) throw new Error('no app')
  return { own, fallback: wiki.fallback }
}

/** As it is compared: a map is no list for tap. */
function plain(stepUp: StepUp | null): unknown {
  return stepUp && { ...stepUp, authorizationParameters: Object.fromEntries(stepUp.authorizationParameters) }
}

const nothing = {
  ...{ acrValues: [], authContext: null, maxAgeSeconds: null, lastsSeconds: null },
  ...{ scopes: [], prompt: null, authorizationParameters: {} },
}

t.test('one step-up says what is asked for, and how long it lasts', async (t) => {
  const rows: readonly (readonly [string, object])[] = [
    ['{ acr_values: phr }', { acrValues: ['phr'] }],
    ['{ acr_values: [phr, mfa, phr] }', { acrValues: ['phr', 'mfa'] }],
    ['{ auth_context: c1 }', { authContext: 'c1' }],
    ['{ scopes: [payments, more, payments] }', { scopes: ['payments', 'more'] }],
    ['{ max_age: 5m }', { maxAgeSeconds: 300, lastsSeconds: 300 }],
    ['{ max_age: 5m, lasts: 30m }', { maxAgeSeconds: 300, lastsSeconds: 1800 }],
    ['{ acr_values: phr, lasts: 30m }', { acrValues: ['phr'], maxAgeSeconds: 1800, lastsSeconds: 1800 }],
    ['{ scopes: [a], prompt: login consent }', { scopes: ['a'], prompt: 'login consent' }],
    [
      '{ auth_context: c1, authorization_parameters: { domain_hint: example.com } }',
      { authContext: 'c1', authorizationParameters: { domain_hint: 'example.com' } },
    ],
  ]
  for (const [written, expected] of rows) {
    const { own } = locationsOf({ location: `step_up: ${written}` })
    t.same(plain(own.stepUp), { ...nothing, ...expected }, written)
  }
})

t.test('what an app asks for holds beside what its location asks for', async (t) => {
  const rows: readonly (readonly [string, string, object])[] = [
    ['{ acr_values: [phr, mfa, x] }', '{ acr_values: [mfa, phr] }', { acrValues: ['mfa', 'phr'] }],
    ['{ acr_values: [phr, mfa] }', '{ scopes: [a] }', { acrValues: ['phr', 'mfa'], scopes: ['a'] }],
    ['{ scopes: [a, b] }', '{ scopes: [c, b] }', { scopes: ['a', 'b', 'c'] }],
    ['{ auth_context: c1 }', '{ auth_context: c1 }', { authContext: 'c1' }],
    ['{ max_age: 5m, lasts: 1h }', '{ max_age: 1h }', { maxAgeSeconds: 300, lastsSeconds: 3600 }],
    ['{ max_age: 1h }', '{ max_age: 5m }', { maxAgeSeconds: 300, lastsSeconds: 300 }],
    ['{ max_age: 5m, lasts: 30m }', '{ max_age: 1m, lasts: 2m }', { maxAgeSeconds: 60, lastsSeconds: 120 }],
    [
      '{ acr_values: phr, prompt: login, authorization_parameters: { a: b } }',
      '{ max_age: 5m, authorization_parameters: { a: b, c: d } }',
      {
        ...{ acrValues: ['phr'], prompt: 'login', authorizationParameters: { a: 'b', c: 'd' } },
        ...{ maxAgeSeconds: 300, lastsSeconds: 300 },
      },
    ],
  ]
  for (const [app, location, expected] of rows) {
    const { own } = locationsOf({ app: `step_up: ${app}`, location: `step_up: ${location}` })
    t.same(plain(own.stepUp), { ...nothing, ...expected }, `${app} ${location}`)
  }
})

t.test('a sign-in is never let back that is too old for a request', async (t) => {
  const { own } = locationsOf({
    app: 'step_up: { max_age: 1h }',
    location: 'step_up: { acr_values: phr, lasts: 5m }',
  })
  t.same(plain(own.stepUp), { ...nothing, acrValues: ['phr'], maxAgeSeconds: 300, lastsSeconds: 300 })
})

t.test('an app’s step-up holds wherever somebody must sign in, and not where it is open', async (t) => {
  const app = 'step_up: { max_age: 5m }'
  const expected = { ...nothing, maxAgeSeconds: 300, lastsSeconds: 300 }
  const { own, fallback } = locationsOf({ app })
  t.same(plain(own.stepUp), expected)
  t.same(plain(fallback.stepUp), expected, 'where no location covers the path too')
  t.same(
    plain(locationsOf({ app, rule: '{ any: [signed_in, { client_ip: 10.0.0.0/8 }] }' }).own.stepUp),
    expected,
  )
  for (const rule of ['anyone', 'maybe_signed_in', 'nobody'])
    t.equal(locationsOf({ app, rule }).own.stepUp, null, rule)
})

t.test('an app’s step-up replaces the one of the defaults', async (t) => {
  const defaults = 'step_up: { acr_values: mfa }'
  t.same(locationsOf({ defaults }).own.stepUp?.acrValues, ['mfa'])
  t.same(locationsOf({ defaults, app: 'step_up: { max_age: 5m }' }).own.stepUp?.acrValues, [])
})

t.test('forms are kept unless somebody says otherwise, and only where a sign-in is asked for', async (t) => {
  const rows: readonly (readonly [Written, 'forms' | 'none', number])[] = [
    [{}, 'forms', 262_144],
    [{ app: 'resume: none' }, 'none', 0],
    [{ app: 'resume: none', location: 'resume: forms' }, 'forms', 262_144],
    [{ location: 'resume: none' }, 'none', 0],
    [{ defaults: 'max_resumed_body: 1MiB' }, 'forms', 1_048_576],
    [{ location: 'max_resumed_body: 4MiB' }, 'forms', 4_194_304],
    [{ location: 'max_body: 1KiB' }, 'forms', 1024],
    [{ location: 'max_body: none' }, 'forms', 262_144],
    [{ location: 'unauthenticated: deny' }, 'none', 0],
    [{ rule: 'anyone' }, 'none', 0],
    [{ rule: 'maybe_signed_in' }, 'none', 0],
    [{ rule: 'nobody' }, 'none', 0],
    [{ store: 'cookie' }, 'none', 0],
    [{ store: 'cookie', app: 'resume: none' }, 'none', 0],
  ]
  for (const [written, resume, bytes] of rows) {
    const { own } = locationsOf(written)
    t.same([own.resume, own.maxResumedBodyBytes], [resume, bytes], JSON.stringify(written))
  }
})

t.test('a provider is asked again as often as it is said', async (t) => {
  const rows: readonly (readonly [string, ProviderSettings['recheck']])[] = [
    ['', null],
    [', recheck: never', null],
    [', recheck: 15m', { everySeconds: 900, unansweredSeconds: null }],
    [', recheck: { every: 1m }', { everySeconds: 60, unansweredSeconds: null }],
    [', recheck: { every: 15m, unanswered: 1h }', { everySeconds: 900, unansweredSeconds: 3600 }],
    [', recheck: { every: 15m, unanswered: 15m }', { everySeconds: 900, unansweredSeconds: 900 }],
  ]
  for (const [written, expected] of rows) {
    const text = `
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}"${written} }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: signed_in }
`
    const loaded = loadGatewayFromText(text, surroundings)
    t.same(loaded.ok ? loaded.gateway.providers.get('acme')?.recheck : loaded.issues, expected, written)
  }
})

// What a change of tokens, keys, limits and of what pages elsewhere may do comes to, and in which direction.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { Credential } from '../../../src/core/credential/credential.ts'
import type { Gateway, Location } from '../../../src/core/gateway.ts'
import type { ApiKeySettings, SelfServiceSettings } from '../../../src/core/keys/api-key-settings.ts'
import type { LimitAmount, RequestLimit } from '../../../src/core/limits/request-limit.ts'
import { compareGateways } from '../../../src/rehearsal/difference/difference.ts'
import { differenceText } from '../../../src/rehearsal/difference/text.ts'
import { surroundings } from '../../config/surroundings.ts'
import {
  apiKey,
  apiKeys,
  bearer,
  withBearer,
  withForwarding,
  withLocations,
} from '../../support/accepting.ts'

const text = `
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: { plan: paid } }
`
const loaded = loadGatewayFromText(text, surroundings)
if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
const { gateway } = loaded

/** `setting: before → after (effect)`, one a line. */
function told(before: Gateway, after: Gateway): readonly string[] {
  return compareGateways({ before, after }).settings.map(
    (one) => `${one.setting}: ${one.before} → ${one.after} (${one.effect})`,
  )
}

const withBearerAs = (change: Partial<typeof bearer>) => withBearer(gateway, 'acme', { ...bearer, ...change })
const withKeys = (change: Partial<ApiKeySettings>): Gateway => ({
  ...gateway,
  apiKeys: { ...apiKeys, ...change },
})
const at = (change: Partial<Location>): Gateway =>
  withLocations(gateway, (location) => ({ ...location, ...change }))

t.test('a provider whose tokens count more widely is looser', async (t) => {
  const rows: readonly (readonly [Partial<typeof bearer>, Partial<typeof bearer>, string])[] = [
    [{ audiences: ['a'] }, { audiences: ['a', 'b'] }, 'bearer.audiences: a → a b (looser)'],
    [{ audiences: ['a', 'b'] }, { audiences: ['a'] }, 'bearer.audiences: a b → a (stricter)'],
    [{ audiences: ['a'] }, { audiences: ['b'] }, 'bearer.audiences: a → b (both)'],
    [{}, { acceptClients: true }, 'bearer.accept_clients: false → true (looser)'],
    [{}, { requiredScopes: ['read'] }, 'bearer.required_scopes: null → read (stricter)'],
    [
      { requiredScopes: ['read', 'x'] },
      { requiredScopes: ['x'] },
      'bearer.required_scopes: read x → x (looser)',
    ],
    [{}, { clientIds: ['c'] }, 'bearer.client_ids: null → c (looser)'],
    [{}, { userId: 'email' }, 'bearer.user_id: sub → email (null)'],
  ]
  for (const [one, other, line] of rows) t.same(told(withBearerAs(one), withBearerAs(other)), [line])
  const cached = { check: 'introspection' } as const
  t.same(
    told(withBearerAs({ ...cached, cacheSeconds: 60 }), withBearerAs({ ...cached, cacheSeconds: 600 })),
    ['bearer.cache: 60s → 600s (looser)'],
  )
  t.match(told(gateway, withBearerAs({})).join('\n'), 'bearer: false → true (looser)')
  t.match(told(withBearerAs({}), gateway).join('\n'), 'bearer: true → false (stricter)')
})

t.test('a key of the file that comes, goes, or lives longer', async (t) => {
  const ends = { ...apiKey, expiresAt: 1_900_000_000 }
  const name = `api_keys.keys ${apiKey.id}`
  const [coming] = told(withKeys({}), withKeys({ keys: [ends] }))
  t.match(coming, new RegExp(`^${name}: null → billing, until 2030-.* \\(looser\\)$`))
  t.match(told(withKeys({ keys: [ends] }), withKeys({})).join(), /→ null \(stricter\)$/)
  t.match(told(withKeys({ keys: [ends] }), withKeys({ keys: [apiKey] })).join(), /without end .*\(looser\)$/)
  t.match(
    told(withKeys({ keys: [apiKey] }), withKeys({ keys: [{ ...apiKey, revokedAt: 1 }] })).join(),
    /revoked .*\(stricter\)$/,
  )
  const moved = told(
    withKeys({ keys: [apiKey] }),
    withKeys({ keys: [{ ...apiKey, claims: { plan: 'paid' } }] }),
  )
  t.match(moved.join(), /\(null\)$/, 'what its claims open is the rules’')
  t.notMatch(moved.join(), 'paid', 'and they are not printed')
})

t.test('what people’s own keys may be', async (t) => {
  const selfService: SelfServiceSettings = {
    at: 'https://portal.example.com',
    providers: ['acme'],
    require: { kind: 'signed_in' },
    claims: ['plan'],
    maxKeys: 5,
    origins: false,
    lifetimeSeconds: 86_400,
  }
  const withSelf = (change: Partial<SelfServiceSettings>) =>
    withKeys({ selfService: { ...selfService, ...change } })
  t.match(
    told(withKeys({}), withKeys({ selfService })).join('\n'),
    'api_keys.self_service: false → true (looser)',
  )
  t.same(told(withSelf({}), withSelf({ maxKeys: 6 })), ['api_keys.self_service.max_keys: 5 → 6 (looser)'])
  t.same(told(withSelf({}), withSelf({ lifetimeSeconds: null })), [
    'api_keys.self_service.lifetime: 86400s → without end (looser)',
  ])
  const stricter = withSelf({ require: { kind: 'provider', names: ['other'] } })
  t.match(told(withSelf({}), stricter).join(), /self_service\.require: signed in with acme .* → nobody /)
  t.same(told(withKeys({}), withKeys({ claimsMaxAgeSeconds: 86_400 })), [
    'api_keys.claims_max_age: 2592000s → 86400s (stricter)',
  ])
  t.same(told(withKeys({}), withKeys({ tokenLifetimeSeconds: 3600 })), [
    'api_keys.token_lifetime: 900s → 3600s (looser)',
  ])
})

t.test('limits: what may come in', async (t) => {
  const rate = (count: number, windowSeconds = 60): LimitAmount => ({ kind: 'rate', count, windowSeconds })
  const limit = (amount: RequestLimit['amount'], per: RequestLimit['per'] = 'user'): RequestLimit => {
    return { name: 'plan', location: '*', per, amount }
  }
  const byPlan = (free: number, paid: number) =>
    limit({
      claim: 'plan',
      is: [
        ['free', rate(free)],
        ['paid', rate(paid)],
      ],
      otherwise: rate(1),
    })
  const limited = (limits: readonly RequestLimit[], limitsFail: 'open' | 'closed' = 'open') =>
    at({ limits, limitsFail })
  const rows: readonly (readonly [Gateway, Gateway, RegExp])[] = [
    [limited([limit(rate(1))]), limited([limit(rate(2))]), /rate 1 in 60s → .*rate 2 in 60s \(looser\)$/],
    [limited([limit(rate(2))]), limited([limit(rate(1))]), /\(stricter\)$/],
    [limited([limit(rate(60))]), limited([limit(rate(60, 3600))]), /\(both\)$/],
    [limited([limit(rate(1))]), limited([limit(rate(1), 'key')]), /\(both\)$/],
    [limited([byPlan(1, 10)]), limited([byPlan(1, 20)]), /\(looser\)$/],
    [limited([byPlan(1, 10)]), limited([byPlan(2, 5)]), /\(both\)$/],
    [
      limited([limit(rate(1))], 'closed'),
      limited([limit(rate(1))]),
      /limits_fail: closed → open \(looser\)$/,
    ],
  ]
  for (const [before, after, line] of rows) t.match(told(before, after).join(), line)
  t.match(told(gateway, limited([limit(rate(1))])).join('\n'), /limits plan: null → .*\(stricter\)/)
  t.match(told(limited([limit(rate(1))]), gateway).join('\n'), /limits plan: .* → null \(looser\)/)
})

t.test('pages elsewhere, and what the app is sent', async (t) => {
  const origins = (...list: readonly string[]) =>
    withForwarding(gateway, { cors: { kind: 'origins', origins: list } })
  const [one, two] = ['https://a.example', 'https://b.example']
  t.same(told(gateway, origins(one)), ['cors: deny → https://a.example (looser)'])
  t.same(told(origins(one), origins(one, two)), [`cors: ${one} → ${one} ${two} (looser)`])
  t.same(told(origins(one), origins(two)), [`cors: ${one} → ${two} (both)`])
  t.same(told(gateway, withForwarding(gateway, { cors: { kind: 'keys' } })), ['cors: deny → keys (looser)'])
  t.same(told(gateway, withForwarding(gateway, { upstreamAuthorization: 'strip' })), [
    'upstream_authorization: pass → strip (stricter)',
  ])
})

t.test('a location that accepts another credential: what changes', async (t) => {
  const accepting = (...credentials: readonly Credential[]): Gateway => ({
    ...withLocations(withBearerAs({}), (location) => ({ ...location, credentials })),
    apiKeys,
  })
  const [before, after] = [accepting('session'), accepting('session', 'bearer')]
  t.match(told(before, after), ['credentials: session → session bearer (looser)'])
  t.match(told(after, before), ['credentials: session bearer → session (stricter)'])
  t.match(told(before, accepting('api_key')), ['credentials: session → api_key (both)'])
  const shown = differenceText(compareGateways({ before, after }))
  t.match(shown, /gains access +credential: bearer and plan: "paid"/)
  t.match(shown, /let in now +credential: one of session, bearer and plan: "paid"/)
  t.match(shown, /such as \{.*\} by a token of acme/)
  t.notMatch(shown, /^ *loses access/m)
})

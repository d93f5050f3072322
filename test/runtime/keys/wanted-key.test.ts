// What is said of a key that is to be made: all faults at once, each with its field, and nothing is let through unread.
import t from 'tap'
import type { Json } from '../../../src/core/json.ts'
import { type KeySurroundings, readOverlap, readWantedKey } from '../../../src/runtime/keys/wanted-key.ts'
import { apiKeys } from '../../support/accepting.ts'
import { selfService, start } from '../../support/key-place.ts'
import { loadRules } from '../../support/rules.ts'

const { gateway } = loadRules('  require: signed_in\n')
const around = { ...gateway, apiKeys: { ...apiKeys, selfService } }
const good = { name: 'shop', user: 'shop', expires: '365d' }

const read = (said: Readonly<Record<string, Json>>, by: KeySurroundings = around) =>
  readWantedKey(said, by, start)
const faults = (said: Readonly<Record<string, Json>>, by: KeySurroundings = around): readonly string[] => {
  const found = read(said, by)
  return found.ok ? [] : found.faults.map(({ field, message }) => `${field}: ${message}`)
}

t.test('an operator’s key', async (t) => {
  t.same(read(good), {
    ok: true,
    wanted: {
      name: 'shop',
      owner: { kind: 'operator', user: 'shop' },
      claims: {},
      end: { kind: 'at', at: start + 365 * 86_400 },
      apps: null,
      methods: null,
      from: null,
      origins: [],
    },
  })
  t.match(read({ ...good, origins: ['https://shop.example', 'https://shop.example'] }), {
    wanted: { origins: ['https://shop.example'] },
  })
  t.match(read({ ...good, origins: [] }), { wanted: { origins: [] } })
  t.match(
    read({
      ...good,
      claims: { plan: 'paid', seats: 3, groups: ['a', 'b'] },
      expires: 'never',
      apps: ['wiki', 'wiki'],
      methods: ['GET', 'webdav'],
      from: ['10.0.0.0/8', '2001:db8::1'],
    }),
    {
      ok: true,
      wanted: {
        claims: { plan: 'paid', seats: 3, groups: ['a', 'b'] },
        end: { kind: 'never' },
        apps: ['wiki'],
        methods: ['GET', 'PROPFIND', 'PROPPATCH'],
        from: ['10.0.0.0/8', '2001:db8::1'],
      },
    },
  )
  t.match(read({ ...good, expires: '2031-01-01T00:00:00Z' }), { wanted: { end: { at: 1_924_992_000 } } })
})

t.test('a person’s key has the claims and the end of the person', async (t) => {
  t.match(read({ name: 'phone', person: 'alice' }), {
    wanted: { owner: { kind: 'person', user: 'alice', provider: null }, end: { kind: 'usual' }, claims: {} },
  })
  t.match(read({ name: 'phone', person: 'alice', provider: 'op', expires: '30d' }), {
    wanted: { owner: { provider: 'op' }, end: { kind: 'at' } },
  })
})

t.test('a person’s key has origins where people may name them', async (t) => {
  const named = { ...around, apiKeys: { ...apiKeys, selfService: { ...selfService, origins: true } } }
  t.match(read({ name: 'phone', person: 'alice', origins: ['https://a.example'] }, named), {
    wanted: { origins: ['https://a.example'] },
  })
})

const wrong: readonly [string, Readonly<Record<string, Json>>, RegExp | readonly RegExp[]][] = [
  [
    'everything is missing',
    {},
    [/^name: is missing/, /^user: is missing/, /^expires: is missing: a duration such as 365d, .* or never$/],
  ],
  [
    'a field that is mistyped',
    { ...good, expire: '1d' },
    /^expire: is no field of a key; did you mean expires\?$/,
  ],
  [
    'a field that nobody knows',
    { ...good, colour: 'red' },
    /^colour: is no field of a key: these are name, user,/,
  ],
  ['origins in a text', { ...good, origins: 'https://a.example' }, /^origins: expected a list of texts$/],
  ['a number among origins', { ...good, origins: [1] }, /^origins: expected a list of texts$/],
  ['origins that are null', { ...good, origins: null }, /^origins: expected a list of texts$/],
  [
    'what is almost an origin, and what is far from one',
    { ...good, origins: ['https://a.example/', 'http://a.example'] },
    [
      /^origins: "https:\/\/a\.example\/" is no https origin .*did you mean https:\/\/a\.example\?$/,
      /^origins: "http:\/\/a\.example" is no https origin .* such as https:\/\/shop\.example$/,
    ],
  ],
  [
    'the origin of an app',
    { ...good, origins: ['https://wiki.example.com'] },
    /^origins: "https:\/\/wiki\.example\.com" is the origin of an app behind this gateway/,
  ],
  [
    'many origins',
    { ...good, origins: Array.from({ length: 21 }, (_, at) => `https://${at}.example`) },
    /^origins: has more than 20 entries$/,
  ],
  [
    'origins of a person where people may name none',
    { name: 'a', person: 'alice', origins: ['https://a.example'] },
    /^origins: need `api_keys\.self_service\.origins: true`/,
  ],
  ['a name that is none', { ...good, name: 7 }, /^name: expected a text$/],
  ['an empty name', { ...good, name: ' ' }, /^name: is empty/],
  ['a long name', { ...good, name: 'n'.repeat(101) }, /^name: has more than 100 characters$/],
  ['a name with a line break', { ...good, name: 'a\nb' }, /^name: holds a control character$/],
  ['a name with half a character', { ...good, name: '\ud800' }, /^name: holds a control character$/],
  ['a user that is none', { ...good, user: null }, /^user: expected a text$/],
  ['an empty user', { ...good, user: '' }, /^user: is empty$/],
  [
    'a user with the prefix',
    { ...good, user: 'key:shop' },
    /^user: begins with key:, which is put before it/,
  ],
  ['a user as programs have', { ...good, user: 'client:a' }, /^user: begins with "client:"/],
  ['a long user', { ...good, user: 'u'.repeat(252) }, /^user: has more than 251 characters$/],
  ['a user with a control', { ...good, user: 'a\u0007' }, /^user: holds a control character$/],
  ['two owners', { ...good, person: 'alice' }, /^person: stands beside user/],
  ['a provider of nobody', { ...good, provider: 'op' }, /^provider: says more of person/],
  [
    'a provider that does not sign in there',
    { name: 'a', person: 'alice', provider: 'x' },
    /^provider: nobody signs in with "x"/,
  ],
  ['a person that is none', { name: 'a', person: '' }, /^person: expected the user id of somebody$/],
  [
    'claims of a person',
    { name: 'a', person: 'alice', claims: {} },
    /^claims: are those that the person has/,
  ],
  ['claims in a list', { ...good, claims: ['plan'] }, /^claims: expected an object/],
  ['claims that are null', { ...good, claims: null }, /^claims: expected an object/],
  [
    'a duration without a unit',
    { ...good, expires: '365' },
    /^expires: expected a number and its unit.*; did you mean 365s\?$/,
  ],
  ['a duration of words', { ...good, expires: 'soon' }, /^expires: expected a duration such as 365d/],
  ['a number as end', { ...good, expires: 7 }, /^expires: expected a duration/],
  ['an end that is over', { ...good, expires: '2020-01-01T00:00:00Z' }, /^expires: is over already$/],
  ['the end now', { ...good, expires: '2030-03-17T17:46:40Z' }, /^expires: is over already$/],
  ['a date without a zone', { ...good, expires: '2031-01-01' }, /^expires: .*a date alone says no zone$/],
  [
    'an app that is not there',
    { ...good, apps: ['wikki'] },
    /^apps: there is no app "wikki" in the configuration; did you mean wiki\?$/,
  ],
  ['no apps', { ...good, apps: [] }, /^apps: is empty: leave it out/],
  ['apps in a text', { ...good, apps: 'wiki' }, /^apps: expected a list of texts$/],
  ['apps that are null', { ...good, apps: null }, /^apps: expected a list of texts$/],
  ['a number among apps', { ...good, apps: ['wiki', 1] }, /^apps: expected a list of texts$/],
  [
    'many networks',
    { ...good, from: Array<string>(101).fill('10.0.0.1') },
    /^from: has more than 100 entries$/,
  ],
  ['a method in small letters', { ...good, methods: ['get'] }, /^methods: "get" is no method.*: write GET$/],
  [
    'a method that is never passed on',
    { ...good, methods: ['TRACE'] },
    /^methods: "TRACE" is never passed on$/,
  ],
  [
    'a network that is none',
    { ...good, from: ['example.com'] },
    /^from: "example.com" is no address and no CIDR/,
  ],
  ['a length that is none', { ...good, from: ['10.0.0.0/33'] }, /^from: "10.0.0.0\/33": the length after/],
  ['bits beyond the length', { ...good, from: ['10.0.0.1/8'] }, /^from: .*; did you mean 10.0.0.0\/8\?$/],
]

for (const [what, said, expected] of wrong)
  t.test(`${what} is a fault`, async (t) => {
    t.match(faults(said), Array.isArray(expected) ? expected : [expected])
    t.equal(faults(said).length, Array.isArray(expected) ? expected.length : 1)
  })

t.test('a member that no object has of itself', async (t) => {
  const claims: Json = JSON.parse('{"__proto__":{"plan":"paid"}}')
  t.same(faults({ ...good, claims }), ['claims: "__proto__" is never looked up'])
})

t.test('without self-service there are no persons’ keys', async (t) => {
  t.match(faults({ name: 'a', person: 'alice' }, { ...around, apiKeys }), [
    /^person: needs `api_keys.self_service`/,
  ])
})

t.test('a user is no other provider’s', async (t) => {
  const [op] = gateway.providers.values()
  if (op === undefined) throw new Error('no provider')
  const providers = new Map([['partner', { ...op, name: 'partner', userIdPrefix: 'partner:' }]])
  const by = { ...around, providers, apiKeys: { ...around.apiKeys, userIdPrefix: '' } }
  t.same(faults({ ...good, user: 'partner:bob' }, by), ['user: begins with the prefix of provider partner'])
  t.same(faults({ ...good, user: 'bob' }, by), [])
  t.same(faults({ ...good, user: 'client:bob' }, by), [
    'user: begins with "client:", as the ids of programs of a provider do',
  ])
})

t.test('an overlap is said, and 0s is none', async (t) => {
  t.equal(readOverlap('7d'), 7 * 86_400)
  t.equal(readOverlap('0s'), 0)
  t.match(readOverlap(undefined), { field: 'overlap', message: /^is missing/ })
  for (const one of [0, '7', '-1s', null, 'never'])
    t.match(readOverlap(one), { message: /^expected how long/ })
})

import { readFileSync } from 'node:fs'
import t from 'tap'
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import { loadRuleTests } from '../../src/config/tests/load.ts'
import { surroundings } from './surroundings.ts'

const one = `
providers:
  op: { issuer: "https://op.example.com", client_id: c, client_secret: "\${env:SECRET}" }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5:5000", require: signed_in }
`
const two = `
providers:
  op: { issuer: "https://op.example.com", client_id: c, client_secret: "\${env:SECRET}" }
  partner: { issuer: "https://id.partner.example", client_id: c, client_secret: "\${env:OTHER_SECRET}", user_id_prefix: "p:" }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5:5000", provider: op, require: signed_in }
  both: { url: "https://both.example.com", upstream: "http://10.0.0.6:5000", provider: [op, partner], require: signed_in }
`

function load(base: string, tests: string) {
  const loaded = loadGatewayFromText(base + tests, surroundings)
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return loaded.tests
}

/** What is said of tests, with lines counted from their own first one. */
function faults(tests: string, base = one): readonly string[] {
  const loaded = loadGatewayFromText(base + tests, surroundings)
  const before = base.split('\n').length - 1
  return loaded.ok
    ? []
    : loaded.issues.map((issue) =>
        printIssue(issue).replace(/^claimgate\.yaml:(\d+)/, (_, line) => String(Number(line) - before)),
      )
}

t.test('each request of each case is a test, with all that was left to be understood', async (t) => {
  const { tests, persons } = load(
    one,
    `tests:
  persons:
    alice: { claims: { groups: [ops], level: 3 } }
  cases:
    - { as: alice, request: GET /admin, expect: allow, because: rule-met, headers: { X-Forwarded-User: alice, X-None: null } }
    - name: programs are told
      as: { sub: bob, groups: null }
      request:
        - POST https://wiki.example.com/x?y=1
        - { url: /api, client_ip: 192.0.2.7, headers: { Accept: application/json } }
      expect: deny
    - { as: nobody, request: GET /, expect: sign_in }
`,
  )
  t.same([...persons.keys()], ['alice'])
  t.same(
    tests.map(({ who, method, url }) => [who, method, url]),
    [
      ['alice', 'GET', 'https://wiki.example.com/admin'],
      ['{sub: bob, groups: null}', 'POST', 'https://wiki.example.com/x?y=1'],
      ['{sub: bob, groups: null}', 'GET', 'https://wiki.example.com/api'],
      ['nobody', 'GET', 'https://wiki.example.com/'],
    ],
  )
  const [first, , third, last] = tests
  t.same(first?.person, { provider: 'op', claims: { sub: 'alice', groups: ['ops'], level: 3 } })
  t.same(
    [...(first?.upstreamHeaders ?? [])],
    [
      ['X-Forwarded-User', 'alice'],
      ['X-None', null],
    ],
  )
  t.match(third, {
    name: 'programs are told',
    headers: { accept: 'application/json' },
    clientAddress: '192.0.2.7',
    expect: 'deny',
    because: null,
  })
  t.equal(third?.position.line, (first?.position.line ?? 0) + 5, 'of several requests each has its own place')
  t.equal(last?.person, null)
})

t.test('`tests` may be the list of cases alone', async (t) => {
  t.equal(load(one, 'tests:\n  - { as: nobody, request: GET /, expect: sign_in }\n').tests.length, 1)
})

t.test('the provider is the one that the app accepts, or must be said', async (t) => {
  const { tests } = load(
    two,
    `tests:
  - { as: { sub: x }, request: "GET https://wiki.example.com/", expect: allow }
  - { as: { sub: x }, provider: partner, request: "GET https://both.example.com/", expect: allow }
`,
  )
  t.same(
    tests.map(({ person }) => person?.provider),
    ['op', 'partner'],
  )
  t.same(
    faults('tests:\n  - { as: { sub: x }, request: "GET https://both.example.com/", expect: allow }', two),
    ['2:11 tests[0].as: `provider` must say which is meant: op or partner'],
  )
})

t.test('a form that is wrong is told with its place', async (t) => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['tests: []', ['1:8 tests: must not be an empty list']],
    ['tests: x', ['1:8 tests: expected a mapping, found a text']],
    ['tests: { persons: {} }', ['1:1 tests.cases: is missing']],
    ['tests:\n  - x', ['2:5 tests[0]: expected a mapping, found a text']],
    [
      'tests:\n  - { as: nobody, request: GET /x, expect: alow }',
      ['2:44 tests[0].expect: expected allow, deny, sign_in or reject; did you mean "allow"?'],
    ],
    [
      'tests:\n  - { as: nobody, requets: GET /x, expect: allow, groups: x }',
      [
        '2:5 tests[0].request: is missing',
        '2:19 tests[0].requets: unknown key; did you mean "request"?',
        '2:51 tests[0].groups: unknown key: expected name, provider, credential, expect, stepped_up, because, headers, as, request, certificate',
      ],
    ],
    [
      'tests:\n  - { as: nobody, request: GET /x, expect: deny, because: no_location }',
      ['2:59 tests[0].because: is no reason that the log knows; did you mean "no-location"?'],
    ],
    [
      'tests:\n  - { as: nobody, request: GET /x, expect: deny, because: rule-met, headers: { X-A: b } }',
      [
        '2:59 tests[0].because: is no reason of `expect: deny`',
        '2:78 tests[0].headers: nothing reaches the app with `expect: deny`',
      ],
    ],
    [
      'tests:\n  persons:\n    alice: { claims: {} }\n    nobody: { claims: {} }\n    eve: { groups: x }\n  cases:\n    - { as: alise, request: GET /, expect: allow }',
      [
        '4:5 tests.persons.nobody: `nobody` stands for somebody who is not signed in',
        '5:5 tests.persons.eve.claims: is missing',
        '5:12 tests.persons.eve.groups: unknown key: expected provider, credential, key, origin, end_user, scopes, auth_age, claims, certificate',
        '7:13 tests.cases[0].as: no person of this name; did you mean "alice"?',
      ],
    ],
    [
      'tests:\n  - { as: { id: 00E1 }, provider: opp, request: GET /, expect: allow }',
      [
        '2:17 tests[0].as.id: YAML reads 00E1 as a number, and not as it is written: put it in quotes',
        '2:35 tests[0].provider: no provider of this name; did you mean "op"?',
      ],
    ],
    [
      'tests:\n  - { as: nobody, request: [get /, { url: "https://a b", client_ip: x }, { url: /, method: get }], expect: sign_in }',
      [
        '2:29 tests[0].request[0]: expected a method and an address, such as "GET https://wiki.example.com/admin"',
        '2:43 tests[0].request[1].url: expected an address such as https://wiki.example.com/admin, or a path where all apps are one origin’s',
        '2:69 tests[0].request[1].client_ip: no IP address: expected such as 192.0.2.1',
        '2:92 tests[0].request[2].method: methods are written in capitals',
      ],
    ],
  ]
  for (const [text, expected] of cases) t.same(faults(text), expected, text)
})

t.test('a path alone will do where there is one origin', async (t) => {
  t.same(faults('tests:\n  - { as: nobody, request: GET /x, expect: sign_in }', two), [
    '2:28 tests[0].request: a path alone will do where all apps share one origin: write the whole address',
  ])
})

t.test('a test file is the same without `tests`, and knows the persons of the configuration', async (t) => {
  const gateway = loadGatewayFromText(
    `${one}tests:\n  persons: { alice: { claims: { groups: ops } } }\n  cases: [{ as: alice, request: GET /, expect: allow }]\n`,
    surroundings,
  )
  if (!gateway.ok) throw new Error('the configuration is fine')
  const tested = { gateway: gateway.gateway, persons: gateway.tests.persons }
  const read = (text: string) =>
    loadRuleTests('wiki.test.yaml', {}, tested, {
      cwd: '/etc/claimgate',
      readFile: (path) =>
        path === '/etc/claimgate/wiki.test.yaml'
          ? { ok: true, bytes: Buffer.from(text), worldReadable: false }
          : { ok: false, reason: 'no such file' },
    })
  t.match(read('cases:\n  - { as: alice, request: GET /, expect: allow }\n'), {
    ok: true,
    tests: [{ file: 'wiki.test.yaml', position: { line: 2, column: 5 }, who: 'alice' }],
  })
  const wrong = read(
    'persons: { alice: { claims: {} } }\ncases: [{ as: eve, request: GET /, expect: allow }]\nallow: x\n',
  )
  t.same(!wrong.ok && wrong.issues.map(printIssue), [
    'wiki.test.yaml:1:12 persons.alice: a person of this name stands in the configuration',
    'wiki.test.yaml:2:15 cases[0].as: no person of this name',
    'wiki.test.yaml:3:1 allow: unknown key: expected persons, cases',
  ])
  const nested = read('tests: []\n')
  t.same(!nested.ok && nested.issues.map(printIssue), [
    'wiki.test.yaml:1:8 tests: is what a test file is itself: write its `persons` and `cases` at the top',
  ])
  const missing = loadRuleTests('no.test.yaml', {}, tested, {
    cwd: '/etc/claimgate',
    readFile: () => ({ ok: false, reason: 'no such file' }),
  })
  t.same(!missing.ok && missing.issues.map(printIssue), [
    'no.test.yaml: the file cannot be read: no such file',
  ])
})

t.test('every example of the page on testing rules is a good one', async (t) => {
  const page = readFileSync(new URL('../../docs/testing-rules.md', import.meta.url), 'utf8')
  const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((found) => found[1] ?? '')
  const tests = examples.filter((example) => example.includes('cases:'))
  t.equal(tests.length, 3)
  for (const example of tests) t.same(faults(`tests:\n${example.replace(/^/gm, '  ')}`), [], example)
})

const machines = `
session: { secret: "\${env:OTHER_SECRET}" }
api_keys:
  keys:
    - { format: 1, id: Ab3dEf6hIj9lMn2p, prefix: cg, name: billing, owner: { kind: operator, user: billing }, claims: { plan: paid }, claimsAt: 1, asleep: false, secrets: [{ hash: n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg, until: null }], createdAt: 1, expiresAt: null, revokedAt: null, apps: null, methods: null, from: null, origins: [] }
providers:
  op: { issuer: "https://op.example.com", client_id: c, client_secret: "\${env:SECRET}", bearer: { audiences: [api] } }
  partner: { issuer: "https://id.partner.example", client_id: c, client_secret: "\${env:SECRET}", user_id_prefix: "p:" }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5:5000", provider: [op, partner], require: signed_in, credentials: [session, bearer, api_key] }
`

t.test('somebody who comes by a token or a key', async (t) => {
  const { tests } = load(
    machines,
    `tests:
  persons:
    robot: { credential: bearer, claims: { scope: read } }
    billing: { credential: api_key, key: Ab3dEf6hIj9lMn2p }
    ada: { credential: api_key, provider: op, claims: { plan: free } }
  cases:
    - { as: robot, request: GET /, expect: allow }
    - { as: billing, request: GET /, expect: allow }
    - { as: ada, request: GET /, expect: allow }
    - { as: { plan: paid }, credential: api_key, request: GET /, expect: allow }
    - { as: { plan: paid }, credential: bearer, request: GET /, expect: allow }
`,
  )
  t.match(
    tests.map(({ person }) => person),
    [
      // Of all providers of the app one alone has tokens: nobody has to name it.
      { provider: 'op', by: { kind: 'bearer', isClient: false }, claims: { sub: 'robot', scope: 'read' } },
      { provider: 'api_keys', key: { name: 'billing' }, by: { kind: 'api_key', id: 'Ab3dEf6hIj9lMn2p' } },
      { provider: 'op', by: { kind: 'api_key' }, claims: { plan: 'free' } },
      { provider: 'api_keys', by: { kind: 'api_key' } },
      { provider: 'op', by: { kind: 'bearer' } },
    ],
  )
})

t.test('tokens and keys that cannot be meant', async (t) => {
  const found = faults(
    `tests:
  persons:
    a: { credential: api_key, key: Ab3dEf6hIj9lMn2q }
    b: { key: Ab3dEf6hIj9lMn2p }
    c: { credential: api_key, key: Ab3dEf6hIj9lMn2p, claims: { plan: free } }
    d: { credential: bearer, provider: api_keys, claims: {} }
    e: { credential: cookie, claims: {} }
  cases:
    - { as: nobody, credential: bearer, request: GET /, expect: allow }
`,
    machines,
  )
  t.match(found, [
    /persons\.a\.key: no key of `api_keys\.keys` has this id; did you mean "Ab3dEf6hIj9lMn2p"\?/,
    /persons\.b\.key: needs `credential: api_key` beside it/,
    /persons\.c\.key: says all of the person: leave out `claims`/,
    /persons\.d\.provider: no provider of this name/,
    /persons\.e\.credential: expected /,
    /cases\[0\]\.credential: goes with claims under `as`/,
  ])
})

t.test('somebody who comes by a pair, a widget or a certificate', async (t) => {
  const { tests } = load(
    one,
    `tests:
  persons:
    pair: { credential: exchange, provider: op, claims: { plan: paid } }
    page: { credential: widget, origin: "https://shop.example", end_user: kim, claims: {} }
  cases:
    - { as: pair, request: GET /, expect: deny }
    - { as: page, request: GET /, expect: deny }
`,
  )
  t.match(tests[0]?.person, { by: { kind: 'exchange', isClient: false }, provider: 'op' })
  t.match(tests[1]?.person, {
    by: { kind: 'widget', endUser: 'kim' },
    origin: 'https://shop.example',
    provider: 'api_keys',
  })
})

t.test('what a test says of widgets and certificates and does not fit is a fault', async (t) => {
  const cases = '\n  cases: [{ as: nobody, request: GET /, expect: sign_in }]\n'
  const person = (text: string) => faults(`tests:\n  persons:\n    p: ${text}${cases}`)
  t.same(person('{ claims: {}, origin: "https://shop.example", end_user: kim }'), [
    '3:30 tests.persons.p.origin: needs `credential: widget` beside it',
    '3:64 tests.persons.p.end_user: needs `credential: widget` beside it',
  ])
  t.same(person('{ claims: {}, certificate: { common_nam: a } }'), [
    '3:35 tests.persons.p.certificate: the configuration has no `client_certificates`',
    '3:49 tests.persons.p.certificate.common_nam: no certificate has such a claim; did you mean "common_name"?',
  ])
  t.same(person('{ credential: client_certificate, claims: { groups: a } }'), [
    '3:50 tests.persons.p.claims: the configuration has no `client_certificates`',
    '3:60 tests.persons.p.claims.groups: no certificate has such a claim',
  ])
  t.same(person('{ credential: client_certificate, claims: { common_name: 00E1 } }').length, 1)
})

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { command } from '../../src/commands/test.ts'
import { prepareFolder } from '../../src/demo/folder.ts'
import { runIn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-test-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const rules = `trusted_proxies: none
policies:
  admins: { groups: [admins, ops] }
providers:
  op: { issuer: "https://op.example.com", client_id: c, client_secret: "\${env:CLIENT_SECRET}" }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5:5000
    shared_secret: "\${file:secret.txt}"
    require: signed_in
    locations:
      - { path: /public, require: anyone }
      - { path: /admin, require: admins }
      - { path: /export, methods: [POST], require: { all: [admins, { level: { at_least: 3 } }] } }
`
const env = { CLIENT_SECRET: 'canary-aaaaa-bbbbb-ccccc-ddddd-eeeee' }
const secret = 'canary-kT4zQ8vX2nB6mL0pR5sD9fG3hJ7wE1cU'
writeFileSync(join(folder, 'secret.txt'), secret, { mode: 0o600 })

/** Every location is reached and refused, every condition met and missed, and every change noticed. */
const thorough = `persons:
  adam: { claims: { groups: [admins], level: 3 } }
  olga: { claims: { groups: [ops], level: 2 } }
  alice: { claims: { groups: [staff], level: 3 } }
cases:
  - { name: admins, as: adam, request: [GET /admin, GET /, POST /export], expect: allow, headers: { X-Forwarded-User: adam, X-Forwarded-Email: null, x-gateway-secret: (secret) } }
  - { as: alice, request: [GET /admin, POST /export], expect: deny, because: rule-not-met }
  - { as: olga, request: POST /export, expect: deny }
  - { as: nobody, request: [GET /admin, GET /, POST /export], expect: sign_in }
  - { as: adam, request: GET /export, expect: reject, because: method-not-allowed }
  - { as: nobody, request: GET /public, expect: allow }
`

let folders = 0

/** A folder with these files; \`claimgate.yaml\` is \`rules\` unless it is among them. */
function folderOf(files: Readonly<Record<string, string>>): string {
  folders += 1
  const path = mkdtempSync(join(folder, `${folders}-`))
  for (const [name, text] of Object.entries({
    'claimgate.yaml': rules,
    'secret.txt': secret,
    ...files,
  })) {
    writeFileSync(join(path, name), text, { mode: 0o600 })
  }
  return path
}

const run = (cwd: string, args: readonly string[] = [], variables: Readonly<Record<string, string>> = env) =>
  runIn(command, args, { cwd, env: variables })

t.test('tests that pass are told in a line, with what they leave open', async (t) => {
  const cwd = folderOf({ 'claimgate.test.yaml': thorough })
  const { code, stdout, stderr } = await run(cwd)
  t.same([code, stderr], [0, ''])
  t.equal(
    stdout,
    `11 tests passed (claimgate.test.yaml 11)

Coverage: 4 of 4 locations tested, 3 of 3 seen refusing, 3 of 3 conditions seen both met and not met
`,
  )
})

t.test('a request with a Destination is judged at both ends', async (t) => {
  const move = (to: string) => `{ method: MOVE, url: /files/x, headers: { Destination: "${to}" } }`
  const cwd = folderOf({
    'claimgate.yaml': rules.replace(
      '- { path: /public,',
      '- { path: /files, methods: [GET, webdav], require: signed_in }\n      - { path: /public,',
    ),
    'claimgate.test.yaml': `cases:
  - { as: { groups: [a] }, request: ${move('https://wiki.example.com/files/y')}, expect: allow }
  - { as: { groups: [a] }, request: ${move('/admin/y')}, expect: deny, because: destination-not-allowed }
  - { as: { groups: [a] }, request: ${move('https://other.example.com/y')}, expect: reject, because: destination-invalid }
  - { as: { groups: [a] }, request: REPORT /files/x, expect: allow }
`,
  })
  const { code, stdout } = await run(cwd)
  t.equal(code, 0, stdout)
  t.match(stdout, '4 tests passed')
})

t.test('of a token that an app gets a test can say that it is sent, and no more', async (t) => {
  const token = '{ X-Token: access_token, X-Forwarded-User: user }'
  const cwd = folderOf({
    'claimgate.yaml': rules.replace(
      '- { path: /public,',
      `- { path: /token, require: signed_in, identity_headers: ${token} }\n      - { path: /public,`,
    ),
    'claimgate.test.yaml': `cases:
  - { as: { groups: [a] }, request: GET /token, expect: allow, headers: { X-Token: (access token) } }
  - { as: { groups: [a] }, request: GET /token, expect: allow, headers: { X-Token: access-token } }
`,
  })
  const { stdout } = await run(cwd)
  t.match(stdout, '1 test failed, 1 test passed')
  t.match(stdout, 'got       X-Token: (access token)')
})

t.test(
  'a test that fails is told with its place, what came instead, and the conditions that explain it',
  async (t) => {
    const cwd = folderOf({
      'claimgate.test.yaml': `cases:
  - name: ops may export
    as: { groups: [ops], level: 2 }
    request: POST /export
    expect: allow
  - { as: { groups: ops }, request: GET /admin, expect: allow, headers: { X-Forwarded-User: adam, X-Gateway-Secret: guess } }
  - { as: nobody, request: GET /public, expect: allow, because: rule-met }
`,
    })
    const { code, stdout } = await run(cwd)
    t.equal(code, 1)
    t.match(
      stdout,
      `FAIL claimgate.test.yaml:2:5 ops may export
  as {groups: [ops], level: 2}: POST https://wiki.example.com/export
  expected  allow
  got       deny (rule-not-met), at wiki /export [POST]
          condition                     wanted              found
    hit   app: signed_in                a session           signed in
    hit   all[0] policy admins: groups  one of admins, ops  ["ops"]
    miss  all[1].level                  at least 3          2
`,
    )
    t.match(stdout, '  expected  X-Forwarded-User: adam\n  got       X-Forwarded-User: somebody')
    t.match(stdout, 'got       X-Gateway-Secret: (secret)')
    t.match(stdout, 'expected  allow (rule-met)\n  got       allow (open-to-anyone)')
    t.match(stdout, '3 tests failed, 0 tests passed')
    t.notMatch(stdout, 'canary', 'no secret is printed')
  },
)

t.test('what the tests leave open is listed by its place', async (t) => {
  const cwd = folderOf({
    'claimgate.test.yaml': 'cases:\n  - { as: { groups: ops }, request: GET /admin, expect: allow }\n',
  })
  const { stdout } = await run(cwd)
  t.match(stdout, 'Coverage: 1 of 4 locations tested, 0 of 3 seen refusing, 0 of 3 conditions')
  t.match(stdout, /no test comes here +wiki \/public +claimgate\.yaml:13:9/)
  t.match(stdout, /no test comes here +wiki \* +claimgate\.yaml:11:14/)
  t.match(stdout, /no test is refused here +wiki \/admin +claimgate\.yaml:14:9/)
  t.match(stdout, /no test fails this +policies\.admins\.groups +claimgate\.yaml:3:13/)
  t.notMatch(stdout, 'level', 'of a location that no test comes to the conditions are not told again')
})

t.test('--mutate: every change that somebody would notice is noticed by a test', async (t) => {
  const cwd = folderOf({ 'claimgate.test.yaml': thorough })
  const { code, stdout } = await run(cwd, ['--mutate'])
  t.equal(code, 0)
  t.match(stdout, /Mutation: (\d+) of \1 changes of the rules noticed by a test\n$/)
})

t.test('--mutate: what no test notices is a finding, with somebody who would', async (t) => {
  // Each change of the rules, with the line of the thorough tests that alone notices it.
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [
      '  - { as: olga, request: POST /export, expect: deny }\n',
      ['level: without this condition', '"level":2'],
    ],
    [
      '  - { as: adam, request: GET /export, expect: reject, because: method-not-allowed }\n',
      ['locations[2]: for all methods'],
    ],
    [
      '  - { as: nobody, request: GET /public, expect: allow }\n',
      ['locations[0]: closed', 'without this location'],
    ],
    [
      '  - { as: nobody, request: [GET /admin, GET /, POST /export], expect: sign_in }\n',
      ['apps.wiki.require: open', 'as nobody signed in: allow instead of challenge'],
    ],
  ]
  for (const [line, found] of cases) {
    t.ok(thorough.includes(line))
    // The header would tell that nobody is identified any more.
    const fewer = thorough.replace(line, '').replace('X-Forwarded-User: adam, ', '')
    const { code, stdout } = await run(folderOf({ 'claimgate.test.yaml': fewer }), ['--mutate'])
    t.equal(code, 1, line)
    for (const text of found) t.match(stdout.replaceAll(/\n +/g, ' '), text, line)
  }
})

t.test('--mutate: an app’s own rule that only its fallback was tested with', async (t) => {
  const floor = `${rules.slice(0, rules.indexOf('    require: signed_in'))}    require: { org: a }
    locations: [{ path: /x, require: { groups: b } }]
`
  const tests = `cases:
  - { as: { org: a, groups: b }, request: [GET /, GET /x], expect: allow, headers: { X-Forwarded-User: somebody } }
  - { as: { org: a }, request: GET /x, expect: deny }
  - { as: { org: c }, request: GET /, expect: deny }
`
  const missing = await run(folderOf({ 'claimgate.yaml': floor, 'claimgate.test.yaml': tests }), ['--mutate'])
  t.equal(missing.code, 1)
  t.match(
    missing.stdout.replaceAll(/\n +/g, ' '),
    'apps.wiki.require: without the app’s own rule at its locations',
  )
  const whole = `${tests}  - { as: { org: c, groups: b }, request: GET /x, expect: deny }\n`
  const found = await run(folderOf({ 'claimgate.yaml': floor, 'claimgate.test.yaml': whole }), ['--mutate'])
  t.equal(found.code, 0, found.stdout)
})

t.test('somebody who is not signed in neither meets nor fails a condition on claims', async (t) => {
  const cwd = folderOf({
    'claimgate.test.yaml':
      'cases:\n  - { as: nobody, request: GET /admin, expect: sign_in }\n  - { as: { groups: ops }, request: GET /admin, expect: allow }\n',
  })
  t.match((await run(cwd)).stdout, /no test fails this +policies\.admins\.groups/)
})

t.test('a change that makes no difference to anybody is no finding', async (t) => {
  // Whoever has a claim is signed in: the app's rule says nothing at /admin.
  const cwd = folderOf({ 'claimgate.test.yaml': thorough })
  const { stdout } = await run(cwd, ['--mutate', '--json'])
  const { mutation } = JSON.parse(stdout)
  t.same(mutation.survivors, [])
  t.equal(mutation.killed, mutation.mutants)
})

t.test('the tests are those of the configuration and of the files beside it', async (t) => {
  const passing = 'cases: [{ as: nobody, request: GET /public, expect: allow }]\n'
  const inline = `${rules}tests:\n  persons: { adam: { claims: { groups: admins } } }\n  cases: [{ as: adam, request: GET /admin, expect: allow }]\n`
  const cwd = folderOf({
    'claimgate.yaml': inline,
    'claimgate.admin.test.yaml': 'cases: [{ as: adam, request: GET /admin, expect: allow }]\n',
    'all.test.yaml': passing,
    'other.yaml': rules,
    'other.test.yaml': passing,
    'notes.yaml.txt': 'x',
  })
  t.match(
    (await run(cwd)).stdout,
    '3 tests passed (claimgate.yaml 1, all.test.yaml 1, claimgate.admin.test.yaml 1)',
  )
  t.match(
    (await run(cwd, ['-c', 'other.yaml'])).stdout,
    '2 tests passed (all.test.yaml 1, other.test.yaml 1)',
  )
  t.match(
    (await run(cwd, ['claimgate.admin.test.yaml'])).stdout,
    '1 test passed (claimgate.admin.test.yaml 1)',
    'files that are named are read alone, and know the persons of the configuration',
  )
})

t.test('no tests at all are no success', async (t) => {
  const { code, stdout } = await run(folderOf({}))
  t.equal(code, 1)
  t.match(stdout, 'There are no tests')
})

t.test('a person who could not sign in proves nothing', async (t) => {
  const cwd = folderOf({
    'claimgate.yaml': rules.replace('client_id: c,', 'client_id: c, user_id: email,'),
    'claimgate.test.yaml': 'cases: [{ as: { email: a@b.example }, request: GET /admin, expect: deny }]\n',
  })
  const { code, stdout } = await run(cwd)
  t.equal(code, 1)
  t.match(stdout, 'no sign-in at all: of the user id, the address is not verified: see trust_email')
})

t.test('--json says all of it for programs', async (t) => {
  const cwd = folderOf({
    'claimgate.test.yaml': thorough.replace('groups: [ops], level: 2', 'groups: [ops], level: 3'),
  })
  const { code, stdout } = await run(cwd, ['--json'])
  t.equal(code, 1)
  const told = JSON.parse(stdout)
  t.match(told, {
    ok: false,
    mutation: null,
    coverage: {
      locations: [
        { app: 'wiki', location: '/public', tests: 1, refused: 0, refuses: false, line: 13, column: 9 },
      ],
      conditions: [{ path: 'apps.wiki.require' }, { path: 'policies.admins.groups' }, { path: /level$/ }],
    },
  })
  t.match(
    told.tests.find(({ passed }: { passed: boolean }) => !passed),
    {
      file: 'claimgate.test.yaml',
      line: 8,
      as: 'olga',
      method: 'POST',
      expect: 'deny',
      outcome: 'allow',
      reason: 'rule-met',
      misses: [{ expected: 'deny', actual: 'allow (rule-met)' }],
    },
  )
})

t.test('--junit writes a suite a file; what people wrote is escaped', async (t) => {
  const cwd = folderOf({
    'claimgate.test.yaml': `cases:
  - { name: "a <b> & \\"c\\"", as: nobody, request: GET /public, expect: deny }
  - { as: nobody, request: GET /public, expect: allow }
`,
  })
  const { code } = await run(cwd, ['--junit', 'junit.xml'])
  t.equal(code, 1)
  const xml = readFileSync(join(cwd, 'junit.xml'), 'utf8')
  t.match(xml, '<testsuite name="claimgate.test.yaml" tests="2" failures="1">')
  t.match(xml, 'name="a &#60;b&#62; &#38; &#34;c&#34; (nobody: GET https://wiki.example.com/public)"')
  t.match(
    xml,
    'file="claimgate.test.yaml" line="2"><failure message="expected deny, got allow (open-to-anyone)"/>',
  )
  const nowhere = await run(cwd, ['--junit', 'no/such/folder.xml'])
  t.same(
    [nowhere.code, nowhere.stderr],
    [2, 'claimgate test: no/such/folder.xml cannot be written: there is no such folder (ENOENT)\n'],
  )
})

t.test('rules are tested where no secret is', async (t) => {
  const cwd = folderOf({ 'claimgate.test.yaml': thorough })
  rmSync(join(cwd, 'secret.txt'))
  t.equal((await run(cwd, [], {})).code, 0)
  t.equal((await run(cwd, ['--made-up-secrets'], {})).code, 0)
})

t.test('faults are told with their places, and are status 2', async (t) => {
  const cwd = folderOf({
    'claimgate.test.yaml': 'cases:\n  - { as: nobody, request: GET /, expect: alow }\n',
  })
  const faulty = await run(cwd)
  t.equal(faulty.code, 2)
  t.match(faulty.stderr, 'claimgate.test.yaml:2:43 cases[0].expect: expected allow, deny, sign_in or reject')
  t.equal((await run(cwd, ['-c', 'nowhere.yaml'])).code, 2)
  t.equal((await run(cwd, ['nowhere.test.yaml'])).code, 2)
  t.equal((await run(cwd, ['--frob'])).code, 2)
  const help = await run(cwd, ['--help'])
  t.same([help.code, help.stdout.startsWith('Usage: claimgate test')], [0, true])
})

t.test('the tests that are shipped pass, and notice every change of their rules', async (t) => {
  const config = fileURLToPath(new URL('../../config/', import.meta.url))
  for (const name of ['demo.yaml', 'claimgate.yaml']) {
    const { code, stdout } = await run(config, ['-c', name, '--made-up-secrets', '--mutate'], {})
    t.equal(code, 0, stdout)
  }
})

t.test('the demo lays its tests beside its rules, once', async (t) => {
  const cwd = join(folder, 'demo')
  prepareFolder(cwd, 8080)
  const args = ['--made-up-secrets', '-c', 'claimgate.yaml']
  t.match(await run(cwd, args, {}), { code: 0, stdout: /tests passed \(claimgate\.test\.yaml/ })
  writeFileSync(join(cwd, 'claimgate.test.yaml'), 'cases: [{ as: nobody, request: GET /, expect: allow }]\n')
  prepareFolder(cwd, 8080)
  t.equal((await run(cwd, args, {})).code, 1, 'what somebody wrote there stays')
})

t.test('a thousand tests of a thousand locations, with mutation, in a few seconds', async (t) => {
  const numbers = Array.from({ length: 1000 }, (_, index) => index)
  const many = rules + numbers.map((n) => `      - { path: /area/${n}, require: { team: t${n} } }\n`).join('')
  const tests = numbers.map(
    (n) =>
      `  - { as: { team: t${n} }, request: GET /area/${n}, expect: allow }\n  - { as: { team: x }, request: GET /area/${n}, expect: deny }\n`,
  )
  const cwd = folderOf({ 'claimgate.yaml': many, 'claimgate.test.yaml': `cases:\n${tests.join('')}` })
  const { stdout } = await run(cwd, ['--mutate', '--json'])
  const { mutation, tests: results } = JSON.parse(stdout)
  t.equal(results.length, 2000)
  t.equal(
    results.every(({ passed }: { passed: boolean }) => passed),
    true,
  )
  t.ok(mutation.killed >= 3000, `${mutation.killed} of ${mutation.mutants}`)
})

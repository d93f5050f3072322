import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { alice, ask, folder, json, wiki } from './explain-rig.ts'

const adam = { ...alice, sub: 'adam', groups: ['ops'] }

const portal = 'https://portal.example.com'

t.test('a refusal: each condition, why, and what would have to change', async (t) => {
  const { code, stdout, stderr } = await ask(['--url', `${wiki}/admin/x`, '--client-ip', '192.0.2.7'], {
    ...alice,
    organization_id: '00D5e000000HEcP',
    status: undefined,
  })
  t.equal(stderr, '')
  t.equal(code, 1)
  t.ok(stdout.split('\n').every((line) => line.length <= 100))
  t.equal(
    stdout,
    `GET https://wiki.example.com/admin/x
signed in with staff, from 192.0.2.7

  denied: rule-not-met
  A condition of the rule is false or unknown for this person.
  The client gets 403: a page that names the account and offers to use another.

Place
  app       wiki
  location  /admin, the most specific that covers the path
  floor     the app's own rule must hold too

Conditions  (→ keeps out)
             condition                     wanted                        found
  → miss     app: organization_id          "00D5e…EAW" (18 characters),  "00D5e…EcP" (15 characters)
                                           the same Salesforce id:
                                           write the first 15
                                           characters
  → miss     all[0] policy admins: groups  one of admins, ops            ["people"]
    hit      all[1].client_ip              192.0.2.0/24                  192.0.2.7
  → unknown  none[0].status                anything but "suspended"      missing

To be let in
  - groups: one of admins, ops (now ["people"])
    and organization_id: "00D5e000000HEcPEAW" (now "00D5e…EcP" (15 characters))
    and not status: "suspended" (now missing)
`,
  )
})

t.test('an allowed request: the headers that the app would get, without the secrets', async (t) => {
  const { code, stdout } = await ask(
    [
      ...['--url', `${wiki}/admin/help?x=1`, '--client-ip', '198.51.100.7', '--method', 'post'],
      ...['--header', 'X-Forwarded-User: mallory', '--header', 'X-Custom:  some  text '],
    ],
    { ...adam, teams: ['a,b', 'ü'] },
  )
  t.equal(code, 0)
  t.equal(
    stdout,
    `POST https://wiki.example.com/admin/help?x=1
signed in with staff, from 198.51.100.7

  allowed: rule-met
  The rule of the location, and the floor of its app, are met.
  The client gets what the app answers.

Place
  app       wiki
  location  /admin/help [POST], the most specific that covers the path
  no say    /admin/help, /admin: less specific, or for other methods
  floor     the app's own rule must hold too

Conditions
         condition              wanted                       found
    hit  app: organization_id   "00D5e…EAW" (18 characters)  "00D5e…EAW" (18 characters)
    hit  policy admins: groups  one of admins, ops           ["ops"]

Headers of the request to the app
  accept             text/html
  x-custom           some  text
  Host               10.0.0.5:5000
  X-Forwarded-Proto  https
  X-Forwarded-Host   wiki.example.com
  X-Forwarded-Port   443
  X-Gateway-Secret   (secret)
  X-Api-Key          (secret)
  X-Forwarded-For    198.51.100.7
  X-Real-IP          198.51.100.7
  X-Forwarded-User   adam
  X-Teams            a%2Cb,%C3%BC
`,
  )
})

t.test('S-226: no configured secret is ever shown', async (t) => {
  for (const args of [[], ['--json']]) {
    const { stdout } = await ask(['--url', `${wiki}/`, ...args], alice)
    t.notMatch(stdout, 'canary')
    t.match(stdout, '(secret)')
  }
})

t.test('S-226: of a token that an app gets it is told that it is sent, and no more', async (t) => {
  const { stdout } = await ask(['--url', `${wiki}/token`], alice)
  t.match(stdout, /^ {2}X-Forwarded-User +alice$/m)
  t.match(stdout, /^ {2}X-Access +\(access token\)$/m)
  t.match(stdout, /^ {2}X-Id +\(ID token\)$/m)
  const { headers } = await json(['--url', `${wiki}/token`], alice)
  t.notMatch(JSON.stringify(headers), /access-token|id-token/)
})

t.test('a sign-in: where to, and with what it would help', async (t) => {
  t.match(await ask(['--url', `${wiki}/`, '--anonymous']), {
    code: 1,
    stdout: /sign-in: no-session\n.*\n {2}The client gets 302: the sign-in at staff, and back here\.\n/,
  })
  t.match(await ask(['--url', `${wiki}/api`, '--anonymous']), {
    code: 1,
    stdout: /The client gets 401: no redirect, but a login_url for a sign-in at staff\.\n/,
  })
  t.match(await ask(['--url', `${wiki}/`, '--anonymous', '--header', 'accept: application/json']), {
    stdout: /The client gets 401/,
  })
  const { stdout } = await ask(['--url', `${portal}/mixed`, '--anonymous'])
  t.match(
    stdout,
    'The client gets 302: the choice between staff and partners, the sign-in there, and back here.',
  )
  t.match(
    stdout,
    `To be let in, one of these
  - sign in with staff
    and groups: "wiki"
  - sign in with partners
    and groups: one of readers, writers
    and level: at least 3
`,
  )
})

t.test('the smallest change comes first, whether of claims, provider or address', async (t) => {
  const { stdout } = await ask(['--url', `${portal}/mixed`, '--provider', 'partners'], {
    sub: 'paula',
    groups: ['readers'],
    level: 2,
  })
  t.match(stdout, 'denied: rule-not-met')
  t.match(
    stdout,
    `To be let in, one of these
  - level: at least 3 (now 2)
  - sign in with staff (now partners)
    and groups: "wiki" (now ["readers"])
`,
  )
  const other = await json(['--url', `${portal}/staff`, '--provider', 'partners'], { sub: 'paula' })
  t.match(other, {
    outcome: 'sign_in',
    reason: 'other-provider-needed',
    status: 302,
    changes: [[{ kind: 'signed_in', text: 'staff', now: 'partners' }]],
  })
  t.match(await json(['--url', `${wiki}/admin`, '--client-ip', '198.51.100.7'], adam), {
    outcome: 'denied',
    reason: 'client-address',
    changes: [[{ kind: 'client_ip', not: false, text: '192.0.2.0/24', now: '198.51.100.7' }]],
  })
})

t.test('every change that is named lets in, once it is made', async (t) => {
  const told = await json(['--url', `${wiki}/admin`, '--client-ip', '198.51.100.7'], alice)
  t.equal(told.changes.length, 1)
  t.same(
    told.changes[0].map(({ kind, claim }: { kind: string; claim?: string }) => claim ?? kind),
    ['groups', 'client_ip'],
  )
  const changed = { ...alice, groups: ['admins'] }
  t.match(await json(['--url', `${wiki}/admin`, '--client-ip', '192.0.2.1'], changed), { outcome: 'allowed' })
})

t.test('how an app is reached that is asked by signed requests', async (t) => {
  const signed = `
providers: { staff: { issuer: "https://id.example.com", client_id: gate, client_secret: a-client-secret } }
apps:
  wiki:
    url: https://wiki.example.com
    upstream:
      url: https://abc123.execute-api.eu-west-1.amazonaws.com/prod
      aws: { sign: execute-api, role_arn: "arn:aws:iam::123456789012:role/gateway" }
    require: anyone
`
  writeFileSync(join(folder, 'signed.yaml'), signed)
  const reached =
    'signed for execute-api in eu-west-1 as arn:aws:iam::123456789012:role/gateway, assumed with the credentials of the process'
  const args = ['-c', 'signed.yaml', '--anonymous', '--url', `${wiki}/`]
  const { stdout } = await ask(args)
  t.match(stdout.replace(/\s+/g, ' '), `reached ${reached}`)
  t.equal((await json(args)).reached, reached)
})

t.test('for programs: everything, under names that stay', async (t) => {
  const told = await json(['--url', `${wiki}/admin/x`, '--client-ip', '192.0.2.7'], alice)
  t.same(Object.keys(told), [
    ...[
      'request',
      'outcome',
      'reason',
      'sentence',
      'status',
      'answer',
      'app',
      'reached',
      'locations',
      'credentials',
      'counts',
      'www_authenticate',
      'readings',
      'less_specific',
    ],
    ...[
      'limits',
      'conditions',
      'upstream_headers',
      'authorizer',
      'assertion',
      'changes',
      'more_changes',
      'notes',
    ],
  ])
  t.match(told, {
    request: { method: 'GET', url: `${wiki}/admin/x`, client_ip: '192.0.2.7', provider: 'staff' },
    outcome: 'denied',
    status: 403,
    app: 'wiki',
    locations: ['/admin'],
    credentials: ['session'],
    conditions: [
      { where: 'app: organization_id', truth: true, wanted: true, met: true, blocks: false },
      { where: 'all[0] policy admins: groups', expected: 'one of admins, ops', met: false, blocks: true },
      { where: 'all[1].client_ip', met: true },
      { where: 'none[0].status', truth: false, wanted: false, met: true },
    ],
    upstream_headers: null,
    changes: [
      [{ kind: 'claim', claim: 'groups', not: false, text: 'one of admins, ops', now: '["people"]' }],
    ],
    more_changes: 0,
    notes: [],
  })
})

t.test('what is decided without a rule', async (t) => {
  const rows: readonly (readonly [string, readonly string[], object])[] = [
    [
      '/static/x.css',
      [],
      { outcome: 'allowed', reason: 'open-to-anyone', status: null, credentials: [], conditions: [] },
    ],
    ['/old', [], { outcome: 'denied', reason: 'nobody-allowed', status: 403, changes: [] }],
    ['/a/../b', [], { outcome: 'rejected', reason: 'target-dot-segment', status: 400, app: null }],
    [
      '/static',
      ['--method', 'TRACE'],
      { outcome: 'rejected', status: 405, answer: /allowed: GET, HEAD, POST/ },
    ],
    [
      '/.auth/me',
      [],
      { outcome: 'allowed', reason: 'gateway-address', answer: 'the gateway itself answers' },
    ],
    ['/.auth/what', [], { outcome: 'rejected', reason: 'address-unknown', status: 404 }],
  ]
  for (const [path, args, wanted] of rows) {
    t.match(await json(['--url', wiki + path, '--anonymous', ...args]), wanted, path)
  }
  t.match(await json(['--url', 'https://nobody.example.com/', '--anonymous']), {
    reason: 'host-unknown',
    status: 421,
  })
})

t.test('claims of which no user id can be made: the sign-in itself fails', async (t) => {
  const { code, stdout } = await ask(['--url', `${wiki}/`], { ...alice, sub: undefined })
  t.equal(code, 1)
  t.match(stdout, 'denied: login-user-id-invalid')
  t.match(stdout, 'The sign-in itself fails: the user id is read from sub, and the claim is missing.')
  t.match(
    await json(['--url', `${wiki}/static`], {}),
    { outcome: 'allowed' },
    'nobody needs to sign in there',
  )
})

t.test('a Destination is judged too, and shown as the app would get it', async (t) => {
  const move = (to: string) => [
    ...['--url', `${wiki}/admin/help`, '--method', 'POST', '--header', `Destination: ${to}`],
  ]
  const told = await json(move(`${wiki}/old/x`), adam)
  t.match(told, { outcome: 'denied', reason: 'destination-not-allowed', status: 403, changes: [] })
  t.same(told.notes, ['Destination at /old: nobody-allowed.'])
  const allowed = await json(move(`${wiki}/admin/help/x`), adam)
  t.match(allowed, { outcome: 'allowed' })
  const sent = allowed.upstream_headers.filter(({ name }: { name: string }) => name === 'Destination')
  t.same(sent, [{ name: 'Destination', value: 'http://10.0.0.5:5000/admin/help/x' }])
  const elsewhere = await json([...move('https://other.example.com/x'), '--provider', 'staff'], adam)
  t.match(elsewhere, { outcome: 'rejected', reason: 'destination-invalid', status: 400 })
})

t.test('an identity header that cannot be sent is a refusal, and says which', async (t) => {
  t.match(await json(['--url', `${wiki}/`], { ...alice, teams: [{ a: 1 }] }), {
    outcome: 'denied',
    reason: 'identity-unsendable',
    sentence: /Here: X-Teams would be an object: name a claim within it, or write `encoding: base64`\.$/,
    status: 403,
  })
})

t.test('a path that servers read in several ways: each is told', async (t) => {
  const asked = ['--url', `${portal}/staff%2Fx`, '--provider', 'partners']
  const told = await json(asked, { sub: 'p' })
  t.match(told, {
    outcome: 'sign_in',
    locations: ['*', '/staff'],
    conditions: [{ where: 'signed_in' }, {}, {}],
  })
  t.same(told.readings, [
    { segments: ['staff/x'], location: '*' },
    { segments: ['staff', 'x'], location: '/staff' },
  ])
  const { stdout } = await ask(asked, { sub: 'p' })
  t.match(stdout, /location +\* and \/staff: the path can be read in several ways, and all must let in/)
  t.match(stdout, /read as +"?staff\/x"?: \*\n +read as +"?staff"? \/ "?x"?: \/staff/)
  t.same((await json(['--url', `${portal}/staff/x`, '--provider', 'partners'], { sub: 'p' })).readings, [])
  const refused = await json(['--url', `${portal}/staff%252Fx;y`, '--provider', 'partners'], { sub: 'p' })
  t.match(refused, { outcome: 'rejected', reason: 'target-encoded-semicolon', readings: [] })
  t.match(refused.notes, [
    'With `allow_encoded: [slash, semicolon, percent]` the app is sent such paths; every reading of them is judged.',
  ])
})

t.test('notes on what may have been overlooked', async (t) => {
  t.match((await json(['--url', 'http://wiki.example.com/admin', '--anonymous'])).notes, [
    "The app's address is https://wiki.example.com: that is what was judged.",
    'No --client-ip was given: no condition on the address can be met.',
  ])
  t.match((await json(['--url', `${wiki}/admin`, '--anonymous', '--client-ip', '10.1.1.1'])).notes, [
    '10.1.1.1 is one of trusted_proxies, and names no client: the address is unknown.',
  ])
  const forwarded = ['--client-ip', '10.1.1.1', '--header', 'X-Forwarded-For: 192.0.2.9']
  t.match(await json(['--url', `${wiki}/admin`, ...forwarded], adam), { outcome: 'allowed', notes: [] })
})

t.test('wrong usage, unreadable files and faulty ones are 2', async (t) => {
  writeFileSync(join(folder, 'list.json'), '[1]')
  writeFileSync(join(folder, 'none.json'), 'groups: admins')
  const url = ['--url', `${wiki}/`]
  const rows: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /--url wants an absolute address/],
    [['--url', '/admin', '--anonymous'], /--url wants an absolute address/],
    [['--url', 'https:/wiki.example.com/', '--anonymous'], /--url wants an absolute address/],
    [['--url', 'mailto:x', '--anonymous'], /--url wants an absolute address/],
    [url, /who asks\? Say one of --claims FILE, --key ID, --token FILE, --certificate FILE and --anonymous/],
    [[...url, '--claims', 'x', '--anonymous'], /who asks\?/],
    [[...url, '--claims', 'missing.json'], /missing\.json cannot be read: no such file/],
    [[...url, '--claims', 'list.json'], /list\.json holds no object/],
    [[...url, '--claims', 'none.json'], /none\.json holds no JSON/],
    [[...url, '--anonymous', '--client-ip', '10.0.0.0/8'], /--client-ip wants one IP address/],
    [[...url, '--anonymous', '--header', 'x y: z'], /--header wants 'name: value'/],
    [[...url, '--anonymous', '--header', 'Host: z'], /--header cannot set host/],
    [[...url, '--claims', 'list.json', '--provider', 'no'], /no provider "no"; there is staff, partners/],
    [['--url', `${portal}/`, '--claims', 'list.json'], /Say --provider NAME, one of staff, partners/],
    [['--log', 'x'], /--log and --request-id go together/],
    [['--log', 'x', '--request-id', 'y'], /x cannot be read/],
    [['--what'], /--what/],
  ]
  for (const [args, message] of rows) {
    const { code, stdout, stderr } = await ask(args)
    t.equal(code, 2, args.join(' '))
    t.equal(stdout, '')
    t.match(stderr, /^claimgate explain: /)
    t.match(stderr, message)
  }
  t.match(await ask([...url, '--anonymous', '-c', 'bad.yaml']), {
    code: 2,
    stdout: '',
    stderr: /^bad\.yaml:1:1/,
  })
  t.match(await ask(['--help']), { code: 0, stdout: /^Usage: claimgate explain --url URL/ })
})

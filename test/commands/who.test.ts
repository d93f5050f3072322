import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { command } from '../../src/commands/who.ts'
import { printIssue } from '../../src/config/issue.ts'
import { loadGateway } from '../../src/config/load.ts'
import type { App, Gateway, Location } from '../../src/core/gateway.ts'
import { exampleRequest } from '../../src/core/request/example-request.ts'
import { acceptedAt } from '../../src/core/rules/accepted.ts'
import type { Way } from '../../src/core/rules/way.ts'
import { probe } from '../../src/http/admission/probe.ts'
import { accessAt } from '../../src/rehearsal/who/access.ts'
import { environmentOf, exampleFiles, loadExample, root } from '../support/examples.ts'
import { personOf, type Witness, withoutOne, witnessOf } from '../support/witness.ts'
import { runIn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-who-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const rules = `
trusted_proxies: none
providers:
  staff: { issuer: "https://id.example.com", client_id: gate, client_secret: a-client-secret }
  partners: { issuer: "https://other.example.com", client_id: gate, client_secret: another-one, user_id_prefix: "p:" }
policies:
  editors: { provider: staff, groups: [editors, admins] }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5
    provider: [staff, partners]
    require: signed_in
    locations:
      - { path: /static, require: anyone }
      - { path: /shop, require: maybe_signed_in }
      - { path: /old, require: nobody }
      - { path: /edit, require: editors }
      - path: /open
        methods: [POST]
        require:
          any:
            - editors
            - { provider: partners, email: { domain: partner.example }, none: [{ status: [suspended, left] }] }
            - { client_ip: [192.0.2.0/24, "2001:db8::/32"] }
      - { path: /never, require: { provider: staff, groups: admins, none: [{ groups: admins }] } }
  board:
    url: https://board.example.com
    upstream: http://10.0.0.5
    provider: staff
    locations: [{ path: /a, require: { any: [{ x: 1 }, { x: { not: 1 }, "y.z": { at_least: 3, not: 4 } }] } }]
`
writeFileSync(join(folder, 'claimgate.yaml'), rules)
writeFileSync(join(folder, 'bad.yaml'), 'apps: {}\n')
const who = (...args: readonly string[]) => runIn(command, args, { cwd: folder })

t.test('the smallest sets of claims, in words and in an order of their own', async (t) => {
  const { code, stdout, stderr } = await who('post', 'https://wiki.example.com/open/x')
  t.equal(stderr, '')
  t.equal(code, 0)
  t.equal(
    stdout,
    `POST https://wiki.example.com/open/x
app wiki, location /open [POST]

Whoever meets one of these:
  - provider: staff
    and groups: one of editors, admins
  - signed in with one of staff, partners
    and client_ip: one of 192.0.2.0/24, 2001:db8::/32
  - provider: partners
    and email: an address at "partner.example"
    and not status: one of suspended, left

  "not": the claim must be there, and be something else. Whoever lacks it is not let in.
  email: counts only with email_verified: true.
`,
  )
})

t.test('every location of a file: what one commits beside the rules', async (t) => {
  const { code, stdout } = await who('--all')
  t.equal(code, 0)
  t.equal(
    stdout.slice(stdout.indexOf('wiki /edit'), stdout.indexOf('wiki /open')),
    `wiki /edit
Whoever meets this:
  - provider: staff
    and groups: one of editors, admins

wiki /never
Nobody: no one can meet all that the rule demands.

wiki /old
Nobody. The location says nobody.

`,
  )
  t.match(stdout, 'wiki /static\nAnyone, without a sign-in.\n')
  t.match(stdout, 'wiki /shop\nAnyone, without a sign-in; who is signed in is told to the app.\n')
  t.match(stdout, 'wiki *\nWhoever meets this:\n  - signed in with one of staff, partners\n')
  t.match(stdout, 'board *\nNobody. No location covers the path and the app has no rule of its own.\n')
  t.match(stdout, '  - x: 1\n  - y.z: at least 3 and not 4\n    and not x: 1\n')
  t.ok(
    stdout.split('\n').every((line) => line.length <= 100),
    'no line is longer than a review shows',
  )
})

t.test('what is long is turned over, so that every line can be read', async (t) => {
  const many = Array.from({ length: 40 }, (_, index) => `group-of-people-${index}`).join(', ')
  const long = rules.replace(
    'groups: [editors, admins]',
    `groups: [${many}], x: { matches: "${'abc'.repeat(60)}" }`,
  )
  writeFileSync(join(folder, 'long.yaml'), long)
  const { stdout } = await who('GET', 'https://wiki.example.com/edit', '-c', 'long.yaml')
  t.ok(stdout.split('\n').every((line) => line.length <= 100))
  t.match(stdout, '    and groups: one of group-of-people-0, group-of-people-1,')
  t.match(stdout, /\n {8}group-of-people-\d+, /)
})

t.test('an address is taken as a browser sends it', async (t) => {
  t.match(
    (await who('GET', 'https://wiki.example.com/#/edit')).stdout,
    /^GET https:\/\/wiki\.example\.com\/\n.*location \*\n/,
  )
  t.match(
    (await who('GET', 'https://wiki.example.com/ü b')).stdout,
    /^GET https:\/\/wiki\.example\.com\/%C3%BC%20b\n/,
  )
})

t.test('an address that nobody needs to sign in from says so', async (t) => {
  writeFileSync(
    join(folder, 'address.yaml'),
    rules.replace('require: signed_in', 'require: { client_ip: 192.0.2.0/24 }'),
  )
  const { stdout } = await who('GET', 'https://wiki.example.com/', '-c', 'address.yaml')
  t.match(stdout, '  - client_ip: 192.0.2.0/24 (no sign-in is needed)\n')
})

t.test('the same for programs', async (t) => {
  const { code, stdout } = await who('GET', 'https://wiki.example.com/edit', '--json')
  t.equal(code, 0)
  t.same(JSON.parse(stdout), {
    method: 'GET',
    url: 'https://wiki.example.com/edit',
    app: 'wiki',
    location: '/edit',
    access: 'rule',
    reason: null,
    sets: [
      [
        { kind: 'provider', not: false, text: 'staff' },
        { kind: 'claim', claim: 'groups', not: false, text: 'one of editors, admins' },
      ],
    ],
    complete: true,
    step_up: null,
    required_scopes: {},
  })
  t.match(JSON.parse((await who('--all', '--json')).stdout), [
    { url: 'https://wiki.example.com', app: 'wiki', location: '/edit' },
  ])
})

t.test('where nobody is let in the status is 1, and the sentence says why', async (t) => {
  const rows: readonly (readonly [string, string, string, string])[] = [
    ['GET', 'https://wiki.example.com/old', 'Nobody. The location says nobody.', 'nobody'],
    ['GET', 'https://wiki.example.com/never', 'Nobody: no one can meet', 'rule'],
    ['GET', 'https://board.example.com/', 'Nobody. No location covers', 'nobody'],
    [
      'GET',
      'https://wiki.example.com/open',
      '405: The address does not take this method. Allowed: POST.',
      'rejected',
    ],
    ['GET', 'https://nobody.example.com/', '421: No app has this host.', 'rejected'],
    ['GET', 'https://wiki.example.com/a/../b', '400: The path holds a segment of dots.', 'rejected'],
  ]
  for (const [method, url, sentence, access] of rows) {
    const { code, stdout } = await who(method, url)
    t.equal(code, 1, url)
    t.match(stdout, sentence)
    const json = await who(method, url, '--json')
    t.match(JSON.parse(json.stdout), { url, access, sets: [] })
  }
  t.match(await who('GET', 'https://wiki.example.com/.auth/me'), { code: 0, stdout: /gateway itself/ })
})

t.test('wrong usage and a faulty file are 2', async (t) => {
  for (const args of [
    [],
    ['GET'],
    ['GET', '/admin'],
    ['GET', 'https://a.example', 'x'],
    ['--all', 'GET'],
    ['--what'],
  ]) {
    const { code, stdout, stderr } = await who(...args)
    t.equal(code, 2, args.join(' '))
    t.equal(stdout, '')
    t.match(stderr, /^claimgate who: .+\nSee `claimgate who --help`\.\n$/)
  }
  t.match(await who('--all', '-c', 'bad.yaml'), { code: 2, stdout: '', stderr: /^bad\.yaml:1:1 providers/ })
  t.match(await who('--help'), { code: 0, stdout: /^Usage: claimgate who METHOD URL/ })
})

t.test('a machine without secrets is told the same', async (t) => {
  const file = 'config/examples/ten-apps.yaml'
  const told = await runIn(command, ['--all', '-c', file, '--made-up-secrets'], { cwd: root })
  t.equal(told.stderr, '')
  t.same(told, await runIn(command, ['--all', '-c', file], { cwd: root, env: environmentOf(file) }))
  t.same(told, await runIn(command, ['--all', '-c', file], { cwd: root }), 'nor is it asked for one')
})

t.test('two readings of an encoded slash are demanded together', async (t) => {
  const file = `${rules.replace('upstream: http://10.0.0.5', 'upstream: http://10.0.0.5\n    allow_encoded: [slash]')}`
  writeFileSync(join(folder, 'slash.yaml'), file)
  const { stdout } = await who('GET', 'https://wiki.example.com/edit%2Fx', '-c', 'slash.yaml')
  t.match(stdout, 'location * and /edit\n')
  t.match(stdout, '  - provider: staff\n    and groups: one of editors, admins\n')
})

interface Place {
  readonly gateway: Gateway
  readonly app: App
  readonly location: Location
  readonly method: string
  readonly url: string
}

function placesOf(gateway: Gateway): readonly Place[] {
  return gateway.apps.flatMap((app) => {
    const origin = gateway.hosts.get(new URL(app.url).host)
    return [...app.allLocations, app.fallback].flatMap((location) => {
      const request = origin && exampleRequest(origin, location)
      return request
        ? [{ gateway, app, location, method: request.method, url: app.origin + request.path }]
        : []
    })
  })
}

function loadRules(): Gateway {
  const loaded = loadGateway('claimgate.yaml', {}, { cwd: folder })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return loaded.gateway
}

function isLetIn({ gateway, method, url }: Place, { own, claims, address }: Witness): boolean {
  const person = own === null ? null : personOf(own, claims)
  const ruling = probe(gateway, { method, url, person, clientAddress: address })
  return ruling.admission.decision.kind === 'allow' && ruling.userIdFault === null
}

const everyone = { sub: 'someone', oid: 'someone' }

t.test('each set is let in by the gate itself, and not with any one of its members taken away', async (t) => {
  let sets = 0
  let less = 0
  for (const gateway of [loadRules(), ...exampleFiles.map(loadExample)]) {
    for (const place of placesOf(gateway)) {
      const access = accessAt(gateway, place.app, [place.location])
      if (access.kind !== 'rule') continue
      for (const way of access.ways) {
        sets += 1
        check(place, way)
      }
    }
  }
  t.ok(sets > 40 && less > 80, `${sets} sets, ${less} with a member less`)

  function check(place: Place, way: Way): void {
    const name = `${place.app.name} ${place.method} ${place.url}`
    const whole = witnessOf(way, everyone)
    t.ok(isLetIn(place, whole), `${name} ${JSON.stringify(whole)}`)
    for (const one of withoutOne(way, everyone, acceptedAt(place.gateway, place.app, place.location))) {
      less += 1
      t.notOk(isLetIn(place, one), `${name} without one: ${JSON.stringify(one)}`)
    }
  }
})

t.test('every example can be told whole, on lines that a terminal shows', async (t) => {
  for (const file of exampleFiles) {
    const { code, stdout } = await runIn(command, ['--all', '-c', file], {
      cwd: root,
      env: environmentOf(file),
    })
    t.equal(code, 0, file)
    t.ok(stdout.split('\n').every((line) => line.length <= 100))
  }
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { command } from '../../src/commands/what.ts'
import { probe } from '../../src/http/admission/probe.ts'
import { environmentOf, exampleFiles, loadExample, root } from '../support/examples.ts'
import { runIn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-what-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

writeFileSync(
  join(folder, 'claimgate.yaml'),
  `
trusted_proxies: none
providers:
  staff: { issuer: "https://id.example.com", client_id: gate, client_secret: a-client-secret }
  partners: { issuer: "https://other.example.com", client_id: gate, client_secret: another-one, user_id_prefix: "p:" }
apps:
  wiki:
    url: https://wiki.example.com/wiki
    upstream: http://10.0.0.5
    provider: [staff, partners]
    require: signed_in
    locations:
      - { path: /wiki/static, require: anyone }
      - { path: /wiki/staff, require: { provider: staff } }
      - { path: "/wiki/pages/*/edit", methods: [POST], require: { provider: [staff, partners], groups: editors } }
      - { path: /wiki/office, require: { client_ip: 192.0.2.0/24 } }
      - { path: /wiki/gone, require: nobody }
      - { path: /wiki/cov, require: signed_in }
      - { path: /wiki/cov, exact: true, require: signed_in }
      - { path: "/wiki/cov/*", require: anyone }
  board: { url: "https://board.example.com", upstream: "http://10.0.0.6", provider: staff, locations: [{ path: /, require: signed_in }] }
`,
)
const pat = { sub: 'pat', groups: ['readers'] }
const what = (args: readonly string[], claims: unknown = pat) =>
  runIn(command, ['--claims', '-', ...args], { cwd: folder, stdin: JSON.stringify(claims) })

t.test('every location, with the first condition that fails or where to sign in', async (t) => {
  const { code, stdout, stderr } = await what(['--provider', 'partners'])
  t.equal(stderr, '')
  t.equal(code, 0)
  t.equal(
    stdout,
    `Signed in with partners

wiki  https://wiki.example.com/wiki
  /wiki/static               allowed      open to anyone
  /wiki/staff                sign-in      with staff
  /wiki/pages/*/edit [POST]  denied       groups was ["readers"], rule wants "editors"
  /wiki/office               denied       client_ip was no address that can be believed, rule wants
                                          192.0.2.0/24
  /wiki/gone                 denied       The location says nobody.
  /wiki/cov                  unreachable  no request leads here
  /wiki/cov (exact)          allowed
  /wiki/cov/*                allowed      open to anyone
  *                          allowed

board  https://board.example.com
  /  sign-in      with staff
  *  unreachable  no request leads here

note: No --client-ip was given: no condition on the address can be met.
`,
  )
})

t.test('with an address, and other claims', async (t) => {
  const editor = { sub: 'eve', groups: ['editors'] }
  const { stdout } = await what(['--provider', 'staff', '--client-ip', '192.0.2.1'], editor)
  t.match(stdout, 'Signed in with staff, from 192.0.2.1\n')
  for (const label of ['staff', 'pages/*/edit [POST]', 'office']) {
    t.match(
      stdout.split('\n').find((line) => line.includes(`/wiki/${label}`)),
      / allowed$/,
    )
  }
  t.notMatch(stdout, 'note:')
})

t.test('the same for programs: each with the request that was tried', async (t) => {
  const { stdout } = await what(['--provider', 'partners', '--json'])
  const { apps, ...rest } = JSON.parse(stdout)
  t.same(rest, { provider: 'partners', credential: 'session', client_ip: null, user_id_fault: null })
  t.same(apps[0].locations[2], {
    location: '/wiki/pages/*/edit [POST]',
    method: 'POST',
    example: 'https://wiki.example.com/wiki/pages/x/edit',
    access: 'denied',
    reason: 'rule-not-met',
    because: 'groups was ["readers"], rule wants "editors"',
    ...{ authorizer: null, assertion: null },
  })
})

t.test('claims with which nobody can sign in are 1, and said first', async (t) => {
  const { code, stdout } = await what(['--provider', 'staff'], { groups: ['editors'] })
  t.equal(code, 1)
  t.match(
    stdout,
    /^Signed in with staff\nThe sign-in itself fails: the user id is read from sub, and the claim is missing\./,
  )
})

t.test('wrong usage and unreadable files are 2', async (t) => {
  const rows: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /expected --claims FILE/],
    [['--claims', 'claims.json'], /Say --provider NAME, one of staff, partners/],
    [['--claims', 'claims.json', '--provider', 'staff'], /claims\.json cannot be read/],
    [['--claims', '-', '--client-ip', 'x'], /--client-ip wants one IP address/],
    [['--claims', '-', '--provider', 'x'], /no provider "x"/],
  ]
  for (const [args, message] of rows) {
    const { code, stdout, stderr } = await runIn(command, args, { cwd: folder })
    t.match({ code, stdout, stderr }, { code: 2, stdout: '', stderr: message }, args.join(' '))
  }
  t.match(await what(['--help']), { code: 0, stdout: /^Usage: claimgate what --claims/ })
  t.match(await what(['-c', 'missing.yaml']), { code: 2 })
})

t.test('what it says of every example is what the gate says of its request', async (t) => {
  for (const file of exampleFiles) {
    const gateway = loadExample(file)
    const person = {
      provider: [...gateway.providers.keys()][0] ?? '',
      claims: { sub: 'x', oid: 'x', groups: ['staff'] },
    }
    const args = ['--claims', '-', '--provider', person.provider, '--json', '-c', file]
    const { stdout } = await runIn(command, args, {
      cwd: root,
      env: environmentOf(file),
      stdin: JSON.stringify(person.claims),
    })
    for (const { locations } of JSON.parse(stdout).apps) {
      for (const { location, method, example, access } of locations) {
        t.not(access, 'unreachable', `${file} ${location}`)
        const { admission } = probe(gateway, { method, url: example, person, clientAddress: null })
        t.equal(admission.location?.label, location)
        const kinds = { allow: 'allowed', challenge: 'sign_in', deny: 'denied', reject: 'denied' }
        t.equal(kinds[admission.decision.kind], access)
      }
    }
  }
})

t.test('what a key of the file can open', async (t) => {
  const key =
    '{ format: 1, id: Ab3dEf6hIj9lMn2p, prefix: cg, name: billing, owner: { kind: operator, user: billing }, claims: { plan: paid }, claimsAt: 1, asleep: false, secrets: [{ hash: n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg, until: null }], createdAt: 1, expiresAt: null, revokedAt: null, apps: null, methods: null, from: null, origins: [] }'
  const cwd = t.testdir({
    'claimgate.yaml': `
api_keys: { store: sqlite, keys: [${key}] }
apps:
  shop:
    url: https://shop.example.com
    upstream: http://127.0.0.1:5000
    credentials: [api_key]
    locations:
      - { path: /paid, require: { plan: paid } }
      - { path: /gold, require: { plan: gold } }
`,
  })
  const { code, stdout, stderr } = await runIn(command, ['--key', 'Ab3dEf6hIj9lMn2p'], { cwd })
  t.equal(code, 0, stderr)
  t.match(stdout, /^By an API key of api_keys\n/)
  t.match(stdout, /\/paid +allowed/)
  t.match(stdout, /\/gold +denied +plan was "paid", rule wants "gold"/)
  t.equal((await runIn(command, ['--key', 'Ab3dEf6hIj9lMn2q'], { cwd })).code, 2)
})

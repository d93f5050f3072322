import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { runCommand } from '../../src/cli.ts'
import { openStore } from '../../src/store/open.ts'
import { storeContext } from '../support/store-context.ts'

/** Whoever asks about rules holds no secret, key or certificate; what rules hold is needed by everybody. */
const folder = mkdtempSync(join(tmpdir(), 'claimgate-missing-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const file = (rule = '{ groups: admins }', more = '') => `
listen: { address: "127.0.0.1:8443", tls: [{ certificate: /nowhere/tls.crt, key: "\${file:/nowhere/tls.key}" }], client_ca: /nowhere/clients.pem }
data: ${folder}
trusted_proxies: none
session: { secret: ["\${file:/nowhere/session}", "\${env:NO_SUCH_SECRET}"] }
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${file:/nowhere/acme}", ca_file: /nowhere/ca.pem }
  keyed: { issuer: "https://keyed.example.com", client_id: gate, token_endpoint_auth_method: private_key_jwt, client_key: /nowhere/key.pem }
  mutual: { issuer: "https://mutual.example.com", client_id: gate, token_endpoint_auth_method: tls_client_auth, client_certificate: { certificate: /nowhere/a.crt, key: "\${env:NO_SUCH_KEY}" } }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: { url: "https://10.0.0.5", ca_file: /nowhere/upstream.pem, headers: { Authorization: "Bearer \${env:NO_SUCH_TOKEN}" } }
    shared_secret: { header: X-Secret, value: "\${env:NO_SUCH_SHARED}" }
    provider: acme
    require: ${rule}
    ${more}
`
const name = 'claimgate.yaml'
writeFileSync(join(folder, 'ada.json'), '{"sub":"ada","groups":["admins"]}')
writeFileSync(join(folder, 'log.json'), '')
writeFileSync(
  join(folder, 'claimgate.test.yaml'),
  'cases: [{ as: nobody, request: GET /, expect: sign_in }]\n',
)

async function run(text: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  writeFileSync(join(folder, name), text)
  let said = ''
  const say = (more: string) => {
    said += more
  }
  const code = await runCommand(args, { stdout: say, stderr: say, stdin: async () => '', env, cwd: folder })
  return { code, said }
}

const asking: readonly (readonly [args: readonly string[], code: number])[] = [
  [['explain', '--url', 'https://wiki.example.com/', '--claims', 'ada.json'], 0],
  [['who', 'GET', 'https://wiki.example.com/'], 0],
  [['what', '--claims', 'ada.json', '--provider', 'acme'], 0],
  [['test'], 0],
  [['diff', name, name, '--expect-none'], 0],
  [['replay', '--log', 'log.json'], 0],
  [['sessions', 'list'], 0],
]
const needing: readonly (readonly string[])[] = [['check'], ['lint', '--fail-on', 'error']]

t.before(async () => {
  writeFileSync(join(folder, name), file())
  await openStore({ store: { kind: 'sqlite' } }, folder, storeContext()).close()
})

for (const [args, code] of asking) {
  t.test(`${args[0]} needs no secret, key or certificate`, async (t) => {
    const without = await run(file(), args)
    t.equal(without.code, code, without.said)
    t.notMatch(without.said, 'NO_SUCH')
  })
}

for (const args of needing) {
  t.test(`${args[0]} names each that is missing, and with --made-up-secrets none`, async (t) => {
    const { code, said } = await run(file(), args)
    t.equal(code, args[0] === 'check' ? 1 : 2)
    for (const path of [
      ...['listen.tls[0].certificate', 'listen.tls[0].key', 'listen.client_ca', 'session.secret[0]'],
      ...['session.secret[1]', 'providers.acme.client_secret', 'providers.acme.ca_file'],
      ...['providers.keyed.client_key', 'providers.mutual.client_certificate.certificate'],
      ...['providers.mutual.client_certificate.key', 'apps.wiki.upstream.ca_file'],
      ...['apps.wiki.upstream.headers.Authorization', 'apps.wiki.shared_secret.value'],
    ]) {
      t.match(said, ` ${path}: `)
    }
    const made = await run(file(), [...args, '--made-up-secrets'])
    t.equal(made.code, 0, made.said)
    if (args[0] === 'check') t.match(made.said, /^made up: .*, also where one is printed here$/m)
  })
}

t.test('serve needs them all', async (t) => {
  const { code, said } = await run(file(), ['serve'])
  t.equal(code, 2)
  t.match(said, 'session.secret[0]: the file /nowhere/session: no such file')
})

const ofRules: readonly (readonly [what: string, text: string, fault: string])[] = [
  ['a variable in `require`', file(`{ groups: "\${env:NO_SUCH}" }`), 'NO_SUCH is not set'],
  ['a file in `require`', file(`{ groups: "\${file:/nowhere/group}" }`), '/nowhere/group: no such file'],
  [
    'a list in `require`',
    file(`{ none: [{ sub: "\${lines:/nowhere/banned}" }] }`),
    '/nowhere/banned: no such file',
  ],
  ['a policy', `policies: { a: { groups: "\${env:NO_SUCH}" } }${file('a')}`, 'NO_SUCH is not set'],
  [
    'a trusted proxy',
    file().replace('trusted_proxies: none', `trusted_proxies: ["\${env:NO_SUCH}"]`),
    'NO_SUCH is not set',
  ],
  [
    'an identity header',
    file('signed_in', `identity_headers: { X-Team: "\${env:NO_SUCH}" }`),
    'NO_SUCH is not set',
  ],
  [
    'the elements of an identity header',
    file('signed_in', `identity_headers: { X-Team: { claim: groups, only: "\${lines:/nowhere/teams}" } }`),
    '/nowhere/teams: no such file',
  ],
  [
    'a rule of a location',
    file('signed_in', `locations: [{ path: /a, require: { groups: { not: "\${env:NO_SUCH}" } } }]`),
    'NO_SUCH is not set',
  ],
  [
    'the path of a location, which says what is open,',
    file('signed_in', `locations: [{ path: "/\${env:NO_SUCH}", require: anyone }]`),
    'NO_SUCH is not set',
  ],
  [
    'the methods of a location',
    file('signed_in', `locations: [{ path: /a, methods: ["\${env:NO_SUCH}"], require: anyone }]`),
    'NO_SUCH is not set',
  ],
]

for (const [what, text, fault] of ofRules) {
  t.test(`${what} is needed by everybody, whatever is made up`, async (t) => {
    const commands = [...asking.map(([args]) => args), ['check'], ['lint']]
    for (const args of commands) {
      for (const more of args[0] === 'sessions' ? [[]] : [[], ['--made-up-secrets']]) {
        const { code, said } = await run(text, [...args, ...more])
        t.not(code, 0, `${args[0]} ${more}`)
        t.match(said, fault, `${args[0]} ${more}`)
      }
    }
  })
}

t.test('who asks a store that is shared needs what opens it, and nothing else', async (t) => {
  const inRedis = (store: string) =>
    file().replace(
      /session: .*/,
      `log: { subject_key: 0123456789abcdef0123456789abcdef }\nsession: { secret: "\${env:NO_SUCH_SECRET}", store: ${store} }`,
    )
  const withPassword = inRedis(
    `{ redis: { url: "redis://localhost", password: "\${env:NO_SUCH_PASSWORD}" } }`,
  )
  const byVariable = inRedis(`"\${env:NO_SUCH_STORE}"`)
  for (const text of [withPassword, byVariable]) {
    for (const [args, code] of asking) {
      if (args[0] !== 'sessions') t.equal((await run(text, args)).code, code, `${args[0]}`)
    }
  }
  t.match(await run(withPassword, ['sessions', 'list']), { code: 2, said: /NO_SUCH_PASSWORD is not set/ })
  t.match(await run(byVariable, ['sessions', 'list']), { code: 2, said: /NO_SUCH_STORE is not set/ })
  const { code, said } = await run(inRedis('redis://localhost:1'), ['sessions', 'list'])
  t.match({ code, said }, { code: 2, said: /session.secret: the environment variable NO_SUCH_SECRET/ })
  t.notMatch(said, 'providers.', 'it asks for no secret of a provider')
})

t.test('what is no secret is missing unless it is said that it may be', async (t) => {
  const text = file().replace('client_id: gate', `client_id: "\${env:NO_SUCH_CLIENT}"`)
  const args = ['who', 'GET', 'https://wiki.example.com/']
  t.match(await run(text, args), { code: 2, said: /client_id: the environment variable NO_SUCH_CLIENT/ })
  t.equal((await run(text, [...args, '--made-up-secrets'])).code, 0)
})

t.test('what is there is taken as it is, and its faults are told', async (t) => {
  writeFileSync(join(folder, 'no.pem'), 'no certificate')
  const text = file().replace('/nowhere/ca.pem', 'no.pem')
  t.match(await run(text, ['who', 'GET', 'https://wiki.example.com/']), {
    code: 2,
    said: /ca_file: holds no certificate/,
  })
})

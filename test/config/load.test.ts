import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { generatedFiles } from '../../src/commands/generate.ts'
import { builtInIcons } from '../../src/config/build/icon.ts'
import { loadGateway, loadGatewayFromText } from '../../src/config/load.ts'
import type { Gateway } from '../../src/core/gateway.ts'
import { providerIcon } from '../../src/http/pages/icons.ts'
import { exampleFiles } from '../support/examples.ts'
import { canaries, surroundings } from './surroundings.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const provider = `{ issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }`

/** The model of a text that must be without faults. */
function modelOf(t: Test, text: string, env: Readonly<Record<string, string>> = {}): Gateway {
  const loaded = loadGatewayFromText(text, { ...surroundings, env: { ...surroundings.env, ...env } })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues, null, 2))
  t.ok(loaded.ok)
  return loaded.gateway
}

t.test('a key in an app replaces the default whole, and what nobody wrote is built in', async (t) => {
  const { apps } = modelOf(
    t,
    `
session: { idle_timeout: 20m, max_lifetime: 10h }
providers: { acme: ${provider} }
defaults: { timeouts: { connect: 1s, response: 2s }, max_body: 1MiB, idle_timeout: 5m, require: signed_in }
apps:
  a: { url: "https://a.example.com", upstream: "http://10.0.0.5", timeouts: { response: 9s, keep_alive: 4s }, max_body: none }
  b:
    url: https://b.example.com
    upstream: http://10.0.0.5
    max_lifetime: 1h
    locations: [{ path: /up, require: signed_in, max_body: 2GiB, timeouts: { idle: 1m } }]
`,
  )
  const [a, b] = apps
  t.same(a?.fallback.forwarding.timeouts, {
    connectSeconds: 5,
    responseSeconds: 9,
    idleSeconds: 300,
    body: { graceSeconds: 20, bytesPerSecond: 500 },
    keepAliveSeconds: 4,
  })
  t.equal(a?.fallback.forwarding.maxBodyBytes, null)
  t.same(b?.fallback.forwarding.timeouts, {
    connectSeconds: 1,
    responseSeconds: 2,
    idleSeconds: 300,
    body: { graceSeconds: 20, bytesPerSecond: 500 },
    keepAliveSeconds: null,
  })
  t.equal(b?.fallback.forwarding.maxBodyBytes, 1024 ** 2)
  const [up] = b?.allLocations ?? []
  t.same(up?.forwarding.timeouts, {
    connectSeconds: 5,
    responseSeconds: 60,
    idleSeconds: 60,
    body: { graceSeconds: 20, bytesPerSecond: 500 },
    keepAliveSeconds: null,
  })
  t.equal(up?.forwarding.maxBodyBytes, 2 * 1024 ** 3)
  t.equal(up?.forwarding.cache, 'private')
})

t.test('a sign-in may take an hour, or as long as the file says', async (t) => {
  const timeoutOf = (session: string) => modelOf(t, `${session}\n${oneApp}`).session.signInTimeoutSeconds
  t.equal(timeoutOf(''), 3600)
  t.equal(timeoutOf('session: { sign_in_timeout: 5m }'), 300)
})

const oneApp = `
providers: { acme: ${provider} }
apps: { a: { url: "https://a.example.com", upstream: "http://10.0.0.5", require: signed_in } }
`

t.test('hosts are keyed by every spelling that a Host header may have', async (t) => {
  const { hosts } = modelOf(
    t,
    `
providers: { acme: ${provider} }
apps:
  a: { url: "https://A.Example.com", upstream: "http://10.0.0.5", require: signed_in }
  deep: { url: "https://a.example.com:443/one/two", upstream: "http://10.0.0.5", require: signed_in }
  one: { url: "https://a.example.com/one", upstream: "http://10.0.0.5", require: signed_in }
  port: { url: "https://a.example.com:8443", upstream: "http://10.0.0.5", require: signed_in }
  local: { url: "http://localhost:3000", upstream: "http://10.0.0.5", require: signed_in }
  six: { url: "http://[::1]", upstream: "http://[2001:db8::5]:81/p", require: signed_in }
`,
  )
  t.same(
    [...hosts.keys()],
    ['a.example.com', 'a.example.com:443', 'a.example.com:8443', 'localhost:3000', '[::1]', '[::1]:80'],
  )
  const origin = hosts.get('a.example.com')
  t.equal(origin, hosts.get('a.example.com:443'))
  t.same(
    origin?.apps.map(({ name }) => name),
    ['deep', 'one', 'a'],
    'the longest prefix comes first',
  )
  const cookies = (host: string) => hosts.get(host)?.cookies
  t.equal(cookies('a.example.com')?.session, '__Host-claimgate')
  t.equal(cookies('a.example.com:8443')?.session, '__Host-claimgate-8443')
  t.equal(cookies('localhost:3000')?.session, 'claimgate-3000')
  t.equal(cookies('localhost:3000')?.transactionPrefix, 'claimgate-3000-tx-')
  t.equal(cookies('localhost:3000')?.secure, false)
  t.match(hosts.get('[::1]')?.apps[0]?.upstream, {
    hostname: '2001:db8::5',
    host: '[2001:db8::5]:81',
    basePath: '/p',
  })
})

t.test(
  'S-220: with several providers only the user is told to the app, and prefixes keep ids apart',
  async (t) => {
    const gateway = modelOf(
      t,
      `
providers:
  two: { issuer: "https://two.example.com", client_id: a, client_secret: b, user_id_prefix: "two:" }
  one: { issuer: "https://one.example.com", client_id: a, client_secret: b }
apps:
  both: { url: "https://a.example.com", upstream: "http://10.0.0.5", require: signed_in, provider: [one, two] }
  single: { url: "https://b.example.com", upstream: "http://10.0.0.5", require: signed_in, provider: one }
`,
    )
    const [both, single] = gateway.apps
    t.same(both?.fallback.forwarding.identityHeaders, [{ name: 'X-Forwarded-User', from: 'user' }])
    t.equal(single?.fallback.forwarding.identityHeaders.length, 4)
    t.same(both?.providers, ['two', 'one'], 'in the order of the file')
    t.same(gateway.providers.get('one')?.foreignPrefixes, ['two:'])
    t.same(gateway.providers.get('two')?.foreignPrefixes, [])
  },
)

t.test(
  'S-220: keys of an operator are one more who could fill a header, where they open a location',
  async (t) => {
    const gateway = modelOf(
      t,
      `
api_keys: { store: sqlite }
providers:
  one: { issuer: "https://one.example.com", client_id: a, client_secret: b }
apps:
  api:
    url: "https://a.example.com"
    upstream: "http://10.0.0.5"
    require: signed_in
    credentials: [session, api_key]
    locations:
      - { path: /keys, require: signed_in, credentials: [api_key] }
      - { path: /people, require: signed_in, credentials: [session] }
      - { path: /written, require: signed_in, identity_headers: { X-Mail: email } }
  written:
    url: "https://b.example.com"
    upstream: "http://10.0.0.5"
    require: signed_in
    credentials: [session, api_key]
    identity_headers: { X-Mail: email }
`,
    )
    const [api, written] = gateway.apps
    const told = (path: string) =>
      api?.allLocations
        .find(({ label }) => label === path)
        ?.forwarding.identityHeaders.map(({ name }) => name)
        .join(' ')
    t.same(api?.fallback.forwarding.identityHeaders, [{ name: 'X-Forwarded-User', from: 'user' }])
    t.equal(told('/keys'), 'X-Forwarded-User')
    t.equal(told('/people')?.split(' ').length, 4, 'no key comes here')
    t.equal(told('/written'), 'X-Mail', 'what is written is sent')
    t.equal(written?.fallback.forwarding.identityHeaders[0]?.name, 'X-Mail')
  },
)

t.test('a preset is inferred from the issuer, and gives label and icon', async (t) => {
  const table: readonly (readonly [string, string])[] = [
    ['https://accounts.google.com', 'google'],
    ['https://accounts.google.com.evil.test', 'generic'],
    ['https://login.microsoftonline.com/1111/v2.0', 'microsoft'],
    ['https://acme.my.salesforce.com', 'salesforce'],
    ['https://test.salesforce.com', 'salesforce'],
    ['https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC', 'cognito'],
    ['https://acme.okta.com/oauth2/default', 'okta'],
    ['https://acme.eu.auth0.com/', 'auth0'],
    ['https://id.example.com/auth/realms/staff', 'keycloak'],
    ['https://id.example.com/', 'generic'],
  ]
  for (const [issuer, preset] of table) {
    const text = `
providers: { acme: { issuer: "${issuer}", client_id: a, client_secret: b } }
apps: { a: { url: "https://a.example.com", upstream: "http://10.0.0.5", require: signed_in } }`
    const settings = modelOf(t, text).providers.get('acme')
    t.equal(settings?.preset, preset, issuer)
    t.equal(settings?.issuer, issuer, 'the issuer stays as it was written')
    t.equal(settings?.icon, preset === 'generic' ? null : preset)
  }
})

t.test('the pages draw every built-in icon', async (t) => {
  const unknown = providerIcon('of no known name', 'Zebra')
  for (const name of builtInIcons) t.equal(providerIcon(name, 'Zebra') === unknown, name === 'generic', name)
})

t.test('files become text, keys and pictures', async (t) => {
  const gateway = modelOf(
    t,
    `
listen: { address: "[::]:8443", tls: [{ certificate: one.crt, key: "\${file:one.key}" }], client_ca: "\${file:ca.pem}" }
session: { secret: ["\${file:secret.txt}", "\${file:open.txt}"] }
providers:
  acme: { issuer: "https://id.example.com", client_id: a, client_secret: "$\${x}", ca_file: ca.pem, icon: icon.svg }
apps: { a: { url: "https://a.example.com", upstream: { url: "https://10.0.0.5", ca_file: /etc/claimgate/ca.pem }, require: signed_in } }
`,
  )
  t.match(gateway.listeners[0], { host: '::', port: 8443, clientCa: /BEGIN CERTIFICATE/ })
  t.match(gateway.listeners[0].tls[0]?.key.reveal(), /PRIVATE KEY/)
  t.same(
    gateway.session.secrets.map((secret) => secret.reveal()),
    ['canary-0123456789-abcdefghijklmnop', 'canary-9876543210-abcdefghijklmnop'],
  )
  const acme = gateway.providers.get('acme')
  t.equal(acme?.clientSecret?.reveal(), `\${x}`)
  t.match(acme?.ca, /BEGIN CERTIFICATE/)
  t.match(acme?.icon, /^data:image\/svg\+xml;base64,/)
  t.match(gateway.apps[0]?.upstream.ca, /BEGIN CERTIFICATE/)
})

t.test('what variables yield is read as the key wants it', async (t) => {
  const text = `
listen: "\${env:LISTEN}"
admin: "\${env:ADMIN}"
session: { idle_timeout: "\${env:MINUTES}" }
providers: { acme: { issuer: "https://id.example.com", client_id: "\${env:NUMBER}", client_secret: b, trust_email: "\${env:TRUE}" } }
apps:
  a:
    url: "https://\${env:HOST:-a.example.com}/x"
    upstream: { url: "http://10.0.0.5", strip_prefix: "\${env:TRUE}", max_connections: "\${env:NUMBER}" }
    websocket: "\${env:TRUE}"
    require: { groups: "\${env:NUMBER}" }
    locations: [{ path: /x/y, exact: "\${env:TRUE}", require: anyone }]
`
  const gateway = modelOf(t, text, { LISTEN: '127.0.0.1:0', NUMBER: '42' })
  t.match(gateway.listeners[0], { host: '127.0.0.1', port: 0 })
  t.equal(gateway.admin, null)
  t.equal(gateway.providers.get('acme')?.clientId, '42')
  t.equal(gateway.providers.get('acme')?.trustEmail, true)
  const [app] = gateway.apps
  t.equal(app?.upstream.maxConnections, 42)
  t.same(app?.prefix, ['x'])
  t.equal(app?.upstream.stripPrefix, true)
  t.same(app?.fallback.forwarding.websocketOrigins, ['https://a.example.com'])
  t.equal(app?.allLocations[0]?.pattern.exact, true)
  t.match(app?.fallback.access, { requirement: { matcher: { tests: [{ kind: 'is', values: ['42'] }] } } })
})

t.test('where an app has no require, a path without a location is for nobody', async (t) => {
  const text = `
providers: { acme: ${provider} }
apps: { a: { url: "https://a.example.com", upstream: "http://10.0.0.5", locations: [{ path: /a, require: anyone }] } }`
  t.same(modelOf(t, text).apps[0]?.fallback.access, { kind: 'nobody', because: 'no-location' })
})

t.test('the model is frozen to its ground, and prints no secret', async (t) => {
  const text = `
session: { secret: "\${env:OTHER_SECRET}" }
providers: { acme: ${provider} }
apps:
  a:
    url: https://a.example.com
    upstream: { url: "http://10.0.0.5", headers: { X-Key: "\${env:SECRET}" } }
    shared_secret: "\${file:secret.txt}"
    require: { groups: a }
    locations: [{ path: /a, require: anyone }]`
  const gateway = modelOf(t, text)
  for (const frozen of everything(gateway)) t.ok(Object.isFrozen(frozen), inspect(frozen, { depth: 0 }))
  const map: unknown = gateway.hosts
  t.throws(() => map instanceof Map && map.set('evil.test', null), /frozen/)
  t.throws(() => map instanceof Map && map.delete('a.example.com'), /frozen/)
  const printed = inspect(gateway, { depth: 20, showHidden: true }) + JSON.stringify(gateway)
  for (const canary of canaries) t.notMatch(printed, canary)
})

t.test('S-245: a switch that takes a protection away stops the start', async (t) => {
  const text = `
providers: { acme: ${provider} }
apps: { a: { url: "https://a.example.com", upstream: "http://10.0.0.5", require: signed_in } }`
  const table: readonly Readonly<Record<string, string>>[] = [
    { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    { NODE_OPTIONS: '--max-old-space-size=512 --insecure-http-parser' },
    { NODE_OPTIONS: '--tls-min-v1.0' },
  ]
  for (const env of table) {
    const loaded = loadGatewayFromText(text, { ...surroundings, env: { ...surroundings.env, ...env } })
    t.match(loaded, { ok: false, unreadable: false, issues: [{ position: null }] }, JSON.stringify(env))
  }
  modelOf(t, text, { NODE_TLS_REJECT_UNAUTHORIZED: '1', NODE_OPTIONS: '--max-old-space-size=512' })
})

t.test('S-215: nine levels of aliases are refused without being followed', async (t) => {
  const level = (name: string, of: string) => `${name}: &${name} [${Array(9).fill(of).join(', ')}]\n`
  const names = [...'abcdefghi']
  const text = names.map((name, index) => level(name, index === 0 ? 'x' : `*${names[index - 1]}`)).join('')
  const loaded = loadGatewayFromText(text, surroundings)
  t.equal(loaded.ok, false)
  const aliases = loaded.ok ? [] : loaded.issues.filter(({ message }) => message.includes('alias'))
  t.equal(aliases.length, 8 * 9)
})

t.test('a text that no parser could follow is a fault, not an end', async (t) => {
  const loaded = loadGatewayFromText(`a: ${'['.repeat(200_000)}`, surroundings)
  t.equal(loaded.ok, false)
  const nested = loadGatewayFromText(`a: ${'['.repeat(200)}${']'.repeat(200)}`, surroundings)
  t.match(
    nested.ok ? [] : nested.issues.map(({ message }) => message).join('\n'),
    /nested more than 64 levels/,
  )
})

t.test('a file that cannot be read is told apart from one with faults', async (t) => {
  t.match(loadGateway('missing.yaml', {}, { cwd: root }), { ok: false, unreadable: true })
  t.match(loadGateway('src', {}, { cwd: root }), {
    ok: false,
    unreadable: true,
    issues: [{ message: /folder/ }],
  })
  const latin = { ok: true as const, bytes: Buffer.from([0x61, 0xe4]), worldReadable: false }
  t.match(loadGateway('x.yaml', {}, { readFile: () => latin }), {
    unreadable: true,
    issues: [{ message: /UTF-8/ }],
  })
})

t.test('ten thousand locations and a thousand policies load', async (t) => {
  const lines = Array.from(
    { length: 10_000 },
    (_, index) => `      - { path: /l${index}, require: p${index % 1000} }`,
  )
  const policies = Array.from({ length: 1000 }, (_, index) => `  p${index}: { groups: g${index} }`)
  const text = `policies:\n${policies.join('\n')}
providers: { acme: ${provider} }
apps:
  a:
    url: https://a.example.com
    upstream: http://10.0.0.5
    locations:\n${lines.join('\n')}\n`
  t.equal(modelOf(t, text).apps[0]?.allLocations.length, 10_000)
})

for (const file of exampleFiles) {
  t.test(`the example ${file} loads without a warning`, async (t) => {
    const text = readFileSync(`${root}${file}`, 'utf8')
    const loaded = loadGateway(file, filled(text), { cwd: root })
    t.same(loaded.ok ? [] : loaded.issues, [])
    t.same(
      loaded.warnings.filter(({ path }) => path !== 'session.secret'),
      [],
    )
    const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? []
    const inFolderOfTheOtherHalf = /examples\/\w+\//.test(file)
    if (!inFolderOfTheOtherHalf) t.equal(basename(schema), 'claimgate.schema.json')
    t.doesNotThrow(
      () => readFileSync(new URL(schema, new URL(file, `file://${root}`))),
      'editors find the schema',
    )
  })
}

t.test('the examples are there', async (t) => {
  const names = exampleFiles.map((file) => basename(file, '.yaml'))
  const wanted = ['google', 'salesforce', 'entra', 'keycloak', 'cognito', 'one-origin', 'ten-apps']
  for (const name of [...wanted, 'optional-sign-in', 'single-page-app']) t.ok(names.includes(name), name)
})

t.test('the generated files are as the schema says', async (t) => {
  for (const [file, write] of generatedFiles) t.equal(readFileSync(`${root}${file}`, 'utf8'), write(), file)
})

/** A value for every variable of a file that must be set; no two are equal. */
function filled(text: string): Readonly<Record<string, string>> {
  const names = [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name = '']) => name)
  return Object.fromEntries(names.map((name) => [name, `${name}/aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW`]))
}

function* everything(value: unknown): Generator<object> {
  if (typeof value !== 'object' || value === null) return
  yield value
  const members = value instanceof Map || value instanceof Set ? [...value].flat() : Object.values(value)
  for (const member of members) yield* everything(member)
}

t.test('what is wrong with the surroundings is told once, not for the shadow again', async (t) => {
  const text = `
shadow: next.yaml
providers: { acme: ${provider} }
apps: { wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: signed_in } }
`
  const env = { ...surroundings.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' }
  const loaded = loadGatewayFromText(text, { ...surroundings, env })
  t.same(loaded.ok ? [] : loaded.issues.map(({ file }) => file), ['claimgate.yaml'])
})

t.test('the session tells who somebody is, at each location by its own list', async (t) => {
  const { apps } = modelOf(
    t,
    `
providers: { acme: ${provider} }
apps:
  a:
    url: https://a.example.com
    upstream: http://10.0.0.5
    credentials: [session]
    require: signed_in
    locations: [{ path: /one, require: signed_in }, { path: /two, require: signed_in, credentials: [session] }]
`,
  )
  const [app] = apps
  for (const location of [...(app?.allLocations ?? []), app?.fallback])
    t.same(location?.credentials, ['session'])
  t.equal(app?.allLocations.length, 2)
})

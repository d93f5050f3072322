// `listen`: one place, or a list of several.
import t from 'tap'
import { configuredCertificates, hostsWithoutCertificate } from '../../../src/config/certificates.ts'
import { type Issue, printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { pathText } from '../../../src/config/node.ts'
import { surroundings } from '../surroundings.ts'

function load(listen: string, more = 'admin: false') {
  return loadGatewayFromText(
    `listen: ${listen}
${more}
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: signed_in }
`,
    surroundings,
  )
}

function gatewayOf(listen: string, more?: string) {
  const loaded = load(listen, more)
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return { ...loaded.gateway, warnings: warningsOf(loaded.warnings) }
}

/** But for the one on `session.secret`, which this file is not about. */
function warningsOf(warnings: readonly Issue[]): readonly string[] {
  return warnings.filter(({ path }) => path !== 'session.secret').map(printIssue)
}

function faultsOf(listen: string, more?: string): readonly string[] {
  const loaded = load(listen, more)
  return loaded.ok ? [] : loaded.issues.map(printIssue)
}

const tls = 'tls: [{ certificate: one.crt, key: one.key }]'
const plain = {
  host: '127.0.0.1',
  port: 8080,
  socketPath: null,
  mode: null,
  tls: 0,
  clientCa: null,
  asksCertificates: false,
}

function placesOf(listen: string) {
  return gatewayOf(listen).listeners.map((one) => ({ ...one, tls: one.tls.length }))
}

t.test('an address and a mapping mean the same alone and in a list', async (t) => {
  for (const listen of ['"127.0.0.1:8080"', '{ address: "127.0.0.1:8080" }'])
    for (const written of [listen, `[${listen}]`]) t.same(placesOf(written), [plain], written)
  t.same(placesOf('{}'), [{ ...plain, host: '0.0.0.0' }])
  t.same(placesOf('[{}]'), [{ ...plain, host: '0.0.0.0' }])
})

t.test('several places, each with its own keys, in the order of the file', async (t) => {
  const socket = { ...plain, host: '', port: 0, socketPath: '/run/gate.sock', mode: 0o660 }
  t.match(
    placesOf(
      `["127.0.0.1:8080", { address: "unix:/run/gate.sock", mode: "0660" }, { address: "[::1]:8443", ${tls}, client_ca: ca.pem }]`,
    ),
    [plain, socket, { host: '::1', port: 8443, tls: 1, clientCa: /BEGIN CERTIFICATE/ }],
  )
})

t.test('each fault of a list is told where it stands', async (t) => {
  t.match(faultsOf('[]'), [/^claimgate\.yaml:1:9 listen: must not be an empty list$/])
  t.match(faultsOf('["127.0.0.1:8081", "nowhere", { address: 5, mode: "0600" }, 7, [a], { ca: x }]'), [
    /listen\[1\]: expected address:port/,
    /listen\[2\]\.address: expected address:port/,
    /listen\[3\]: expected address:port/,
    /listen\[4\]: expected a text, found a list/,
    /listen\[5\]\.ca: unknown key/,
  ])
  t.match(faultsOf('[{ address: "127.0.0.1:80", mode: "0600" }, { client_ca: ca.pem }]'), [
    /listen\[0\]\.mode: belongs to a Unix socket/,
    /listen\[1\]\.client_ca: needs `tls`/,
  ])
})

t.test('two of a list that cannot both be listened on', async (t) => {
  const same = /listen\[1\]: is the same address and port as `listen\[0\]`/
  const collides: readonly string[] = [
    '"127.0.0.1:80", "127.0.0.1:80"',
    '"0.0.0.0:80", "127.0.0.1:80"',
    '"[::1]:80", "[::]:80"',
    '"0.0.0.0:80", "[::]:80"',
  ]
  for (const pair of collides) t.match(faultsOf(`[${pair}]`), [same], pair)
  t.match(faultsOf('["unix:/run/a.sock", "unix:/run/a.sock"]'), [
    /listen\[1\]: is the same socket as `listen\[0\]`/,
  ])
  for (const pair of [
    '"127.0.0.1:80", "127.0.0.1:81"',
    '"127.0.0.1:80", "10.0.0.1:80"',
    '"127.0.0.1:0", "127.0.0.1:0"',
    '"unix:/run/a.sock", "unix:/run/b.sock"',
    '"unix:/run/a.sock", "0.0.0.0:80"',
  ])
    t.same(faultsOf(`[${pair}]`), [], pair)
})

t.test('`admin` may be none of them', async (t) => {
  const listen = '["unix:/run/a.sock", "127.0.0.1:80", "0.0.0.0:9090"]'
  t.match(faultsOf(listen, 'admin: "127.0.0.1:9090"'), [
    /admin: is the same address and port as `listen\[2\]`/,
  ])
  t.match(faultsOf(listen, 'admin: "127.0.0.1:80"'), [/as `listen\[1\]`/])
  t.same(faultsOf(listen, 'admin: "127.0.0.1:9091"'), [])
})

t.test('who connects by a socket is believed where one of them is a socket', async (t) => {
  const trust = 'admin: false\ntrusted_proxies: [unix, 10.0.0.0/8]'
  t.match(gatewayOf('["127.0.0.1:80", "unix:/run/a.sock"]', trust), { trustsSocket: true, warnings: [] })
  t.match(faultsOf('["127.0.0.1:80", "127.0.0.1:81"]', trust), [
    /trusted_proxies\[0\]: is who connects by a Unix socket/,
  ])
  t.match(gatewayOf('["127.0.0.1:80", "unix:/run/a.sock"]').warnings, [/trusted_proxies: is absent/])
  const open = '["127.0.0.1:80", { address: "unix:/run/a.sock", mode: "0666" }]'
  t.match(gatewayOf(open, trust).warnings, [/listen\[1\]\.mode: lets every user of this machine connect/])
})

t.test('certificates of all places are followed, each where it stands', async (t) => {
  const gateway = gatewayOf(
    `[{ address: "127.0.0.1:443", ${tls} }, { address: "127.0.0.1:444", ${tls}, client_ca: ca.pem }]`,
  )
  t.same(
    configuredCertificates(gateway).map(({ path }) => pathText(path)),
    ['listen[0].tls[0].certificate', 'listen[1].tls[0].certificate', 'listen[1].client_ca'],
  )
})

t.test('a host lacks a certificate where no place has one for it, and all of them end TLS', async (t) => {
  const other = tls.replaceAll('one', 'other')
  const listen = (...places: readonly string[]) =>
    `[${places.map((more, index) => `{ address: "127.0.0.1:${443 + index}", ${more} }`).join(', ')}]`
  const without = (...places: readonly string[]) => hostsWithoutCertificate(gatewayOf(listen(...places)))
  t.same(without(other, other), ['wiki.example.com'])
  t.same(without(other, tls), [])
  t.same(without(tls, other), [])
  t.same(without(other, ''), [])
})

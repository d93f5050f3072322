// `admin`: where operators' tools ask, and by what token a back end makes keys.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { surroundings } from '../surroundings.ts'

const good = 'canary-operators-0123456789-abcdef'

function load(top: string, listen = '"0.0.0.0:8080"') {
  return loadGatewayFromText(
    `
${top}
listen: ${listen}
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: signed_in }
`,
    surroundings,
  )
}

function adminOf(top: string) {
  const loaded = load(top)
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  const { admin } = loaded.gateway
  return admin && { ...admin, tls: admin.tls.length, token: admin.token?.reveal() ?? null }
}

function faultsOf(top: string, listen?: string): readonly string[] {
  const loaded = load(top, listen)
  return loaded.ok ? [] : loaded.issues.map(printIssue)
}

const tls = 'tls: [{ certificate: one.crt, key: one.key }]'

t.test('an address alone, a mapping, or nowhere', async (t) => {
  const usual = { host: '127.0.0.1', port: 9090, tls: 0, token: null }
  t.same(adminOf(''), usual)
  t.same(adminOf('admin: "0.0.0.0:9091"'), { ...usual, host: '0.0.0.0', port: 9091 })
  t.equal(adminOf('admin: false'), null)
  t.same(adminOf('admin: {}'), usual)
  t.same(adminOf(`admin: { token: ${good} }`), { ...usual, token: good })
  t.same(adminOf('admin: { address: "10.0.0.1:9090" }'), { ...usual, host: '10.0.0.1' })
  t.same(adminOf(`admin: { address: "0.0.0.0:9443", ${tls}, token: ${good} }`), {
    ...{ host: '0.0.0.0', port: 9443, tls: 1, token: good },
  })
})

t.test('a token is for loopback, or for TLS', async (t) => {
  for (const host of ['127.0.0.1', '127.8.8.8', '[::1]', 'localhost'])
    t.same(faultsOf(`admin: { address: "${host}:9090", token: ${good} }`), [], host)
  for (const host of ['0.0.0.0', '[::]', '10.0.0.1', 'localhost.example.com', 'a.localhost', 'gate']) {
    const found = faultsOf(`admin: { address: "${host}:9090", token: ${good} }`)
    t.match(found, [/^claimgate\.yaml:2:\d+ admin\.token: would pass a network in the clear/], host)
    t.same(faultsOf(`admin: { address: "${host}:9090", token: ${good}, ${tls} }`), [], host)
  }
})

t.test('a token is strong, and serves nothing else', async (t) => {
  const found = (token: string, more = '') => faultsOf(`admin: { token: "${token}" }\n${more}`)
  t.match(found('canary'), [/admin\.token: must be at least 32 bytes long, it is 6: make one with/])
  t.match(found('a'.repeat(31)), [/must be at least 32 bytes long, it is 31/])
  t.same(found('0123456789abcdefghijklmnopqrstuv'), [], '32')
  t.match(found('a'.repeat(40)), [/admin\.token: is a pattern that can be guessed/])
  t.match(found('changeme-changeme-changeme-changeme'), [/admin\.token: is a placeholder/])
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the file has it so
  t.match(found('${env:SECRET}'), [/is equal to .*: each secret serves one purpose/])
  t.match(found(good, `session: { secret: "${good}" }`), [/is equal to .*: each secret serves one purpose/])
  for (const fault of [...found('canary'), ...found(good, `session: { secret: "${good}" }`)])
    t.notMatch(fault, /canary/)
})

t.test('what is wrong with it is told where it stands', async (t) => {
  t.match(faultsOf('admin: { adress: "127.0.0.1:9090" }'), [/admin\.adress: unknown key.*address/s])
  t.match(faultsOf('admin: { address: 9090 }'), [/admin\.address: expected/])
  t.match(faultsOf('admin: { tls: [] }'), [/admin\.tls: /])
  t.match(faultsOf('admin: { tls: [{ certificate: one.crt, key: other.key }] }'), [
    /admin\.tls\[0\]\.key: is not the key of the certificate/,
  ])
  t.match(faultsOf('admin: true'), [/admin: expected/])
  t.match(faultsOf('admin: 9090'), [/admin: expected/])
  t.match(faultsOf('admin: { address: "0.0.0.0:8080" }'), [/admin: is the same address and port as `listen`/])
  t.match(faultsOf('admin: "127.0.0.1:8080"'), [/admin: is the same address and port as `listen`/])
  t.same(faultsOf('admin: "127.0.0.1:0"', '"127.0.0.1:0"'), [])
})

// What is wrong with `client_certificates.authorities`, by certificates and lists of OpenSSL.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { createClientAuthority } from '../../support/client-authority.ts'
import { surroundings } from '../surroundings.ts'

const partners = createClientAuthority('Partners')
const staff = createClientAuthority('Staff')
const below = partners.intermediate('Below')

function load(authorities: string, files: Readonly<Record<string, string>>, listen = '') {
  const readFile: typeof surroundings.readFile = (path) => {
    const text = files[path.split('/').at(-1) ?? '']
    if (text === undefined) return surroundings.readFile(path)
    return { ok: true, bytes: Buffer.from(text), worldReadable: false }
  }
  const yaml = `
listen: { address: "127.0.0.1:8443", tls: [{ certificate: one.crt, key: one.key }]${listen} }
client_certificates: { authorities: { ${authorities} } }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: signed_in, credentials: [client_certificate] }
`
  const loaded = loadGatewayFromText(yaml, { ...surroundings, readFile, now: Math.floor(Date.now() / 1000) })
  const issues = loaded.ok ? loaded.warnings : loaded.issues
  return issues.map(printIssue).filter((line) => /authorities|listen/.test(line) && !/renew it/.test(line))
}

const one = 'partners: { ca_file: p.pem, crl_file: p.crl }'

t.test('an authority with its lists is taken as it is', async (t) => {
  t.same(load(one, { 'p.pem': partners.cert + below.cert, 'p.crl': partners.crl() + below.crl() }), [])
})

t.test('authorities that nobody could be of', async (t) => {
  t.match(load('partners: { ca_file: p.pem }', { 'p.pem': below.cert }), [
    /authorities\.partners\.ca_file: holds no certificate that signs itself/,
  ])
  t.match(
    load('a: { ca_file: p.pem }, b: { ca_file: q.pem }', {
      'p.pem': partners.cert,
      'q.pem': staff.cert + partners.cert,
    }),
    [/authorities\.b\.ca_file: holds a certificate of "a" too: whose chain ends there is of neither/],
  )
})

t.test('lists that say nothing', async (t) => {
  const pem = { 'p.pem': partners.cert }
  t.match(load(one, { ...pem, 'p.crl': partners.crl() + below.crl() }), [
    /crl_file: the second list is signed by no certificate of `ca_file`/,
  ])
  const partial = partners.crl(7, ['issuingDistributionPoint=critical,@point\n[point]\nonlyuser=TRUE'])
  t.match(load(one, { ...pem, 'p.crl': partial }), [/crl_file: the first list covers only a part/])
})

t.test(
  'one that has ended is a warning: the gateway starts, and nobody of that authority counts',
  async (t) => {
    const ended = createClientAuthority('Ended')
    t.match(load(one, { 'p.pem': ended.cert, 'p.crl': ended.crl(-1) }), [
      /crl_file: a list ended on \d{4}-\d\d-\d\d: certificates that it covers count as none/,
    ])
  },
)

t.test('a place that asks needs TLS, an authority, and no `client_ca`', async (t) => {
  const pem = { 'p.pem': partners.cert }
  const authorities = 'partners: { ca_file: p.pem }'
  t.same(load(authorities, pem, ', client_certificates: ask'), [])
  t.match(load(authorities, pem, ', client_certificates: demand'), [
    /listen\.client_certificates: expected ask/,
  ])
  t.match(load(authorities, pem, ', client_ca: ca.pem, client_certificates: ask'), [
    /listen\.client_certificates: cannot stand beside `client_ca`/,
  ])
  const without = loadGatewayFromText(
    `listen: [{ address: "127.0.0.1:80", client_certificates: ask }]\nproviders: {}\napps: {}\n`,
    surroundings,
  )
  const faults = without.ok ? [] : without.issues.map(printIssue)
  t.ok(faults.some((line) => /listen\[0\]\.client_certificates: needs `tls`/.test(line)))
  t.ok(
    faults.some((line) =>
      /listen\[0\]\.client_certificates: needs `client_certificates` at the top/.test(line),
    ),
  )
})

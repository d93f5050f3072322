// What `claimgate doctor` says of the certificates that the file names itself.
import t from 'tap'
import { coversHost } from '../../src/core/certificate.ts'
import { createAuthority } from '../support/tls.ts'
import { look } from './rig.ts'

const ours = createAuthority()
const soon = ours.issue({ names: ['DNS:wiki.example.com', 'DNS:*.apps.example.com'] })
const ended = ours.issue({ names: ['DNS:old.example.com'], expired: true })

t.test(
  'each certificate of the listener by the host that it is shown for, and hosts without one',
  async (t) => {
    const folder = t.testdir({
      'soon.crt': soon.cert,
      'soon.key': soon.key,
      'ended.crt': ended.cert,
      'ended.key': ended.key,
      'ca.pem': ours.certificate,
    })
    const app = (name: string, host: string) =>
      `  ${name}: { url: "https://${host}", upstream: "unix:/nonexistent/app.sock", require: signed_in }\n`
    const { lines } = await look(`
data: ${JSON.stringify(folder)}
listen:
  address: "127.0.0.1:8443"
  tls:
    - { certificate: "${folder}/soon.crt", key: "${folder}/soon.key" }
    - { certificate: "${folder}/ended.crt", key: "${folder}/ended.key" }
providers:
  main: { issuer: "https://127.0.0.1:9", client_id: gateway, client_secret: a-client-secret, ca_file: "${folder}/ca.pem" }
apps:
${app('wiki', 'wiki.example.com')}${app('old', 'old.example.com')}${app('a', 'a.apps.example.com')}${app('b', 'else.example.com')}`)
    t.match(lines('listen.tls[0].certificate', 'certificate'), [
      /^warning .* that wiki\.example\.com is served with ends on .*, in [12] days?\. Renew it before/,
      /^warning .* that a\.apps\.example\.com is served with ends on/,
      /^warning .* that else\.example\.com is served with/,
    ])
    t.match(lines('listen.tls[1].certificate', 'certificate'), [
      /^failed .* that old\.example\.com is served with ended on \d{4}-\d\d-\d\d\. Renew it/,
    ])
    t.match(lines('listen.tls', 'certificate'), [/^failed .* no certificate names else\.example\.com/])
    t.match(lines('providers.main.ca_file', 'certificate'), [/^warning .* "Test CA" ends on/])
  },
)

t.test('a wildcard stands for one whole label, the leftmost', async (t) => {
  const rows = [
    ['a.example.com', 'a.example.com', true],
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'a.b.example.com', false],
    ['*.example.com', 'example.com', false],
    ['*.example.com', '.example.com', false],
    ['a.example.com', 'b.example.com', false],
  ] as const
  for (const [name, host, covered] of rows) t.equal(coversHost(name, host), covered, `${name} ${host}`)
})

import t from 'tap'
import { readFromDisk } from '../../../src/config/files.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { type Probe, probe } from '../../../src/http/admission/probe.ts'

const loaded = loadGatewayFromText(
  `
trusted_proxies: none
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: "s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s" }
session: { store: memory }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9:5000
    shared_secret: the-secret-that-the-wiki-checks-on-each-request
    require: signed_in
    locations:
      - { path: /public, require: anyone }
      - { path: /admin, require: { groups: admins } }
      - { path: /office, require: { client_ip: 192.0.2.0/24 } }
`,
  { file: 'probe.yaml', folder: '/', env: {}, readFile: readFromDisk },
)
if (!loaded.ok) throw new Error(loaded.issues.map((issue) => issue.message).join('\n'))
const { gateway } = loaded

const ask = (path: string, more: Partial<Probe> = {}) =>
  probe(gateway, {
    method: 'GET',
    url: `https://wiki.example${path}`,
    person: null,
    clientAddress: null,
    ...more,
  })

const alice = { provider: 'op', claims: { sub: 'alice', groups: [] } }
const adam = { provider: 'op', claims: { sub: 'adam', groups: ['admins'] } }

t.test('a probe is judged by the gate, with a row a condition', async (t) => {
  t.match(ask('/admin/x', { person: alice }), {
    admission: { decision: { kind: 'deny', reason: 'rule-not-met' }, location: { label: '/admin' } },
    rows: [
      { where: 'signed_in', truth: true },
      { where: 'groups', truth: false },
    ],
    upstreamHeaders: null,
  })
  t.match(ask('/admin/x', { person: adam }).admission.decision, { kind: 'allow', reason: 'rule-met' })
  t.match(ask('/admin/x').admission.decision, { kind: 'challenge', how: 'redirect', reason: 'no-session' })
  t.match(ask('/public').admission.decision, { kind: 'allow', reason: 'open-to-anyone' })
  t.match(ask('/office').admission.decision, { kind: 'deny', reason: 'client-address' })
  t.match(ask('/office', { clientAddress: '192.0.2.7', person: alice }).admission.decision, { kind: 'allow' })
})

t.test('the path is judged as it is written, not as a URL library would repair it', async (t) => {
  t.match(ask('/public/../admin').admission.decision, { kind: 'reject', reason: 'target-dot-segment' })
  t.match(ask('/public\\x').admission.decision, { kind: 'reject', reason: 'target-character' })
  t.match(ask('?q=1', { person: alice }).admission.target, { path: '/', query: '?q=1' })
  t.equal(ask('', { person: alice }).admission.target?.path, '/')
})

t.test('the headers that the app would get are those of the proxy', async (t) => {
  const headers = ask('/x', { person: adam }).upstreamHeaders ?? []
  const at = headers.indexOf('X-Forwarded-User')
  t.equal(headers[at + 1], 'adam')
  t.ok(headers.includes('X-Gateway-Secret'))
  t.equal(ask('/x', { person: alice }).userIdFault, null)
  t.equal(ask('/x', { person: { provider: 'op', claims: {} } }).userIdFault, 'the claim is missing')
})

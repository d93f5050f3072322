import t from 'tap'
import { readFromDisk } from '../../../src/config/files.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { type Probe, probe } from '../../../src/http/admission/probe.ts'
import { orThrown } from '../../support/thrown.ts'

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
    identity_headers: { X-Forwarded-User: user, X-Name: name }
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
  t.match(
    orThrown(() => ask('/public')),
    { admission: { decision: { kind: 'allow' } } },
  )
  t.match(
    orThrown(() => ask('/admin/x', { person: alice })),
    {
      admission: { decision: { kind: 'deny', reason: 'rule-not-met' }, location: { label: '/admin' } },
      rows: [
        { where: 'signed_in', truth: true },
        { where: 'groups', truth: false },
      ],
      upstreamHeaders: null,
    },
  )
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

t.test(
  'a person has a session at the origin, as if begun for another page, and its cookie goes to no app',
  async (t) => {
    const { admission, upstreamHeaders } = ask('/x', { person: alice })
    t.match(admission, {
      requestId: 'probe',
      method: 'GET',
      wantsPage: true,
      clientAddress: null,
      resealed: null,
      principal: { user: 'alice', provider: 'op', claims: { groups: [] } },
      session: {
        key: '',
        origin: 'https://wiki.example',
        issuer: 'https://op.example',
        clientId: 'c',
        user: 'alice',
        claims: { sub: 'alice', groups: [] },
        idToken: '',
        signIn: { stateHash: '', returnTo: '' },
      },
    })
    t.equal(
      upstreamHeaders?.some((text) => /^cookie$/i.test(text) || text.includes('probe')),
      false,
    )
    t.match(ask('/x'), { admission: { session: null }, rows: [{ where: 'signed_in', truth: 'unknown' }] })
  },
)

t.test('a person of a provider that is not configured is nobody', async (t) => {
  const stranger = { provider: 'gone', claims: { sub: 'mallory' } }
  t.match(
    orThrown(() => ask('/x', { person: stranger })),
    {
      admission: { decision: { kind: 'challenge', reason: 'no-session' }, session: null },
      rows: [{ where: 'signed_in', truth: 'unknown' }],
      upstreamHeaders: null,
      userIdFault: null,
    },
  )
  t.equal(ask('/x').userIdFault, null, 'nor has nobody a user id that could be wrong')
  t.match(
    ask('/x', { person: { provider: 'op', claims: {} } }).admission,
    { principal: { user: '' } },
    'one without a user id is judged by the claims alone',
  )
})

t.test('the headers of a probe are those that it names, else a navigation’s', async (t) => {
  t.match(ask('/x').admission.decision, { how: 'redirect' })
  const named = ask('/public', { headers: { accept: '*/*', 'x-own': 'mine' } })
  t.equal(named.admission.wantsPage, false)
  t.equal(named.upstreamHeaders?.[named.upstreamHeaders.indexOf('x-own') + 1], 'mine')
  const cookie = ask('/public', { headers: { cookie: 'theirs=1' } }).upstreamHeaders
  t.ok(cookie?.includes('theirs=1'), 'a cookie of the app’s own goes on to it')
  t.match(ask('/x', { headers: {} }).admission.decision, { how: 'unauthorized' })
  t.match(ask('/x', { method: 'POST' }).admission, { method: 'POST', decision: { how: 'unauthorized' } })
})

t.test('an address is judged by its own host, and the rows by the address of the client', async (t) => {
  const elsewhere = probe(gateway, {
    method: 'GET',
    url: 'https://nowhere.example/x',
    person: alice,
    clientAddress: null,
  })
  t.match(elsewhere.admission.decision, { kind: 'reject', reason: 'host-unknown' })
  t.same(elsewhere.rows, [], 'no rule was asked')
  t.match(ask('#a').admission, { decision: { kind: 'reject', reason: 'target-character' } })
  t.match(ask('/?a#b').admission, { decision: { kind: 'reject', reason: 'target-character' } })
  t.throws(
    () => probe(gateway, { method: 'GET', url: 'no url', person: null, clientAddress: null }),
    TypeError,
  )
  t.match(ask('/office', { clientAddress: '192.0.2.7' }), {
    admission: { clientAddress: '192.0.2.7' },
    rows: [{ where: 'app: signed_in' }, { where: 'client_ip', truth: true, actual: /192\.0\.2\.7/ }],
  })
  t.match(ask('/office'), {
    rows: [{ where: 'app: signed_in' }, { where: 'client_ip', truth: false }],
    upstreamHeaders: null,
  })
})

t.test('rows are there where a rule judged, and headers where somebody is let in', async (t) => {
  t.same(ask('/public').rows, [])
  t.same(ask('/.auth/login').rows, [])
  t.equal(ask('/.auth/login').upstreamHeaders, null, 'an address of ours reaches no app')
  t.ok((ask('/public').upstreamHeaders ?? []).length > 0)
  t.equal(ask('/admin', { person: alice }).upstreamHeaders, null)
  const unsendable = { provider: 'op', claims: { sub: 'alice', name: {} } }
  t.equal(ask('/x', { person: unsendable }).upstreamHeaders, null, 'nor where who it is cannot be sent')
})

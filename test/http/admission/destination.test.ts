import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { readFromDisk } from '../../../src/config/files.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { StoreFault } from '../../../src/core/fault.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import { admit } from '../../../src/http/admission/gate.ts'
import type { RequestFacts } from '../../../src/http/admission/request-facts.ts'
import type { AdmissionContext } from '../../../src/http/admission/session-lookup.ts'
import type { SessionLookup } from '../../../src/runtime/sessions.ts'
import { sessionOfAlice } from '../../support/issued.ts'
import { orRejected } from '../../support/thrown.ts'

const text = `
trusted_proxies: none
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s-s }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  files:
    url: https://files.example
    upstream: http://10.9.9.9:5000
    shared_secret: the-secret-that-the-files-check-on-each-request
    allow_encoded: [slash]
    require: signed_in
    locations:
      - { path: /staff, methods: [COPY, MOVE, GET, PUT, OPTIONS], require: signed_in, cors_preflight: pass }
      - { path: /admin, methods: [COPY, MOVE, GET, PUT, OPTIONS], require: { groups: admins }, cors_preflight: pass }
      - { path: /read, methods: [GET], require: signed_in }
      - { path: /shut, methods: [COPY, MOVE], require: nobody }
      - { path: /open, methods: [COPY, MOVE, GET], require: anyone }
      - { path: /office, methods: [COPY, MOVE], require: { client_ip: 192.0.2.0/24 } }
      - { path: /staff/small, methods: [COPY, MOVE], require: signed_in, max_body: 1KiB }
  notes:
    url: https://files.example/notes
    upstream: { url: "http://10.9.9.9:5001", strip_prefix: true }
    allow_encoded: [empty_segment, question_mark]
    shared_secret: the-secret-that-the-notes-check-on-each-request
    require: signed_in
    locations:
      - { path: /notes/a, methods: [COPY, MOVE], require: signed_in }
      - { path: /notes/a/b, methods: [COPY, MOVE], require: { groups: admins } }
  other:
    url: https://other.example
    upstream: http://10.9.9.9:5002
    shared_secret: the-secret-that-the-other-checks-on-each-request
    require: signed_in
`

const loaded = loadGatewayFromText(text, { file: 'f.yaml', folder: '/', env: {}, readFile: readFromDisk })
if (!loaded.ok) throw new Error(loaded.issues.map(({ message }) => message).join('\n'))
const { gateway } = loaded

const live = (user: string, groups: readonly string[]): SessionLookup => ({
  kind: 'live',
  session: {
    key: 'k'.repeat(64),
    origin: 'https://files.example',
    issuer: 'https://op.example',
    clientId: 'c',
    user,
    claims: {},
    idToken: '',
    ...sessionOfAlice,
    signedInAt: 0,
    lastSeenAt: 0,
    signIn: { stateHash: '', returnTo: '' },
  },
  principal: { user, provider: 'op', claims: { groups } },
  resealed: null,
})

const callers: Readonly<Record<string, SessionLookup>> = {
  alice: live('alice', []),
  adam: live('adam', ['admins']),
}
const nobody: SessionLookup = { kind: 'none', why: 'no-session' }
const look = (cookie: string): SessionLookup => callers[cookie] ?? nobody

interface Ask {
  readonly method?: string
  readonly as?: string
  readonly peer?: string
  readonly headers?: IncomingHttpHeaders
}

function facts(
  path: string,
  destination: string,
  { method = 'COPY', as, peer, headers }: Ask = {},
): RequestFacts {
  const cookie = as === undefined ? {} : { cookie: `__Host-claimgate=${as}` }
  const all: IncomingHttpHeaders = { host: 'files.example', destination, ...cookie, ...headers }
  const rawHeaders = Object.entries(all).flatMap(([name, value]) => [name, String(value)])
  return {
    method,
    url: path,
    httpVersion: '1.1',
    headers: all,
    rawHeaders,
    socket: { remoteAddress: peer ?? '198.51.100.7' },
  }
}

const clock = { now: () => 1_800_000_000 }

async function decisionOn(path: string, destination: string, ask: Ask = {}, use = look) {
  const context: AdmissionContext = { gateway, sessions: { use, lookUp: use }, clock }
  const admission = await orRejected(async () => admit(context, facts(path, destination, ask), 'id', 0))
  if (admission instanceof Error) return admission.message
  const { decision, destination: sent } = admission as Admission
  const { kind, reason } = decision
  t.equal(sent === null, decision.kind !== 'allow', 'only what is let in has somewhere to go')
  return kind === 'reject' ? `${decision.status} ${reason}` : `${kind} ${reason}`
}

const verdicts: readonly (readonly [path: string, destination: string, ask: Ask, verdict: string])[] = [
  // Both are allowed, to the same person.
  ['/staff/a', '/staff/b', { as: 'alice' }, 'allow rule-met'],
  ['/staff/a', 'https://files.example/staff/b', { as: 'alice', method: 'MOVE' }, 'allow rule-met'],
  ['/staff/a', '/admin/b', { as: 'adam' }, 'allow rule-met'],
  ['/open/a', '/open/b', {}, 'allow open-to-anyone'],
  ['/open/a', '/admin/b', { as: 'adam' }, 'allow open-to-anyone'],
  ['/open/a', '/office/b', { as: 'alice', peer: '192.0.2.7' }, 'allow open-to-anyone'],
  // The source is judged first, as any request.
  ['/staff/a', '/staff/b', {}, 'challenge no-session'],
  ['/admin/a', '/staff/b', { as: 'alice' }, 'deny rule-not-met'],
  ['/admin/a', '/admin/b', { as: 'alice' }, 'deny rule-not-met'],
  ['/read/a', '/staff/b', { as: 'alice' }, '405 method-not-allowed'],
  // The destination: the same person, the same method, the same address.
  ['/staff/a', '/admin/b', { as: 'alice' }, 'deny destination-not-allowed'],
  [
    '/staff/a',
    'https://files.example/admin/b',
    { as: 'alice', method: 'MOVE' },
    'deny destination-not-allowed',
  ],
  ['/staff/a', '/admin', { as: 'alice' }, 'deny destination-not-allowed'],
  ['/staff/a', '/admin/', { as: 'alice' }, 'deny destination-not-allowed'],
  ['/staff/a', '/%61dmin/b', { as: 'alice' }, 'deny destination-not-allowed'],
  ['/staff/a', '/shut/b', { as: 'adam' }, 'deny destination-not-allowed'],
  ['/staff/a', '/read/b', { as: 'adam' }, 'deny destination-not-allowed'],
  ['/staff/a', '/elsewhere', { as: 'adam' }, 'deny destination-not-allowed'],
  ['/open/a', '/admin/b', { as: 'alice' }, 'deny destination-not-allowed'],
  ['/open/a', '/staff/b', {}, 'deny destination-not-allowed'],
  ['/open/a', '/office/b', { as: 'alice' }, 'deny destination-not-allowed'],
  // Every reading of its path counts.
  ['/staff/a', '/staff%2Fb', { as: 'adam' }, 'deny destination-not-allowed'],
  ['/staff/a', '/admin%2Fb', { as: 'alice' }, 'deny destination-not-allowed'],
  ['/staff/a', '/staff//b', { as: 'adam' }, '400 destination-invalid'],
  ['/staff/a', '/staff/b;x', { as: 'adam' }, '400 destination-invalid'],
  ['/notes/a', '/notes/a//c', { as: 'alice' }, 'allow rule-met'],
  ['/notes/a', '/notes/a//b', { as: 'alice' }, 'deny destination-not-allowed'],
  ['/notes/a', '/notes/a/b%3Fc', { as: 'alice' }, 'deny destination-not-allowed'],
  // Without the prefix it would name a host.
  ['/notes/a', '/notes//other.example/a', { as: 'adam' }, '400 destination-invalid'],
  ['/notes/a', 'https://files.example/notes//other.example/a', { as: 'adam' }, '400 destination-invalid'],
  // At one app: another one of the origin is none of this one's business.
  ['/staff/a', '/notes/a/b', { as: 'adam' }, 'deny destination-not-allowed'],
  ['/notes/a', '/staff/b', { as: 'adam' }, 'deny destination-not-allowed'],
  // No address of that app.
  ['/staff/a', 'https://other.example/b', { as: 'adam' }, '400 destination-invalid'],
  ['/staff/a', 'http://files.example/staff/b', { as: 'adam' }, '400 destination-invalid'],
  ['/staff/a', '//other.example/b', { as: 'adam' }, '400 destination-invalid'],
  ['/staff/a', '/staff/../admin/b', { as: 'adam' }, '400 destination-invalid'],
  ['/staff/a', '/staff/a%3Bb', { as: 'adam' }, '400 destination-invalid'],
  ['/staff/a', '', { as: 'adam' }, '400 destination-invalid'],
  ['/staff/a', '/.auth/login', { as: 'adam' }, '400 destination-invalid'],
  ['/staff/a', '/.auth/x', { as: 'adam' }, '400 destination-invalid'],
  ['/staff/a', '/.auth%2Fx', { as: 'adam' }, '400 destination-invalid'],
  ['/staff/a', '/%2eauth/callback', { as: 'adam' }, '400 destination-invalid'],
  // Whatever the method: some servers take it for others too.
  ['/staff/a', '/admin/b', { as: 'alice', method: 'PUT' }, 'deny destination-not-allowed'],
  ['/open/a', '/admin/b', { method: 'GET' }, 'deny destination-not-allowed'],
  ['/open/a', 'prod', { method: 'GET' }, '400 destination-invalid'],
  // A preflight of the destination opens nothing to the request.
  [
    '/staff/a',
    '/admin/b',
    {
      as: 'alice',
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'PUT' },
    },
    'deny destination-not-allowed',
  ],
  // What else its location says is for requests to it.
  ['/staff/a', '/staff/small/b', { as: 'alice', headers: { 'content-length': '5000' } }, 'allow rule-met'],
]

for (const [path, destination, ask, verdict] of verdicts) {
  const { method = 'COPY', as = 'nobody' } = ask
  t.test(`${method} ${path} to ${JSON.stringify(destination)} as ${as}: ${verdict}`, async (t) => {
    t.equal(await decisionOn(path, destination, ask), verdict)
  })
}

t.test('a store that does not answer lets nobody copy', async (t) => {
  const broken = () => {
    throw new StoreFault('STORE_UNAVAILABLE', 'the disk is gone')
  }
  t.equal(await decisionOn('/open/a', '/staff/b', { as: 'alice' }, broken), 'deny undecided')
  t.equal(
    await decisionOn('/open/a', '/open/b', { as: 'alice' }, broken),
    'allow open-to-anyone',
    'where nobody is asked',
  )
})

t.test('a store is not asked twice', async (t) => {
  let asked = 0
  const count = (cookie: string) => {
    asked += 1
    return look(cookie)
  }
  await decisionOn('/staff/a', '/admin/b', { as: 'alice' }, count)
  t.equal(asked, 1)
})

t.test('the log learns where it would have gone, and which condition failed there', async (t) => {
  const context: AdmissionContext = { gateway, sessions: { use: look, lookUp: look }, clock }
  const admission = await admit(context, facts('/staff/a', '/admin/b', { as: 'alice' }), 'id', 0)
  t.match(admission, { location: { label: /^\/staff/ }, principal: { user: 'alice' } })
  t.match(admission.detail, /^Destination at \/admin .*: groups/)
  const other = await admit(context, facts('/staff/a', '/notes/a', { as: 'alice' }), 'id', 0)
  t.equal(other.detail, 'Destination at another app: notes')
  const shut = await admit(context, facts('/staff/a', '/shut', { as: 'alice' }), 'id', 0)
  t.match(shut.detail, /^Destination at \/shut .*: nobody-allowed$/)
})

t.test(
  'a path that nobody has is told as that, and whoever is refused there is refused as who they are',
  async (t) => {
    const context: AdmissionContext = { gateway, sessions: { use: look, lookUp: look }, clock }
    const ask = (path: string, to: string, as?: string) =>
      orRejected(async () => admit(context, facts(path, to, as === undefined ? {} : { as }), 'id', 0))
    t.match(await ask('/staff/a', '/staff//b', 'alice'), { detail: 'Destination: target-empty-segment' })
    t.match(await ask('/staff/a', '/admin/b', 'alice'), { decision: { principal: { user: 'alice' } } })
    t.match(await ask('/open/a', '/staff/b'), {
      decision: { reason: 'destination-not-allowed', principal: null },
    })
  },
)

t.test('rehearsed rules judge it too', async (t) => {
  const rehearsing = text.replace(
    '- { path: /open,',
    '- { path: /staff/b, methods: [COPY], require: nobody, enforce: false }\n      - { path: /open,',
  )
  const read = loadGatewayFromText(rehearsing, {
    file: 'f.yaml',
    folder: '/',
    env: {},
    readFile: readFromDisk,
  })
  if (!read.ok) throw new Error(read.issues.map(({ message }) => message).join('\n'))
  const context: AdmissionContext = {
    gateway: read.gateway,
    sessions: { use: look, lookUp: look },
    clock,
  }
  const admission = await admit(context, facts('/staff/a', '/staff/b', { as: 'alice' }), 'id', 0)
  t.match(admission.decision, { kind: 'allow' })
  t.match(admission.shadow?.decision, { kind: 'deny', reason: 'destination-not-allowed' })
})

// What is sent for an admission, and what of an answer goes on, without a socket.
import type { IncomingMessage } from 'node:http'
import fastifyCookie from '@fastify/cookie'
import Fastify from 'fastify'
import t from 'tap'
import { type Admission, carryAdmission } from '../../../src/http/admission/admission.ts'
import { readOutbound } from '../../../src/http/proxy/outbound.ts'
import { attachContext } from '../../../src/http/server/context.ts'
import { openTestContext } from '../../support/request-context.ts'
import { orThrown } from '../../support/thrown.ts'

const around = openTestContext(
  t,
  `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9/base
    shared_secret: the-secret-that-the-wiki-checks-on-each-request
    max_body: 5KiB
    require: signed_in
    locations:
      - { path: /open, require: anyone, cache: upstream, cors_preflight: pass }
      - { path: /own, require: signed_in }
      - { path: /shared, require: signed_in, cache: upstream }
`,
)
// It writes cookies only when it has been registered.
await Fastify().register(fastifyCookie)
const open = await around.admission('https://wiki.example/open/x?q', {
  method: 'PUT',
  headers: { accept: '*/*' },
})

function read(admission: Admission, told: unknown[] = []) {
  const raw = { headers: {}, rawHeaders: ['Host', 'wiki.example'] } as unknown as IncomingMessage
  attachContext(raw, around.context)
  carryAdmission(raw, admission)
  return orThrown(() => readOutbound(raw, (of) => told.push(of.requestId))) as ReturnType<typeof readOutbound>
}

const headOf = (admission: Admission, told: unknown[] = []) => {
  const reading = read(admission, told)
  if (!reading.ok) throw new Error(reading.decision.reason)
  const answered = {
    statusCode: 200,
    reasonPhrase: null,
    headers: [
      'X-Echo',
      'the-secret-that-the-wiki-checks-on-each-request',
      'Cache-Control',
      'public, max-age=9',
    ],
  }
  return reading.outbound.toClient(answered).headers
}

t.test('what was not let in, or led to no app, is a mistake of ours and goes nowhere', async (t) => {
  const mistake = { message: 'a request that was not let in reached the proxy' }
  t.match(read(open), { ok: true })
  for (const changed of [
    { app: null },
    { location: null },
    { target: null },
    { decision: { kind: 'deny', reason: 'rule-not-met', principal: null } },
  ] as const) {
    t.match(read({ ...open, ...changed }), mistake, Object.keys(changed).join())
  }
})

t.test('it has the method, the path below the base, and how long a body may be', async (t) => {
  t.match(read(open), {
    outbound: { request: { method: 'PUT', path: '/base/open/x?q' }, maxBodyBytes: 5 * 1024 },
  })
  const decision = { kind: 'allow', reason: 'preflight', principal: null } as const
  t.match(read({ ...open, decision }), { outbound: { maxBodyBytes: 0 } }, 'a preflight has none')
})

t.test('an answer may be shared where nobody is asked, and only there', async (t) => {
  const cache = (admission: Admission) => {
    const headers = headOf(admission)
    return headers[headers.indexOf('Cache-Control') + 1]
  }
  const [own, shared] = await Promise.all(
    ['own', 'shared'].map(async (path) => (await around.admission(`https://wiki.example/${path}`)).location),
  )
  if (!own || !shared) throw new Error('no location')
  t.equal(cache(open), 'public, max-age=9')
  t.equal(cache({ ...open, others: [shared] }), 'public, max-age=9', 'where the file says so')
  t.match(cache({ ...open, others: [own, shared] }), /private/, 'of several readings all have to say so')
  t.match(cache({ ...open, others: [shared], resealed: 'sealed' }), /private/, 'with a cookie of ours')
})

t.test('the secret that comes back is taken off and told, with the request', async (t) => {
  const told: unknown[] = []
  t.notMatch(String(headOf(open, told)), /the-secret/)
  t.same(told, ['request-7'])
})

t.test('a session cookie that was sealed anew goes along', async (t) => {
  const name = around.originAt('wiki.example').cookies.session
  const headers = headOf({ ...open, resealed: 'sealed' })
  t.match(headers.slice(-2), ['Set-Cookie', new RegExp(`^${name}=sealed; .*HttpOnly; Secure`)])
  t.notMatch(String(headOf(open)), /Set-Cookie/)
  t.notMatch(String(headOf({ ...open, resealed: 'sealed', origin: null })), /Set-Cookie/)
})

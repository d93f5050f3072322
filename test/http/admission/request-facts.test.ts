import t from 'tap'
import type { Location } from '../../../src/core/gateway.ts'
import {
  linesOf,
  type RequestFacts,
  unacceptableBody,
  unreadable,
} from '../../../src/http/admission/request-facts.ts'
import { loadGateway } from '../../support/request-context.ts'

const facts = (changed: Partial<RequestFacts>): RequestFacts => ({
  method: 'GET',
  url: '/',
  httpVersion: '1.1',
  headers: {},
  rawHeaders: [],
  socket: {},
  ...changed,
})

t.test('what no app should have to read is refused, each for a reason of its own', async (t) => {
  t.equal(unreadable(facts({})), null)
  t.equal(unreadable(facts({ httpVersion: '1.0' })), null)
  t.same(unreadable(facts({ httpVersion: '0.9' })), { status: 505, reason: 'http-version' })
  const chunked = { 'transfer-encoding': 'chunked' }
  t.same(unreadable(facts({ httpVersion: '1.0', headers: chunked })), {
    status: 400,
    reason: 'http-version',
  })
  t.equal(unreadable(facts({ headers: chunked })), null)
  const lines = (count: number) => Array.from({ length: 2 * count }, () => 'x')
  t.equal(unreadable(facts({ rawHeaders: lines(100) })), null)
  t.same(unreadable(facts({ rawHeaders: lines(101) })), { status: 431, reason: 'too-many-headers' })
  t.equal(unreadable(facts({ headers: { expect: '100-CONTINUE' } })), null)
  t.same(unreadable(facts({ headers: { expect: '100' } })), { status: 417, reason: 'expectation-unknown' })
})

t.test(
  'a body that is announced beyond max_body is refused; what is not announced is counted later',
  async (t) => {
    const at = (maxBody: string): Location => {
      const gateway = loadGateway(`
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
apps: { wiki: { url: https://wiki.example, upstream: http://10.9.9.9, require: signed_in, max_body: ${maxBody} } }
`)
      const [app] = gateway.apps
      if (app === undefined) throw new Error('the file has an app')
      return app.fallback
    }
    const small = at('1KiB')
    t.equal(unacceptableBody({}, small), null)
    t.equal(unacceptableBody({ 'content-length': '1024' }, small), null)
    t.same(unacceptableBody({ 'content-length': '1025' }, small), { status: 413, reason: 'body-too-large' })
    t.equal(
      unacceptableBody(
        { 'content-length': '99999999999' },
        { ...small, forwarding: { ...small.forwarding, maxBodyBytes: null } },
      ),
      null,
    )
  },
)

t.test('the lines of a forwarding header are as many as Node tells', async (t) => {
  const lines = (value: string | string[] | undefined) =>
    linesOf(facts({ headers: value === undefined ? {} : { 'x-forwarded-for': value } }), 'x-forwarded-for')
  t.same(lines(undefined), [])
  t.same(lines('192.0.2.1, 192.0.2.2'), ['192.0.2.1, 192.0.2.2'])
  t.same(lines(['192.0.2.1', '192.0.2.2']), ['192.0.2.1', '192.0.2.2'])
  t.same(linesOf(facts({ headers: { 'x-forwarded-for': '192.0.2.1' } }), 'x-forwarded-proto'), [])
})

// What `explain` and `what` say that an app is told of somebody beside headers: by the event of a function, by an assertion.
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { explain } from '../../../src/rehearsal/explain/explanation.ts'
import { explanationText } from '../../../src/rehearsal/explain/text.ts'
import { reachOf } from '../../../src/rehearsal/what/reach.ts'
import { reachText } from '../../../src/rehearsal/what/text.ts'
import { gatewayOf } from '../../support/model.ts'

const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:wiki'
const gateway = gatewayOf(`
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s, user_id_prefix: "a:" }
apps:
  one:
    url: https://one.example.com
    upstream: { lambda: { function: "${arn}" } }
    identity_headers: { X-User: user, X-Mail: email, X-Groups: { claim: groups, only: [b] }, X-Level: level }
    require: maybe_signed_in
    locations:
      - { path: /open, require: anyone }
      - { path: /few, require: signed_in, identity_headers: { X-Mail: email } }
      - { path: /closed, require: { groups: nobody-has-this } }
  two:
    url: https://two.example.com
    upstream: { lambda: { function: "${arn}", payload: "2.0" } }
    identity_headers: { X-Groups: groups }
    require: signed_in
  verified:
    url: https://verified.example.com
    upstream: https://10.0.0.5
    identity_assertion: { claims: [email, groups, level, absent] }
    require: maybe_signed_in
  plain: { url: "https://plain.example.com", upstream: "https://10.0.0.6", require: signed_in }
`)

const claims = {
  ...{ sub: 'alice', email: 'al,ice@example.com', email_verified: true },
  ...{ groups: ['a', 'b', 'ü c'], level: 7 },
}
const alice = { provider: 'acme', claims }
const asked = (url: string, person: typeof alice | null) =>
  explain(gateway, { method: 'GET', url, clientAddress: null, person })

t.test('a function: the very member of its event, in each format', async (t) => {
  t.same(asked('https://one.example.com/', alice).authorizer, {
    payload: '1.0',
    value: {
      principalId: 'a:alice',
      claims: { email: 'al%2Cice@example.com', groups: 'b', level: '7' },
    },
  })
  t.same(asked('https://two.example.com/', alice).authorizer, {
    payload: '2.0',
    value: { principalId: 'a:alice', jwt: { claims: { groups: 'a,b,ü c' }, scopes: null } },
  })
  t.same(asked('https://one.example.com/few', alice).authorizer?.value, {
    principalId: 'a:alice',
    claims: { email: 'al%2Cice@example.com' },
  })
})

t.test('nobody: that there is none', async (t) => {
  for (const [url, person] of [
    ['https://one.example.com/', null],
    ['https://one.example.com/open', null],
    ['https://one.example.com/open', alice],
  ] as const) {
    const told = asked(url, person)
    t.same(told.authorizer, { payload: '1.0', value: null }, url)
    t.match(
      explanationText(told),
      /requestContext\.authorizer .*\(payload 1\.0\): none, as nobody is known here\n/,
    )
  }
  const told = asked('https://verified.example.com/', null)
  t.same(told.assertion, { header: 'X-Claimgate-Assertion', claims: null })
  t.match(explanationText(told), /Claims of the assertion in X-Claimgate-Assertion: none, as nobody is known/)
})

t.test('an assertion: its claims without the times', async (t) => {
  t.same(asked('https://verified.example.com/', alice).assertion, {
    header: 'X-Claimgate-Assertion',
    claims: {
      ...{ email: 'al,ice@example.com', groups: ['a', 'b', 'ü c'], level: 7 },
      iss: 'https://verified.example.com/.auth/assertion',
      aud: 'https://verified.example.com',
      ...{ sub: 'a:alice', provider: 'acme', credential: 'session' },
    },
  })
})

t.test('an app that gets nothing, or is told by headers alone', async (t) => {
  const none = { authorizer: null, assertion: null }
  t.match(asked('https://one.example.com/closed', alice), none, 'refused')
  t.match(asked('https://two.example.com/', null), none, 'sent to sign in')
  t.match(asked('https://plain.example.com/', alice), none)
  t.match(asked('https://nowhere.example.com/', alice), none)
  t.notMatch(explanationText(asked('https://plain.example.com/', alice)), /authorizer|assertion/)
  const groups = Array.from({ length: 2000 }, (_, i) => `group-${i}`)
  t.ok(JSON.stringify(groups).length > limits.identityHeaderBytes)
  const large = { provider: 'acme', claims: { ...claims, groups } }
  t.match(asked('https://verified.example.com/', large), { ...none, reason: 'identity-unsendable' })
})

t.test('for people: each claim on a line, and nothing that turns a terminal round', async (t) => {
  const odd = { provider: 'acme', claims: { ...claims, email: 'x\u202e@example.com' } }
  const text = explanationText(asked('https://two.example.com/', alice))
  t.match(
    text,
    /requestContext\.authorizer of the function’s event \(payload 2\.0\)\n {2}principalId +a:alice\n {2}jwt\.claims\.groups +a,b,ü c\n {2}jwt\.scopes +null\n/,
  )
  t.match(explanationText(asked('https://verified.example.com/', alice)), /\n {2}groups +\["a","b","ü c"\]\n/)
  t.notMatch(explanationText(asked('https://verified.example.com/', odd)), /\u202e/)
})

t.test('`what`: at each place that lets in, and once for people where it is the same', async (t) => {
  const { apps } = reachOf(gateway, alice, { clientAddress: null, certificate: null, now: 1_800_000_000 })
  const of = (name: string) => apps.find(({ app }) => app === name)?.locations ?? []
  const told = Object.fromEntries(of('one').map(({ location, authorizer }) => [location, authorizer]))
  t.match(told['*'], { value: { principalId: 'a:alice', claims: { groups: 'b' } } })
  t.same(told['/open'], { payload: '1.0', value: null })
  t.equal(told['/closed'], null)
  t.match(of('verified')[0]?.assertion, { claims: { sub: 'a:alice' } })
  t.match(of('plain')[0], { authorizer: null, assertion: null })
  const asked = { provider: 'acme', credential: 'session', client_ip: null, user_id_fault: null } as const
  const text = reachText(gateway, asked, apps, alice)
  t.match(
    text,
    /requestContext\.authorizer of the function’s event \(payload 1\.0\), at \/few\n {4}principalId +a:alice\n {4}claims\.email/,
  )
  t.match(text, /\(payload 1\.0\), at\s+\/open: none, as\s+nobody\s+is\s+known\s+here\n/)
  t.match(text, /Claims of the assertion in X-Claimgate-Assertion\n {4}email/)
})

import t, { type Test } from 'tap'
import type { Json } from '../../../src/core/json.ts'
import { admitAgain } from '../../../src/http/admission/again.ts'
import { callback } from '../../../src/http/sign-in/callback.ts'
import { login } from '../../../src/http/sign-in/login.ts'
import { issuedToAlice } from '../../support/issued.ts'
import { factsOf, openTestContext } from '../../support/request-context.ts'

const site = 'https://wiki.example'

async function open(t: Test, store = 'memory') {
  const around = openTestContext(
    t,
    `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: ${store}, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: ${site}
    upstream: http://10.9.9.9
    require: signed_in
    allow_encoded: [slash]
    locations:
      - { path: /pay, require: signed_in, step_up: { acr_values: [phr], max_age: 5m, lasts: 30m, scopes: [payments] } }
      - { path: /same, require: signed_in, step_up: { acr_values: [phr] } }
      - { path: /same/part, require: { groups: staff }, step_up: { acr_values: [phr] } }
      - { path: /other, require: signed_in, step_up: { acr_values: [phr] } }
      - { path: /other/part, require: signed_in, step_up: { acr_values: [phr], max_age: 5m } }
      - { path: /half, require: anyone }
      - { path: /half/part, require: signed_in, step_up: { acr_values: [phr] } }
      - { path: /trial, require: signed_in }
      - { path: /trial, require: signed_in, step_up: { acr_values: [phr] }, enforce: false }
`,
  )
  const cookiesOf = ({
    cookies = [],
  }: {
    readonly cookies?: readonly { readonly name: string; readonly value: string }[]
  }) => cookies.flatMap(({ name, value }) => (value === '' ? [] : [`${name}=${value}`])).join('; ')
  const signedIn = async (claims: Readonly<Record<string, Json>>, scopes: readonly string[] = []) => {
    const identity = {
      ...issuedToAlice,
      user: 'alice',
      claims: { sub: 'alice', ...claims },
      idToken: 'x',
      scopes,
    }
    around.provider('op').identity = identity
    const begun = await login(around.context, await around.admission(`${site}/.auth/login`), {})
    const state = new URL(begun.headers.location ?? 'none:').searchParams.get('state') ?? ''
    const query = `code=x&state=${state}`
    const headers = { cookie: cookiesOf(begun) }
    const coming = await around.admission(`${site}/.auth/callback?${query}`, { headers })
    return cookiesOf(await callback(around.context, coming, headers, new URLSearchParams(query)))
  }
  const verdict = async (path: string, cookie: string) => {
    const { decision } = await around.admission(site + path, { headers: { cookie } })
    return decision.reason
  }
  return { ...around, signedIn, verdict }
}

t.test('of a path with several readings all want the same step-up, or it is 400', async (t) => {
  const { signedIn, verdict, clock } = await open(t)
  const weak = await signedIn({ groups: 'staff' })
  t.equal(await verdict('/same/part%2Fx', weak), 'step-up-needed')
  t.equal(await verdict('/other/part%2Fx', weak), 'target-ambiguous')
  t.equal(await verdict('/half/part%2Fx', weak), 'target-ambiguous', 'also where one of them is open')
  const strong = await signedIn({ groups: 'staff', acr: 'phr', auth_time: clock.now() })
  t.equal(await verdict('/same/part%2Fx', strong), 'rule-met')
  t.equal(await verdict('/same/part%2Fx', await signedIn({ acr: 'phr' })), 'rule-not-met', 'each rule counts')
  t.equal(await verdict('/other/part%2Fx', strong), 'target-ambiguous')
})

t.test('a step-up that is rehearsed is asked of nobody, and told', async (t) => {
  const { signedIn, admission } = await open(t)
  const headers = { cookie: await signedIn({}) }
  const judged = await admission(`${site}/trial`, { headers })
  t.match(judged, {
    decision: { kind: 'allow', reason: 'rule-met' },
    shadow: { decision: { kind: 'challenge', reason: 'step-up-needed' }, detail: /step_up: acr was missing/ },
  })
})

t.test('the log says what of a step-up was missing', async (t) => {
  const { signedIn, admission } = await open(t)
  const headers = { cookie: await signedIn({ acr: 'pwd' }, ['openid']) }
  const { detail, decision } = await admission(`${site}/pay`, { headers })
  t.equal(decision.reason, 'step-up-needed')
  t.equal(
    detail,
    'step_up: acr was "pwd", rule wants phr; step_up: auth_time was missing, rule wants at most 30m old; step_up: scopes was openid, rule wants payments',
  )
})

t.test('what is open is held to it when it is judged again', async (t) => {
  const { signedIn, runtime, clock } = await open(t)
  const cookie = await signedIn({ acr: 'phr', auth_time: clock.now() }, ['payments'])
  const facts = factsOf(`${site}/pay`, { headers: { cookie } })
  t.equal((await admitAgain(runtime, facts)).decision.kind, 'allow')
  clock.time += 31 * 60 + 1
  t.match(await admitAgain(runtime, facts), { decision: { kind: 'challenge', reason: 'step-up-needed' } })
})

t.test('a session that rests in the browser keeps what a step-up is judged by', async (t) => {
  const { signedIn, verdict, clock } = await open(t, 'cookie')
  const claims = { acr: 'phr', auth_time: clock.now() }
  t.equal(await verdict('/pay', await signedIn(claims, ['openid', 'payments'])), 'rule-met')
  t.equal(await verdict('/pay', await signedIn(claims, ['openid'])), 'step-up-needed')
  t.equal(await verdict('/pay', await signedIn({ ...claims, acr: 'pwd' }, ['payments'])), 'step-up-needed')
})

import t from 'tap'
import type { ReturnTo } from '../../../src/core/session/return-to.ts'
import { readTransaction } from '../../../src/core/session/transaction.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import { startSignIn } from '../../../src/http/sign-in/start.ts'
import { loadGateway, openTestContext } from '../../support/request-context.ts'

// What a sign-in takes along grows with what is asked for. Browsers drop a cookie of more than 4,096 bytes without a
// word, and the sign-in fails when it comes back.

const site = 'https://wiki.example'
const provider = `https://${Array(4).fill('i'.repeat(49)).join('.')}.example/${'t'.repeat(351)}`
const fileWith = (...stepUps: readonly string[]) => `
providers:
  op: { issuer: "${provider}", client_id: "${'c'.repeat(200)}", client_secret: s, pass_parameters: [login_hint, ui_locales] }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: ${site}
    upstream: http://10.9.9.9
    require: signed_in
    locations:
${stepUps.map((stepUp, i) => `      - { path: /${i}, require: signed_in, step_up: ${stepUp} }`).join('\n')}
`
const names = Array.from({ length: 165 }, (_, i) => `s${(i + 36).toString(36)}`)
const { context, runtime, admission, originAt, clock } = openTestContext(
  t,
  fileWith(
    `{ acr_values: [phr], authorization_parameters: { x: '${'"'.repeat(480)}' } }`,
    `{ scopes: [${names.join(', ')}] }`,
  ),
)
const origin = originAt('wiki.example')
const stepUps = origin.apps[0]?.allLocations.map(({ stepUp }) => stepUp) ?? []

/** What a link may bring along. */
const passedByLinks = [
  {},
  { login_hint: 'x'.repeat(255) },
  { login_hint: '"'.repeat(110), ui_locales: '\\'.repeat(110) },
  { login_hint: 'x'.repeat(240), ui_locales: 'y'.repeat(220) },
]

function stateOf({ headers, body }: Answer): string {
  const [, to = 'none:'] = /data-to="([^"]*)"/.exec(body) ?? []
  const url = new URL(headers.location ?? to.replaceAll('&#61;', '=').replaceAll('&#38;', '&'))
  return url.searchParams.get('state') ?? ''
}

t.test('no attempt is larger than browsers take, whatever it is for, and it comes back whole', async (t) => {
  t.equal(stepUps.length, 2)
  const asked = await admission(`${site}/x`)
  const time = { now: clock.now(), timeoutSeconds: 3600 }
  const sizes: number[] = []
  for (const stepUp of [null, ...stepUps])
    for (const passed of passedByLinks)
      for (const length of [1, 400, 900, 1500, 7000]) {
        const returnTo = `/${'p'.repeat(length)}` as ReturnTo
        const bound = { stepUp, account: 'a'.repeat(43), form: 'f'.repeat(43) }
        const wish = { otherAccount: true, passed: new Map(Object.entries(passed)), ...bound }
        const page = { returnTo, isWhole: true, keptAs: null }
        const request = { provider: 'op', page, wish, isSecond: false }
        const answer = await startSignIn(context, asked, {}, request)
        const { cookies = [] } = answer
        const told = `${stepUp?.scopes.length} scopes, ${Object.keys(passed).length} passed, ${length}`
        for (const { name, value } of cookies) sizes.push(name.length + value.length)
        const state = stateOf(answer)
        const read = readTransaction(runtime.ring, { cookies, state, origin: site }, origin.cookies, time)
        if (!read.ok) t.fail(`${told}: ${read.reason}`)
        else t.match(read.transaction, { wish: bound }, told)
        if (read.ok && read.transaction.returnTo === '') t.match(state, /\.s$/, told)
      }
  t.ok(Math.max(...sizes) <= 3500, `${Math.max(...sizes)} bytes`)
  t.ok(Math.max(...sizes) > 3000, 'and some are nearly as large')
})

t.test('a step-up that leaves no room for anything else is refused at the start', async (t) => {
  for (const stepUp of [`{ acr_values: [a], authorization_parameters: { x: '${'"'.repeat(600)}' } }`])
    t.throws(() => loadGateway(fileWith(stepUp)), /step_up: is too long/)
})

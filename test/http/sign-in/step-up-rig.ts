// A gateway whose pages want a step-up, and a browser that has signed in.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Test } from 'tap'
import type { Json } from '../../../src/core/json.ts'
import type { Identity } from '../../../src/core/ports.ts'
import { readTransaction, type Transaction } from '../../../src/core/session/transaction.ts'
import { type Admission, carryAdmission } from '../../../src/http/admission/admission.ts'
import { verdictAnswer } from '../../../src/http/admission/verdict-answer.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import { attachContext } from '../../../src/http/server/context.ts'
import { callback } from '../../../src/http/sign-in/callback.ts'
import { login } from '../../../src/http/sign-in/login.ts'
import { issuedToAlice } from '../../support/issued.ts'
import { type Asked, factsOf, openTestContext } from '../../support/request-context.ts'

export const site = 'https://wiki.example'

export const start = 1_900_000_000

export const browser = { accept: 'text/html' }

export const script = { accept: 'application/json' }

/** Two providers; payments ask for a passkey of the last five minutes, refunds for a scope, the office for any age. */
export async function open(t: Test, { store = 'memory' } = {}) {
  const around = openTestContext(
    t,
    `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s, label: First, display_name: [name], pass_parameters: [ui_locales] }
  other: { issuer: "https://other.example", client_id: c, client_secret: s, label: Second, user_id_prefix: "o:" }
session: { store: ${store}, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: ${site}
    upstream: http://10.9.9.9
    provider: [op, other]
    title: The Wiki
    contact: ops
    require: signed_in
    locations:
      - { path: /pay, require: { provider: [op, other] }, step_up: { acr_values: [phr], max_age: 5m, lasts: 30m } }
      - { path: /refunds, require: signed_in, step_up: { scopes: [refunds] } }
      - { path: /desk, require: signed_in, step_up: { acr_values: [phr], prompt: login } }
      - { path: /admins, require: { provider: op, groups: admins }, step_up: { acr_values: [phr] } }
  twin: { url: "https://twin.example", upstream: "http://10.9.9.8", provider: op, require: signed_in, step_up: { acr_values: [phr] } }
`,
  )
  const origin = around.originAt('wiki.example')
  /** Whom the next code of a provider stands for. */
  const says = (
    claims: Readonly<Record<string, Json>>,
    { provider = 'op', user = 'alice', ...more }: Partial<Identity> & { readonly provider?: string } = {},
  ) => {
    const whole = { sub: user, name: 'Alice Adams', preferred_username: 'ada', ...claims }
    const identity = { ...issuedToAlice, user, claims: whole, idToken: 'x', subject: user, ...more }
    around.provider(provider).identity = identity
  }
  const ask = async (path: string, headers: IncomingHttpHeaders = {}, more: Asked = {}) => {
    const asked = { headers: { ...browser, ...headers }, ...more }
    const admission = await around.admission(site + path, asked)
    if (admission.decision.kind === 'allow') return 'let in'
    const request = factsOf(site + path, asked) as unknown as IncomingMessage
    carryAdmission(request, admission)
    attachContext(request, around.context)
    return verdictAnswer(request)
  }
  const refused = async (...asked: Parameters<typeof ask>): Promise<Answer> => {
    const answer = await ask(...asked)
    if (answer === 'let in') throw new Error('it was let in')
    return answer
  }
  const signIn = async (query: string, headers: IncomingHttpHeaders = {}): Promise<Answer> =>
    login(
      around.context,
      await around.admission(`${site}/.auth/login${query}`, { headers: { ...browser, ...headers } }),
      headers,
    )
  const come = async (
    parameters: string,
    headers: IncomingHttpHeaders,
    { at = 'op', changed = {} }: { readonly at?: string; readonly changed?: Partial<Admission> } = {},
  ): Promise<Answer> => {
    const address = `${site}/.auth/callback/${at}?${parameters}`
    const admission = {
      ...(await around.admission(address, { headers: { ...browser, ...headers } })),
      ...changed,
    }
    return callback(around.context, admission, headers, new URLSearchParams(parameters))
  }
  /** Signs in for `/`, as somebody whose password was typed `age` seconds ago. */
  const begin = async (claims: Readonly<Record<string, Json>> = {}, more = {}): Promise<string> => {
    says({ auth_time: around.clock.now(), ...claims }, more)
    const { provider = 'op' } = more as { provider?: string }
    const begun = await signIn(`?provider=${provider}&return_to=/`)
    return cookiesOf(
      await come(`code=x&state=${stateOf(begun)}`, { cookie: cookiesOf(begun) }, { at: provider }),
    )
  }
  const attempt = ({ headers, cookies = [] }: Answer): Transaction => {
    const state = new URL(headers.location ?? 'none:').searchParams.get('state') ?? ''
    const read = readTransaction(around.runtime.ring, { cookies, state, origin: site }, origin.cookies, {
      now: around.clock.now(),
      timeoutSeconds: 3600,
    })
    if (!read.ok) throw new Error(read.reason)
    return read.transaction
  }
  const sessions = async () => around.runtime.store.list({})
  return { ...around, origin, says, ask, refused, signIn, come, begin, attempt, sessions }
}

export function cookiesOf({ cookies = [] }: Answer): string {
  return cookies
    .filter(({ value }) => value !== '')
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')
}

export function stateOf({ headers }: Answer): string {
  return new URL(headers.location ?? 'none:').searchParams.get('state') ?? ''
}

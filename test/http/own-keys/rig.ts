// A gateway whose people have keys, and how a test reads and fills in its page.
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { ApiKey } from '../../../src/core/keys/api-key.ts'
import type { Claims } from '../../../src/core/rules/claims.ts'
import type { AuthorizationWish } from '../../../src/core/session/authorization-wish.ts'
import { noTokens } from '../../../src/core/session/session.ts'
import { changeOwnKeys } from '../../../src/http/own-keys/change.ts'
import { ownKeys } from '../../../src/http/own-keys/own-keys.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import { inventKey } from '../../support/api-keys.ts'
import { openTestContext } from '../../support/request-context.ts'

export const site = 'https://portal.example'

export const own = {
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
}

export interface SignedIn {
  readonly cookie: string
}

export const apiApp =
  'api: { url: "https://api.example/v1", upstream: http://10.9.9.9, provider: op, credentials: [session, api_key], require: signed_in }'

export function open(t: Test, selfService = 'lifetime: 365d', store = 'memory', apps = apiApp) {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-own-keys-'))
  const around = openTestContext(
    t,
    `
data: ${JSON.stringify(folder)}
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s, label: Acme }
  other: { issuer: "https://other.example", client_id: c, client_secret: s, user_id_prefix: "o:" }
session: { store: ${store}, secret: a-session-secret-of-more-than-thirty-two-bytes, idle_timeout: 8h, max_lifetime: 8h }
api_keys:
  store: sqlite
  self_service: { at: "${site}", require: { plan: [paid, trial] }, claims: [plan, email], max_keys: 2, ${selfService} }
apps:
  portal: { url: "${site}", upstream: http://10.9.9.9, title: The Portal, provider: op, contact: help@portal.example, require: signed_in }
  ${apps}
`,
  )
  t.teardown(async () => {
    await around.runtime.keys?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const { keys } = around.runtime
  if (keys === null) throw new Error('no keys')
  const signIn = async (
    claims: Claims = {},
    { user = 'alice', wish = null }: { user?: string; wish?: AuthorizationWish | null } = {},
  ): Promise<SignedIn> => {
    const origin = around.originAt('portal.example')
    const { time } = around.clock
    const identity = {
      ...{ user, claims: { sub: user, plan: 'paid', auth_time: time, ...claims }, idToken: 'id-token' },
      ...{ subject: user, sid: null, issuedAt: time, scopes: [], tokens: noTokens },
    }
    const transaction = {
      ...{
        version: 2 as const,
        issuer: 'https://op.example',
        clientId: 'c',
        origin: origin.origin,
        returnTo: '/',
      },
      ...{ state: 's', nonce: 'n', codeVerifier: 'v', startedAt: time, replaces: null, wish },
    }
    const started = await around.runtime.sessions.start({
      ...{ identity, transaction, origin, previousCookie: null, client: null },
    })
    return { cookie: `${origin.cookies.session}=${started.cookieValue}` }
  }
  const ask = async (
    who: SignedIn | null,
    work: 'show' | URLSearchParams,
    headers: IncomingHttpHeaders,
    address: string,
  ): Promise<Answer> => {
    const all = { ...(who === null ? {} : { cookie: who.cookie }), ...headers }
    const asked = await around.admission(address, { headers: all })
    if (work === 'show') return ownKeys(around.context, asked, all)
    return changeOwnKeys(around.context, { ...asked, method: 'POST' }, all, work)
  }
  const show = (who: SignedIn | null, headers: IncomingHttpHeaders = {}, address = `${site}/.auth/keys`) =>
    ask(who, 'show', headers, address)
  const post = (
    who: SignedIn | null,
    form: Readonly<Record<string, string>> | URLSearchParams,
    headers: IncomingHttpHeaders = own,
  ) => ask(who, new URLSearchParams(form as Record<string, string>), headers, `${site}/.auth/keys`)
  const stored = async (user = 'alice') => (await keys.store.list({ user, after: null, most: 1000 })).keys
  const put = async (changes: Partial<ApiKey> = {}) => {
    const key = inventKey({
      owner: { kind: 'person', issuer: 'https://op.example', clientId: 'c', user: 'alice' },
      ...{
        claims: { sub: 'alice', plan: 'paid' },
        claimsAt: around.clock.time,
        createdAt: around.clock.time,
      },
      ...changes,
    })
    const made = await keys.store.create(key.record, { ofPerson: null, now: around.clock.time })
    if (made !== 'created') throw new Error(made)
    return key
  }
  return { ...around, keys, signIn, show, post, stored, put }
}

/** As a person reads it: what the page escapes is no markup. */
export const read = ({ body }: Answer): string =>
  body.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))

/** What the form that makes a key would post. */
export const newForm = ({ body }: Answer, more: Readonly<Record<string, string>> = {}) => ({
  ...{ do: 'make', form: inputOf(body, 'form'), name: 'laptop', expires: '30d' },
  ...more,
})

/** What a form of one key would post. */
export const formOf = (
  { body }: Answer,
  what: string,
  id: string,
  more: Readonly<Record<string, string>> = {},
) => {
  const part = body.slice(body.indexOf(`name="key" value="${id}"`))
  return { do: what, form: inputOf(body, 'form'), key: id, current: inputOf(part, 'current'), ...more }
}

export const inputOf = (body: string, name: string): string =>
  new RegExp(`<input type="hidden" name="${name}" value="([^"]*)"`).exec(body)?.[1] ?? ''

export const secretOf = ({ body }: Answer, id: string): string =>
  new RegExp(`<code class="secret" id="${id}"[^>]*>([^<]*)</code>`).exec(body)?.[1] ?? ''

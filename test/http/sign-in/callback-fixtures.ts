import type { IncomingHttpHeaders } from 'node:http'
import type { Test } from 'tap'
import type { Admission } from '../../../src/http/admission/admission.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import type { RequestContext } from '../../../src/http/server/context.ts'
import { callback } from '../../../src/http/sign-in/callback.ts'
import { login } from '../../../src/http/sign-in/login.ts'
import { type Asked, openTestContext } from '../../support/request-context.ts'
import { orRejected } from '../../support/thrown.ts'

// A sign-in that began in a browser, and what comes back to its redirect URI.
export const site = 'https://wiki.example'

export interface Begun {
  readonly state: string
  /** The attempt's cookie. */
  readonly cookie: string
}

export interface Coming extends Asked {
  readonly at?: string
  readonly changed?: Partial<Admission>
  readonly context?: RequestContext
}

export function open(t: Test, { sameSite = 'lax', path = '' } = {}) {
  const around = openTestContext(
    t,
    `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s, pass_parameters: [login_hint] }
  posts: { issuer: "https://posts.example", client_id: c, client_secret: s, user_id_prefix: "p:", response_mode: form_post }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes, same_site: ${sameSite} }
apps: { wiki: { url: "${site}${path}", upstream: http://10.9.9.9, provider: [op, posts], title: The Wiki, contact: ops, require: signed_in } }
`,
  )
  const origin = around.originAt('wiki.example')
  const begin = async (query = '?provider=op&return_to=/deep?a=1', headers = {}): Promise<Begun> => {
    const admission = await around.admission(`${site}/.auth/login${query}`, { headers })
    const { headers: sent, cookies = [] } = await login(around.context, admission, headers)
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    return { state: new URL(sent.location ?? 'none:').searchParams.get('state') ?? '', cookie }
  }
  /** The answer to a callback, or what was thrown. */
  const come = async (parameters: string, { at = 'op', changed, context, ...asked }: Coming = {}) => {
    const address = `${site}/.auth/callback/${at}?${parameters}`
    const admission = { ...(await around.admission(address, asked)), ...changed }
    const headers = asked.headers ?? {}
    return (await orRejected(() =>
      callback(context ?? around.context, admission, headers, new URLSearchParams(parameters)),
    )) as Answer
  }
  const finish = ({ state, cookie }: Begun, asked: Coming = {}) =>
    come(`code=x&state=${state}`, { ...asked, headers: { cookie, ...asked.headers } })
  const sessionOf = ({ cookies = [] }: Answer) =>
    cookies.find(({ name }) => name === origin.cookies.session)?.value ?? ''
  const who = async (value: string) => {
    const found = await around.runtime.sessions.lookUp(value, origin)
    return found.kind === 'live' ? found.session.user : found.why
  }
  return { ...around, origin, begin, come, finish, sessionOf, who }
}

export const program = { accept: '*/*' }
export const sessionCookieOf = (name: string, value: string): IncomingHttpHeaders => ({
  cookie: `${name}=${value}`,
})

export const whereTo = ({ headers }: Answer): URL => new URL(headers.location ?? 'none:')

/** The attempt that an answer of the callback begins by itself. */
export function begunBy(answer: Answer): Begun {
  const set = (answer.cookies ?? []).filter(({ value }) => value !== '')
  return {
    state: whereTo(answer).searchParams.get('state') ?? '',
    cookie: set.map(({ name, value }) => `${name}=${value}`).join('; '),
  }
}

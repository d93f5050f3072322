// A gateway with several providers, for sign-ins.
import type { IncomingHttpHeaders } from 'node:http'
import type { Test } from 'tap'
import { readTransaction } from '../../../src/core/session/transaction.ts'
import type { Answer } from '../../../src/http/pages/answer.ts'
import { answerChallenge, login } from '../../../src/http/sign-in/login.ts'
import { openTestContext } from '../../support/request-context.ts'
import { orRejected } from '../../support/thrown.ts'

export const site = 'https://wiki.example'

/** Two providers, of which the admins' pages want the second; the wiki has a contact. */
export function open(t: Test, sameSite = 'lax') {
  const around = openTestContext(
    t,
    `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s, label: First, icon: okta }
  other: { issuer: "https://other.example", client_id: c, client_secret: s, user_id_prefix: "o:", response_mode: form_post, pass_parameters: [login_hint, ui_locales], label: Second }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes, same_site: ${sameSite} }
apps:
  wiki:
    url: ${site}
    upstream: http://10.9.9.9
    provider: [op, other]
    title: The Wiki
    contact: ops
    require: signed_in
    locations:
      - { path: /admin, require: { provider: other } }
      - { path: /open, require: anyone }
`,
  )
  const origin = around.originAt('wiki.example')
  const begin = async (query: string, headers: IncomingHttpHeaders = {}) =>
    (await orRejected(async () =>
      login(around.context, await around.admission(`${site}/.auth/login${query}`, { headers }), headers),
    )) as Answer
  const challenge = async (
    path: string,
    headers: IncomingHttpHeaders = {},
    providers: readonly string[] = ['op'],
  ) =>
    (await orRejected(async () =>
      answerChallenge(around.context, await around.admission(site + path, { headers }), headers, providers),
    )) as Answer
  /** The sign-in that an answer begins, opened as the callback will. */
  const begun = ({ headers, cookies = [] }: Answer) => {
    const state = new URL(headers.location ?? 'none:').searchParams.get('state') ?? ''
    const read = readTransaction(around.runtime.ring, { cookies, state, origin: site }, origin.cookies, {
      now: around.clock.now(),
      timeoutSeconds: 3600,
    })
    return read.ok ? read.transaction : read
  }
  return { ...around, origin, begin, challenge, begun }
}

export const decoded = ({ body }: Answer) => body.replaceAll('&#61;', '=').replaceAll('&#38;', '&')

// How a browser is given what it knows of attempts whose cookies were cleared.
import t from 'tap'
import { remembering } from '../../../src/http/sign-in/past-attempts.ts'
import { openTestContext } from '../../support/request-context.ts'

const attempt = { issuer: 'https://op.example', clientId: 'c', state: 's', returnTo: '/x', wish: null }

for (const [mode, sameSite] of [
  ['query', 'lax'],
  ['form_post', 'none'],
] as const) {
  t.test(`the cookie comes back with an answer by ${mode}, and as long as attempts are known`, async (t) => {
    const { context, originAt } = openTestContext(
      t,
      `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s }
  other: { issuer: "https://other.example", client_id: c, client_secret: s, user_id_prefix: "o:", response_mode: ${mode} }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps: { wiki: { url: "https://wiki.example", upstream: http://10.9.9.9, provider: [op, other], require: signed_in } }
`,
    )
    const origin = originAt('wiki.example')
    t.match(remembering(context, origin, {}, [attempt]), [
      {
        name: `${origin.cookies.transactionPrefix}past`,
        options: { sameSite, maxAge: 90_000, secure: true, httpOnly: true, path: '/' },
      },
    ])
    t.same(remembering(context, origin, {}, []), [], 'for none there is none')
  })
}

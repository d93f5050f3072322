import t from 'tap'
import type { Credential } from '../../../src/core/credential/credential.ts'
import type { Challenge } from '../../../src/core/decision.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import { credentialNeeded, withChallenges } from '../../../src/http/pages/credential-answer.ts'
import { openTestContext } from '../../support/request-context.ts'

const { admission: admissionAt } = openTestContext(
  t,
  `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps: { wiki: { url: https://wiki.example, upstream: http://10.9.9.9, require: signed_in } }
`,
)
const admission = await admissionAt('https://wiki.example/x')
const now = 1_800_000_000
const challenge: Challenge = {
  ...{ kind: 'challenge', how: 'unauthorized', reason: 'no-credential', providers: [], stepUp: null },
}
const browser = { 'sec-fetch-mode': 'navigate' }

function at(...credentials: readonly Credential[]): Admission {
  const { location } = admission
  if (location === null) throw new Error('the path has no location')
  return { ...admission, location: { ...location, credentials } }
}

t.test('a person is told what the address takes', async (t) => {
  const page = (...credentials: readonly Credential[]) =>
    credentialNeeded({ ...at(...credentials), wantsPage: true }, challenge, browser, now).body
  t.match(page('bearer'), 'This address is for programs')
  t.match(page('client_certificate'), 'This page needs a certificate')
  t.match(page('bearer', 'client_certificate'), 'This page needs a certificate')
})

t.test('a program is told what it lacks', async (t) => {
  const title = (...credentials: readonly Credential[]) =>
    JSON.parse(credentialNeeded({ ...at(...credentials), wantsPage: false }, challenge, {}, now).body).title
  t.equal(title('exchange'), 'A token or key is needed')
  t.equal(title('client_certificate'), 'A client certificate is needed')
})

t.test('where Basic is all there is, a browser is told of no scheme, not of an empty one', async (t) => {
  const told = (of: Admission, headers: Readonly<Record<string, string>>) =>
    credentialNeeded(of, challenge, headers, now).headers['www-authenticate']
  t.equal(told(at('exchange'), {}), 'Basic realm="claimgate", charset="UTF-8"')
  t.equal(told(at('exchange'), browser), undefined)
  const withSessions = at('session', 'exchange')
  const own = { status: 401, headers: { 'www-authenticate': 'Cookie realm="claimgate"' }, body: '' } as const
  t.equal(withChallenges(own, withSessions, browser).headers['www-authenticate'], 'Cookie realm="claimgate"')
  t.equal(
    withChallenges(own, withSessions, {}).headers['www-authenticate'],
    'Basic realm="claimgate", charset="UTF-8", Cookie realm="claimgate"',
  )
})

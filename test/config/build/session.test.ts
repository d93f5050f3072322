// What `session` says beside its store, in the model.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { SessionSettings } from '../../../src/core/gateway.ts'
import { surroundings } from '../surroundings.ts'

/** The model of `session`, or what is wrong with the file. */
function sessionOf(session: string, now?: number): SessionSettings | string {
  const text = `
session: ${session}
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: signed_in }
`
  const loaded = loadGatewayFromText(text, { ...surroundings, ...(now === undefined ? {} : { now }) })
  return loaded.ok ? loaded.gateway.session : loaded.issues.map(printIssue).join('\n')
}

t.test('without the store people stay signed in for five minutes, or as the file says', async (t) => {
  t.match(sessionOf('{}'), { duringOutageSeconds: 300 })
  t.match(sessionOf('{ during_outage: 1h }'), { duringOutageSeconds: 3600 })
  t.match(sessionOf('{ during_outage: 0s }'), { duringOutageSeconds: 0 })
})

t.test('no session is revoked, or those before a time', async (t) => {
  const at = Date.UTC(2026, 10, 28, 20) / 1000
  t.match(sessionOf('{}'), { revokedBefore: null })
  t.match(sessionOf('{ revoked_before: 2026-11-28T20:00:00Z }', at), { revokedBefore: at })
  t.match(sessionOf('{ revoked_before: "2026-11-28T21:00:00+01:00" }', at + 1), { revokedBefore: at })
  t.match(sessionOf('{ revoked_before: 2026-11-28T20:00:00Z }'), { revokedBefore: at }, 'no clock was asked')
})

t.test('until a time in the future nobody could stay signed in', async (t) => {
  const now = Date.UTC(2026, 10, 28, 19, 59, 59) / 1000
  const expected =
    'claimgate.yaml:2:28 session.revoked_before: lies in the future, and nobody could stay signed in until then: it is 2026-11-28T19:59:59Z here'
  t.equal(sessionOf('{ revoked_before: 2026-11-28T20:00:00Z }', now), expected)
})

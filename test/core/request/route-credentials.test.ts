// Another reading of a path must not choose which credential counts: all readings list the same, or the path is refused.
import t from 'tap'
import { matchRoute } from '../../../src/core/request/route-match.ts'
import { readTarget } from '../../../src/core/request/target.ts'
import { gatewayOf } from '../../support/model.ts'

/** As two readings of `/export%2Fall` find them: `/export` and the app's own. */
function reasonOf(app: string, location: string): string {
  const [origin] = gatewayOf(`
session: { store: memory }
api_keys: { store: sqlite }
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s, bearer: { audiences: [api] } }
apps:
  wiki:
    url: https://api.example.com
    upstream: http://10.0.0.5
    require: signed_in
    allow_encoded: [slash]
    credentials: ${app}
    locations: [{ path: /export, require: signed_in, credentials: ${location} }]
`).hosts.values()
  const reading = readTarget('/export%2Fall')
  if (origin === undefined || !reading.ok) return 'unread'
  const matched = matchRoute(origin, reading.target, 'GET')
  return matched.kind === 'unmatched' ? matched.reason : `${matched.others.length + 1} judged`
}

t.test('readings with the same credentials are judged each', async (t) => {
  t.equal(reasonOf('[session]', '[session]'), '2 judged')
  t.equal(reasonOf('[session, api_key]', '[api_key, session]'), '2 judged')
})

t.test('a path whose readings list other credentials is refused', async (t) => {
  t.equal(reasonOf('[session]', '[session, api_key]'), 'target-ambiguous')
  t.equal(reasonOf('[session, bearer]', '[session]'), 'target-ambiguous')
  t.equal(reasonOf('[bearer]', '[api_key]'), 'target-ambiguous')
})

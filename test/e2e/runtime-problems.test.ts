// What goes wrong while the gateway runs, provoked as it happens, and the line that the operator reads of it: the place,
// what was found, what would be right. Disks are in test/system/sessions, clocks in test/oidc/id-token, TLS and slowness in
// test/upstream/words, a provider that is down or refuses the secret in test/system/provider and test/system/glewlwyd.
import https from 'node:https'
import t from 'tap'
import { Attacker } from '../support/attacker.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startOp } from '../support/op.ts'
import { freePort, portOf } from '../support/ports.ts'
import { createAuthority } from '../support/tls.ts'

const expired = createAuthority().issue({ names: ['IP:127.0.0.1'], expired: true })
const app = https.createServer(expired, (_request, response) => response.end('x'))
await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
t.teardown(() => app.close())

const op = await startOp()
t.teardown(() => op.close())
const nowhere = await freePort()
const gateway = await startTestGateway({
  yaml: ({ url }) => `
session: { store: memory }
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }
apps:
  wiki: { url: "${url}", upstream: "http://127.0.0.1:${nowhere}", require: signed_in, locations: [{ path: /open, require: anyone }] }
  tls: { url: "${url}/tls", upstream: "http://127.0.0.1:${portOf(app)}", require: anyone }
  ended: { url: "${url}/ended", upstream: "https://127.0.0.1:${portOf(app)}", require: anyone }
`,
})
t.teardown(() => gateway.close())
op.register({ redirectUris: ['http://localhost:1/another'] })

const faultOf = (event: string, app: string) =>
  gateway.logged((line) => line.event === event && line.app === app)

t.test(
  'the redirect URI is not registered: the provider says so, and the log what to register',
  async (t) => {
    const begun = await new Attacker().visit(`${gateway.url}/page`)
    const asked = await fetch(begun.headers.location ?? '', { redirect: 'manual' })
    t.equal(asked.status, 400, 'nobody comes back from there')
    t.match(await gateway.logged((line) => line.event === 'login.started'), {
      provider: 'op',
      redirect_uri: `${gateway.url}/.auth/callback`,
    })
  },
)

t.test('an app that is down, and one that speaks TLS, are told with their own names', async (t) => {
  t.equal((await fetch(`${gateway.url}/open`)).status, 502)
  t.match(await faultOf('upstream.failed', 'wiki'), {
    code: 'UPSTREAM_UNREACHABLE',
    error: `app wiki, http://127.0.0.1:${nowhere}: nothing listens there: it does not run, or listens at another port or address (ECONNREFUSED)`,
  })
  t.equal((await fetch(`${gateway.url}/tls`)).status, 502)
  t.match(await faultOf('upstream.failed', 'tls'), {
    code: 'UPSTREAM_TLS',
    error: `app tls, http://127.0.0.1:${portOf(app)}: it speaks TLS, the file says http: write https in \`upstream\``,
  })
  const answer = await fetch(`${gateway.url}/ended`)
  t.notMatch(await answer.text(), /certificate|127\.0\.0\.1/, 'people read nothing of it')
  t.match(await faultOf('upstream.failed', 'ended'), { code: 'UPSTREAM_TLS', error: /certificate/ })
})

t.test('a Host that no app has', async (t) => {
  const response = await fetch(`http://127.0.0.1:${gateway.port}/x`)
  t.equal(response.status, 421)
  t.notMatch(await response.text(), 'localhost', 'who asks learns no name')
  t.match(await gateway.logged((line) => line.reason === 'host-unknown'), {
    detail: new RegExp(
      `the Host is "127\\.0\\.0\\.1:${gateway.port}", and the nearest \`url\` is ${gateway.url};`,
    ),
  })
})

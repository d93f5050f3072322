// What `explain` says of an app that verifies: that it is sent an assertion, and what that says.
import t, { type Test } from 'tap'
import { command } from '../../src/commands/explain.ts'
import { runIn } from './run.ts'

const file = `
session: { store: cookie, secret: "\${env:FIRST_NOT_HERE}" }
signing_keys: "\${env:NOT_HERE_EITHER}"
providers: { acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:NOT_HERE}", user_id_prefix: "acme:" } }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: https://inside.example.com
    require: signed_in
    identity_headers: {}
    identity_assertion: { header: X-Proof, claims: [email, groups, org.plan] }
    locations:
      - { path: /open, require: anyone }
`
function run(t: Test, path: string, claims?: object) {
  const who = claims === undefined ? ['--anonymous'] : ['--claims', '-']
  return runIn(command, ['--url', `https://wiki.example.com${path}`, ...who, '--json'], {
    ...{ cwd: t.testdir({ 'claimgate.yaml': file }), stdin: JSON.stringify(claims) ?? '' },
  })
}

interface Told {
  readonly upstream_headers: readonly { readonly name: string; readonly value: string }[] | null
  readonly reason: string
}

const proofs = ({ upstream_headers: headers }: Told) =>
  headers?.flatMap(({ name, value }) => (name === 'X-Proof' ? [value] : [])) ?? null

t.test('it says what is asserted, and shows nothing that anybody could take for one', async (t) => {
  const claims = {
    sub: 'ada',
    email: 'ada@example.com',
    email_verified: true,
    groups: ['a'],
    org: { plan: null },
  }
  const { code, stdout } = await run(t, '/', claims)
  t.equal(code, 0)
  const said = JSON.stringify({
    ...{ email: 'ada@example.com', groups: ['a'], iss: 'https://wiki.example.com/.auth/assertion' },
    ...{ aud: 'https://wiki.example.com', sub: 'acme:ada', provider: 'acme', credential: 'session' },
  })
  t.same(proofs(JSON.parse(stdout)), [`(assertion of ${said})`])
  t.notMatch(stdout, 'eyJ', 'no token')
})

t.test('where nobody is looked at, none is sent', async (t) => {
  t.same(proofs(JSON.parse((await run(t, '/open')).stdout)), [])
  t.equal(proofs(JSON.parse((await run(t, '/')).stdout)), null)
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { command } from '../../src/commands/test.ts'
import { runIn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-test-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const rules = `trusted_proxies: none
api_keys: { store: sqlite }
providers:
  op: { issuer: "https://op.example.com", client_id: c, client_secret: "\${env:CLIENT_SECRET}", bearer: { audiences: ["https://api.example.com"] } }
apps:
  api:
    url: https://api.example.com
    upstream: http://10.0.0.5:5000
    shared_secret: "\${env:APP_SECRET}"
    credentials: [session, api_key]
    require: { any: [{ provider: op, groups: staff }, { provider: api_keys, plan: paid }] }
    locations:
      - { path: /mine, require: { provider: op, groups: staff }, credentials: [session] }
`

/** Everything but what a longer list of credentials would open. */
const tests = `persons:
  ada: { provider: op, claims: { groups: staff } }
  eve: { provider: op, claims: { groups: guests } }
  shop: { credential: api_key, claims: { plan: paid } }
  free: { credential: api_key, claims: { plan: free } }
cases:
  - { as: ada, request: GET /, expect: allow }
  - { as: shop, request: GET /, expect: allow }
  - { as: eve, request: GET /, expect: deny }
  - { as: free, request: GET /, expect: deny }
  - { as: ada, request: GET /mine, expect: allow }
  - { as: eve, request: GET /mine, expect: deny }
  - { as: nobody, request: [GET /, GET /mine], expect: sign_in }
  - { as: { plan: paid }, provider: op, request: GET /, expect: deny }
  - { as: { groups: staff }, credential: api_key, request: GET /, expect: deny }
`

async function mutate(cases: string) {
  const cwd = mkdtempSync(join(folder, 'case-'))
  writeFileSync(join(cwd, 'claimgate.yaml'), rules)
  writeFileSync(join(cwd, 'claimgate.test.yaml'), cases)
  const env = {
    CLIENT_SECRET: 'canary-aaaaa-bbbbb-ccccc-ddddd-eeeee',
    APP_SECRET: 'canary-kT4zQ8vX2nB6mL0pR5sD9fG3hJ7wE1cU',
  }
  const { stdout, stderr } = await runIn(command, ['--mutate', '--json'], { cwd, env })
  if (stdout === '') throw new Error(stderr)
  const { tests: results, mutation } = JSON.parse(stdout)
  const changes = mutation.survivors.map((one: { place: string; change: string }) => one.change)
  return { results, changes, mutation }
}

const tokenAtApp =
  '  - { as: { groups: staff }, provider: op, credential: bearer, request: GET /, expect: sign_in }\n'
const tokenAtMine = tokenAtApp.replace('GET /,', 'GET /mine,')

t.test('--mutate: a credential that is listed and should not be', async (t) => {
  const { results, changes, mutation } = await mutate(tests)
  t.ok(
    results.every(({ passed }: { passed: boolean }) => passed),
    'all tests pass',
  )
  t.same(changes, ['with `bearer` in `credentials`', 'with `bearer` in `credentials`'])
  t.match(JSON.stringify(mutation.survivors), 'locations', 'a list of its own is a place of its own')

  const one = await mutate(tests + tokenAtApp)
  t.same(one.changes, ['with `bearer` in `credentials`'], 'the other list is told all the same')

  const both = await mutate(tests + tokenAtApp + tokenAtMine)
  t.same(both.changes, [], 'no key meets the rule of /mine, which is the provider’s alone')
})

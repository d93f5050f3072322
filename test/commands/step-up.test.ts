import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Command } from '../../src/cli/command.ts'
import { command as diff } from '../../src/commands/diff.ts'
import { command as explain } from '../../src/commands/explain.ts'
import { command as test } from '../../src/commands/test.ts'
import { command as what } from '../../src/commands/what.ts'
import { command as who } from '../../src/commands/who.ts'
import { runIn } from './run.ts'

// What commands that try rules out say of places that ask for a step-up.
const folder = mkdtempSync(join(tmpdir(), 'claimgate-step-up-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const rules = (pay: string) => `
providers:
  op: { issuer: "https://op.example.com", client_id: c, client_secret: a-client-secret, scopes: [openid, profile] }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5
    require: signed_in
    locations:
      - { path: /pay, require: { groups: staff }${pay} }
`
const stepUp = ', step_up: { acr_values: [phr, phrh], max_age: 5m, lasts: 30m, scopes: [payments] }'
const now = Math.floor(Date.now() / 1000)
writeFileSync(join(folder, 'claimgate.yaml'), rules(stepUp))
writeFileSync(join(folder, 'without.yaml'), rules(''))
writeFileSync(join(folder, 'fewer.yaml'), rules(stepUp).replace('groups: staff', 'groups: [staff, guests]'))
const run = (command: Command, ...args: readonly string[]) => runIn(command, args, { cwd: folder })

const claimsOf = (claims: object): string => {
  const file = join(folder, 'claims.json')
  writeFileSync(file, JSON.stringify(claims))
  return file
}

t.test('explain says what of a step-up is missing, after the rule', async (t) => {
  const ask = async (claims: object, ...args: readonly string[]) =>
    run(explain, '--url', 'https://wiki.example.com/pay', '--claims', claimsOf(claims), ...args)
  const weak = await ask({ sub: 'ada', groups: ['staff'], acr: 'pwd', auth_time: now - 2400 }, '--json')
  t.equal(weak.code, 1)
  t.match(JSON.parse(weak.stdout), {
    ...{ outcome: 'sign_in', reason: 'step-up-needed', status: 302 },
    answer: 'the step-up at op, and back here',
    conditions: [
      { where: 'app: signed_in', met: true },
      { where: 'groups', met: true },
      { where: 'step_up: acr', expected: 'one of phr, phrh', actual: '"pwd"', met: false, blocks: true },
      { where: 'step_up: auth_time', expected: 'at most 30m old', actual: '40m old', met: false },
      { where: 'step_up: scopes', expected: 'payments', actual: 'openid profile', met: false },
    ],
  })
  const text = (await ask({ sub: 'ada', groups: ['staff'] })).stdout
  t.match(text, /sign-in: step-up-needed/)
  t.match(text, /→ miss +step_up: acr +one of phr, phrh +missing/)
  const refused = JSON.parse((await ask({ sub: 'ada', acr: 'phr' }, '--json')).stdout)
  t.match(refused, { outcome: 'denied', reason: 'rule-not-met' }, 'a no of the rule stays a no')
})

t.test('who and what say that a step-up comes on top', async (t) => {
  const told = await run(who, 'GET', 'https://wiki.example.com/pay')
  t.match(
    told.stdout,
    / {2}after a step-up:\n {4}acr: one of phr, phrh\n {4}auth_time: at most 30m old\n {4}scopes: payments\n/,
  )
  const json = JSON.parse((await run(who, 'GET', 'https://wiki.example.com/pay', '--json')).stdout)
  t.same(json.step_up, ['acr: one of phr, phrh', 'auth_time: at most 30m old', 'scopes: payments'])
  const reach = await run(what, '--claims', claimsOf({ sub: 'ada', groups: ['staff'] }))
  t.match(reach.stdout, /\/pay +sign-in +step-up with op: acr: one of phr, phrh; auth_time/)
})

t.test(
  'diff: a place that loses its step-up is looser, and a rule behind one is compared all the same',
  async (t) => {
    const lost = await run(diff, 'claimgate.yaml', 'without.yaml')
    t.match(lost.stdout, /step_up[\s\S]*acr_values phr phrh[\s\S]*→[\s\S]*none/)
    t.match(lost.stdout, /looser/)
    const more = await run(diff, 'claimgate.yaml', 'fewer.yaml')
    t.match(
      more.stdout,
      /gains access +groups: "guests"|gains access/,
      'people who have to step up gain it too',
    )
  },
)

t.test('rule tests know scopes, how old a sign-in is, and people who step up', async (t) => {
  writeFileSync(
    join(folder, 'pay.test.yaml'),
    `persons:
  weak: { claims: { groups: staff } }
  strong: { claims: { groups: staff, acr: phr }, scopes: [openid, payments], auth_age: 29m }
  stale: { claims: { groups: staff, acr: phr }, scopes: [openid, payments], auth_age: 32m }
  short: { claims: { groups: staff, acr: phr }, auth_age: 1m }
  guest: { claims: { groups: guests } }
cases:
  - { as: weak, request: GET https://wiki.example.com/pay, expect: sign_in, because: step-up-needed }
  - { as: weak, request: GET https://wiki.example.com/pay, stepped_up: true, expect: allow }
  - { as: strong, request: GET https://wiki.example.com/pay, expect: allow }
  - { as: stale, request: GET https://wiki.example.com/pay, expect: sign_in, because: step-up-needed }
  - { as: short, request: GET https://wiki.example.com/pay, expect: sign_in, because: step-up-needed }
  - { as: guest, request: GET https://wiki.example.com/pay, stepped_up: true, expect: deny, because: rule-not-met }
  - { as: nobody, request: GET https://wiki.example.com/pay, stepped_up: true, expect: sign_in, because: no-session }
`,
  )
  const { code, stdout, stderr } = await run(test, 'pay.test.yaml')
  t.equal(code, 0, stdout + stderr)
  t.match(stdout, /7 passed|7 tests|7 of 7/i)
  writeFileSync(
    join(folder, 'twice.test.yaml'),
    'persons: { ada: { claims: { auth_time: 1 }, auth_age: 5m } }\ncases: [{ as: ada, request: GET https://wiki.example.com/pay, expect: deny }]\n',
  )
  t.match((await run(test, 'twice.test.yaml')).stderr, /auth_age.*says how old `auth_time` is/)
})

// A change that lets somebody keep what would have been taken away, or pass with less, is told as such.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import { compareGateways } from '../../../src/rehearsal/difference/difference.ts'
import { differenceJson } from '../../../src/rehearsal/difference/json.ts'
import { differenceText } from '../../../src/rehearsal/difference/text.ts'
import { surroundings } from '../../config/surroundings.ts'

function load(provider: string, app: string, locations: string): Gateway {
  const text = `
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}"${provider} }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: signed_in${app}${locations} }
`
  const loaded = loadGatewayFromText(text, surroundings)
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return loaded.gateway
}

const ofProvider = (recheck: string) => load(`, recheck: ${recheck}`, '', '')
const ofApp = (stepUp: string | null) => load('', stepUp === null ? '' : `, step_up: ${stepUp}`, '')
const ofLocations = (...lines: readonly string[]) => load('', '', `, locations: [${lines.join(', ')}]`)

/** `step_up https://wiki.example.com/: max_age 300s → none (looser)`, one a line. */
function told(before: Gateway, after: Gateway): readonly string[] {
  return compareGateways({ before, after }).settings.map(
    (one) => `${one.setting} ${one.subject}: ${one.before} → ${one.after} (${one.effect})`,
  )
}

t.test('a provider that is asked less often, or not at all, is looser', async (t) => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['15m', 'never', 'every 900s → never (looser)'],
    ['never', '15m', 'never → every 900s (stricter)'],
    ['15m', '30m', 'every 900s → every 1800s (looser)'],
    ['{ every: 15m, unanswered: 1h }', '15m', 'every 900s, unanswered 3600s → every 900s (looser)'],
    [
      '{ every: 15m, unanswered: 1h }',
      '{ every: 15m, unanswered: 2h }',
      'every 900s, unanswered 3600s → every 900s, unanswered 7200s (looser)',
    ],
    [
      '{ every: 15m, unanswered: 2h }',
      '{ every: 30m, unanswered: 1h }',
      'every 900s, unanswered 7200s → every 1800s, unanswered 3600s (both)',
    ],
  ]
  for (const [one, other, expected] of rows)
    t.same(told(ofProvider(one), ofProvider(other)), [`recheck provider acme: ${expected}`])
  t.same(told(ofProvider('15m'), ofProvider('{ every: 900s }')), [], 'the same in other words')
})

t.test('a step-up that is gone, or asks for less, is looser', async (t) => {
  const rows: readonly (readonly [string | null, string | null, string])[] = [
    ['{ max_age: 5m }', null, 'max_age 300s → null (looser)'],
    [null, '{ max_age: 5m }', 'null → max_age 300s (stricter)'],
    ['{ max_age: 5m }', '{ max_age: 10m }', 'max_age 300s → max_age 600s (looser)'],
    ['{ max_age: 5m }', '{ max_age: 5m, lasts: 1h }', 'max_age 300s → max_age 300s, lasts 3600s (looser)'],
    ['{ acr_values: phr }', '{ acr_values: [phr, mfa] }', 'acr_values phr → acr_values phr mfa (looser)'],
    ['{ acr_values: phr }', '{ acr_values: mfa }', 'acr_values phr → acr_values mfa (both)'],
    ['{ acr_values: phr }', '{ max_age: 5m }', 'acr_values phr → max_age 300s (both)'],
    ['{ auth_context: c1 }', '{ auth_context: c2 }', 'auth_context c1 → auth_context c2 (both)'],
    ['{ scopes: [a, b] }', '{ scopes: [a] }', 'scopes a b → scopes a (looser)'],
    ['{ scopes: [a], prompt: login }', '{ scopes: [a] }', 'scopes a, prompt login → scopes a (looser)'],
    ['{ scopes: [a], prompt: consent }', '{ scopes: [a] }', 'scopes a, prompt consent → scopes a (null)'],
    [
      '{ scopes: [a], authorization_parameters: { display: page } }',
      '{ scopes: [a], authorization_parameters: { display: popup } }',
      'scopes a, display=page → scopes a, display=popup (null)',
    ],
  ]
  for (const [one, other, expected] of rows)
    t.same(told(ofApp(one), ofApp(other)), [`step_up https://wiki.example.com/: ${expected}`])
})

t.test('a location that goes takes its step-up along, and that is told of its path', async (t) => {
  const admin = '{ path: /admin, require: signed_in, step_up: { acr_values: phr } }'
  const here = '{ path: /here, require: signed_in }'
  const expected = 'step_up https://wiki.example.com/admin: acr_values phr → null (looser)'
  t.same(told(ofLocations(admin, here), ofLocations(here)), [expected])
  const exact = '{ path: /admin, exact: true, require: signed_in, step_up: { acr_values: phr } }'
  const below = 'step_up https://wiki.example.com/admin/…: acr_values phr → null (looser)'
  t.same(told(ofLocations(admin), ofLocations(exact)), [below], 'what lies below it')
  const read = '{ path: /admin, methods: [GET], require: signed_in, step_up: { acr_values: phr } }'
  const write = '{ path: /admin, methods: [POST], require: signed_in }'
  t.match(told(ofLocations(admin), ofLocations(read, write)).join('\n'), /step_up POST https:.*\(looser\)/)
})

t.test('where nobody must sign in any more, the rule tells it', async (t) => {
  const before = ofLocations('{ path: /a, require: signed_in, step_up: { acr_values: phr } }')
  const after = ofLocations('{ path: /a, require: anyone }')
  const difference = compareGateways({ before, after })
  t.same(
    difference.settings.filter(({ setting }) => setting === 'step_up'),
    [],
  )
  t.equal(difference.access.length, 1)
})

t.test('people and programs read which it is', async (t) => {
  const difference = compareGateways({ before: ofApp('{ max_age: 5m }'), after: ofApp(null) })
  t.match(differenceText(difference), /step_up +max_age 300s → none \(looser\)/)
  const json: unknown = JSON.parse(differenceJson(difference))
  t.match(json, { changed: true, settings: [{ setting: 'step_up', effect: 'looser' }] })
  const both = compareGateways({ before: ofApp('{ acr_values: a }'), after: ofApp('{ acr_values: b }') })
  t.match(differenceText(both), /\(looser and stricter\)/)
})

t.test('a form that is no longer kept is told of its location', async (t) => {
  const before = ofLocations('{ path: /a, require: signed_in }')
  const after = ofLocations('{ path: /a, require: signed_in, resume: none }')
  t.same(told(before, after), ['resume wiki /a: forms → none (null)'])
})

t.test('beside a step-up the rule is compared for people who did step up', async (t) => {
  const at = (group: string) =>
    ofLocations(`{ path: /a, require: { groups: ${group} }, step_up: { acr_values: phr, max_age: 5m } }`)
  const { access } = compareGateways({ before: at('one'), after: at('other') })
  t.match(access, [{ places: ['https://wiki.example.com/a'] }])
  t.equal(access[0]?.change.lost.length, 1, 'who was let in by the old rule')
  t.equal(access[0]?.change.gained.length, 1, 'who is let in by the new one')
})

// A log under the very rules that wrote it: whatever the reason of a line, nothing is told to end otherwise. What decided by
// more than a line holds is left out, or cannot be told.
import t from 'tap'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { allowReasons, challengeReasons, denyReasons, rejectReasons } from '../../../src/core/reason.ts'
import { replayLog } from '../../../src/rehearsal/replay/replay.ts'
import { surroundings } from '../../config/surroundings.ts'

const loaded = loadGatewayFromText(
  `
trusted_proxies: none
providers:
  op: { issuer: "https://op.example.com", client_id: c, client_secret: "\${env:SECRET}" }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: { lambda: { function: "arn:aws:lambda:eu-west-1:123456789012:function:wiki" } }
    require: signed_in
    locations:
      - { path: /public, require: anyone }
      - { path: /maybe, require: maybe_signed_in }
      - { path: /admin, require: { groups: admins } }
`,
  surroundings,
)
if (!loaded.ok) throw new Error('the rules have faults')
const { gateway } = loaded

/** What a line of its own shows: elsewhere the rules here would say something else. */
const decidedByTheLine: ReadonlySet<string> = new Set([
  ...['open-to-anyone', 'maybe-signed-in', 'rule-met', 'gateway-address'],
  ...[
    'no-session',
    'step-up-needed',
    'other-provider-needed',
    'rule-not-met',
    'nobody-allowed',
    'no-location',
    'client-address',
    'client-certificate',
  ],
  ...['host-unknown', 'app-unknown', 'address-unknown', 'method-not-allowed'],
  ...Object.keys(rejectReasons).filter((reason) => reason.startsWith('target-')),
])

const decisions = [
  ['allow', allowReasons],
  ['challenge', challengeReasons],
  ['deny', denyReasons],
  ['reject', rejectReasons],
] as const

for (const [decision, reasons] of decisions) {
  for (const reason of Object.keys(reasons)) {
    if (decidedByTheLine.has(reason)) continue
    t.test(`${reason}: no request of it is told to end otherwise`, async (t) => {
      const line = (path: string, more: object) =>
        JSON.stringify({
          event: 'request',
          ...{ method: 'POST', host: 'wiki.example.com', path, decision, reason, client: '192.0.2.7' },
          ...more,
        })
      const somebody = { provider: 'op', subject: 'ada' }
      const isKnown = !/^(?:no-|session-|pair-|credential)/.test(reason)
      // Where nobody is looked up, nobody can have been refused for who it was.
      const paths = decision === 'challenge' ? ['/', '/admin'] : ['/', '/admin', '/public', '/.auth/token']
      const lines = paths.flatMap((path) => [
        ...(isKnown ? [line(path, somebody)] : []),
        ...(decision === 'challenge' ? [] : [line(path, {})]),
      ])
      async function* all() {
        yield* lines
      }
      const { examples } = await replayLog(all(), {
        now: gateway,
        old: gateway,
        claims: new Map([['ada', { sub: 'ada', groups: ['admins'] }]]),
      })
      const otherwise = examples.filter(({ replayed }) => replayed.kind !== 'cannot-be-told')
      t.same(
        otherwise.map(({ request, replayed }) => `${request.path} ${replayed.kind}`),
        [],
      )
    })
  }
}

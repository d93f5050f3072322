// What is open is judged again in pieces: counted, not timed.
import t from 'tap'
import type { UpstreamSettings } from '../../../src/core/gateway.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { admitAgain, judgingInPieces, leadsTo } from '../../../src/http/admission/again.ts'
import type { SessionLookup } from '../../../src/runtime/sessions.ts'
import { factsOf, openTestContext } from '../../support/request-context.ts'

const piece = limits.rejudgedConnections

/** Turns that a test gives one after the other. */
function heldTurns() {
  let go: (() => void) | null = null
  let asked = 0
  return {
    asked: () => asked,
    nextTurn: () =>
      new Promise<void>((resolve) => {
        asked += 1
        go = resolve
      }),
    give: async () => {
      go?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

t.test('so many in a turn and no more, each once, in order', async (t) => {
  const turns = heldTurns()
  const judgeAll = judgingInPieces<number>(turns.nextTurn)
  const judged: number[] = []
  const all = Array.from({ length: 2 * piece + 1 }, (_, i) => i)
  let over = false
  const done = judgeAll(all, (one) => judged.push(one)).then(() => {
    over = true
  })
  for (const count of [piece, 2 * piece, 2 * piece + 1]) {
    t.equal(judged.length, count)
    t.equal(over, judged.length === all.length)
    await turns.give()
  }
  await done
  t.same(judged, all)
  t.equal(turns.asked(), 2)
})

t.test('one piece takes no turn', async (t) => {
  const turns = heldTurns()
  const judged: number[] = []
  const judgeAll = judgingInPieces<number>(turns.nextTurn)
  await judgeAll(
    Array.from({ length: piece }, (_, i) => i),
    (one) => judged.push(one),
  )
  t.equal(judged.length, piece)
  await judgeAll([], (one) => judged.push(one))
  t.equal(judged.length, piece)
  t.equal(turns.asked(), 0)
})

t.test('a later call takes over: what is left of the one before is not judged by what it says', async (t) => {
  const turns = heldTurns()
  const judgeAll = judgingInPieces<number>(turns.nextTurn)
  const judged: string[] = []
  const all = Array.from({ length: piece + 1 }, (_, i) => i)
  const first = judgeAll(all, (one) => judged.push(`first ${one}`))
  const giveFirst = turns.give
  await judgeAll([0, 1], (one) => judged.push(`second ${one}`))
  await giveFirst()
  await first
  t.equal(judged.length, piece + 2)
  t.same(judged.slice(-2), ['second 0', 'second 1'])
})

t.test('what is taken is what was open when it was called', async (t) => {
  const turns = heldTurns()
  const judgeAll = judgingInPieces<number>(turns.nextTurn)
  const open = new Set(Array.from({ length: piece + 1 }, (_, i) => i))
  const judged: number[] = []
  const done = judgeAll(open, (one) => judged.push(one))
  open.add(-1)
  await turns.give()
  await done
  t.notOk(judged.includes(-1))
})

t.test('others have their turn between two pieces, where nobody says how', async (t) => {
  const judged: number[] = []
  const seen: number[] = []
  setImmediate(() => seen.push(judged.length))
  const all = Array.from({ length: 2 * piece }, (_, i) => i)
  await judgingInPieces<number>()(all, (one) => judged.push(one))
  t.same(seen, [piece])
  t.equal(judged.length, 2 * piece)
})

const upstream = (changed: Partial<UpstreamSettings>): UpstreamSettings =>
  ({ origin: 'https://app.example', basePath: '/wiki', ca: null, ...changed }) as UpstreamSettings

t.test('a connection leads on where address, path and trusted certificates are the same', async (t) => {
  const one = upstream({})
  t.equal(leadsTo(one, upstream({})), true)
  t.equal(leadsTo(one, upstream({ origin: 'https://other.example' })), false)
  t.equal(leadsTo(one, upstream({ basePath: '' })), false)
  t.equal(leadsTo(one, upstream({ ca: 'PEM' })), false)
  const lambda = {
    functionName: 'arn:aws:lambda:eu-west-1:123456789012:function:wiki',
    payload: '1.0',
    streaming: false,
  } as const
  t.equal(leadsTo(one, upstream({ lambda })), false)
  t.equal(
    leadsTo(
      upstream({ lambda: { ...lambda, functionName: `${lambda.functionName}:live` } }),
      upstream({ lambda }),
    ),
    false,
  )
  t.equal(leadsTo(upstream({ lambda: { ...lambda, payload: '2.0' } }), upstream({ lambda })), true)
  t.equal(leadsTo(one, upstream({ socketPath: '/run/app.sock' })), false)
})

t.test('being judged again keeps no session alive, and says what the rules in force say', async (t) => {
  const { runtime, gateway } = openTestContext(
    t,
    `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps: { wiki: { url: https://wiki.example, upstream: http://10.9.9.9, require: signed_in } }
`,
  )
  const cookie = `${gateway.hosts.get('wiki.example')?.cookies.session}=value`
  const asked: string[] = []
  const look =
    (name: string) =>
    (value: string, origin: { origin: string }): SessionLookup => {
      asked.push(`${name} ${value} ${origin.origin}`)
      return { kind: 'none', why: 'session-ended' }
    }
  const sessions = { ...runtime.sessions, use: look('use'), lookUp: look('lookUp') }
  const facts = factsOf('https://wiki.example/x', { headers: { cookie } })
  t.match(await admitAgain({ ...runtime, sessions }, facts), {
    requestId: 'again',
    decision: { kind: 'challenge', reason: 'session-ended' },
    target: { path: '/x' },
  })
  t.same(asked, ['lookUp value https://wiki.example'])
})

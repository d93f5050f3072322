// The book of server-sent events under way: who ends when, and who is judged again.
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import type { Session } from '../../../src/core/session/session.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import { judgingInPieces } from '../../../src/http/admission/again.ts'
import { OpenEventStreams } from '../../../src/http/proxy/event-streams.ts'
import { createCredentialWatch } from '../../../src/runtime/credential-watch.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { connectionCertificate } from '../../support/certificates.ts'
import { createTestClock } from '../../support/clock.ts'
import { gatewayOf } from '../../support/model.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const model = (rule: string, upstream = 'http://10.0.0.5') =>
  gatewayOf(`
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s }
apps:
  wiki:
    url: https://wiki.example
    upstream: ${upstream}
    shared_secret: the-secret-that-the-wiki-checks-on-each-request
    require: { groups: nobody-has-it }
    locations: [{ path: /events, methods: [POST], require: ${rule} }]
`)

/** Of whom it is heard when a session ends. */
function heldRuntime(gateway = model('anyone')) {
  const listeners: (() => void)[] = []
  const renewals: (() => void)[] = []
  let unwatched = 0
  const sessions = {
    onEnd: (_session: Session, _origin: unknown, listener: () => void, renewed: () => void) => {
      listeners.push(listener)
      renewals.push(renewed)
      return () => void unwatched++
    },
    lookUp: () => ({ kind: 'none', why: 'no-session' }),
  }
  const clock = { now: () => 1_800_000_000 }
  const runtime = { gateway, sessions, clock } as unknown as Runtime
  return { runtime, listeners, renewals, unwatched: () => unwatched }
}

const gateway = model('anyone')
const [app] = gateway.apps
const [origin] = gateway.hosts.values()
/** The request line of a request that was handed over is not the client's any more. */
const request = (): IncomingMessage =>
  ({
    method: 'GET',
    url: '/',
    httpVersion: '1.1',
    headers: { host: 'wiki.example' },
    rawHeaders: ['Host', 'wiki.example'],
    socket: { remoteAddress: '192.0.2.1' },
  }) as unknown as IncomingMessage
const admission = (more: object = {}): Admission =>
  ({
    session: { key: 'k' },
    header: null,
    certificate: null,
    origin,
    app,
    method: 'POST',
    target: { path: '/events', query: '?x' },
    ...more,
  }) as unknown as Admission

t.test('they end with their session, once', async (t) => {
  const { runtime, listeners, unwatched } = heldRuntime()
  const open = new OpenEventStreams()
  let ended = 0
  const over = open.add(runtime, request(), admission(), () => ended++)
  t.equal(listeners.length, 1)
  t.equal(ended, 0)
  listeners[0]?.()
  listeners[0]?.()
  open.closeAll()
  t.equal(ended, 1)
  t.equal(unwatched(), 0)
  over()
  t.equal(unwatched(), 1)
})

t.test('beside a session the end of a certificate has them judged again', async (t) => {
  const clock = createTestClock(1_800_000_000)
  const { runtime, listeners, unwatched } = heldRuntime()
  const credentialWatch = createCredentialWatch(clock, (thrown) => t.fail(String(thrown)))
  const open = new OpenEventStreams()
  const ended: (string | undefined)[] = []
  const now = heldRuntime(model('signed_in')).runtime
  const certificate = connectionCertificate({}, { endsAt: clock.now() + 10 })
  const over = open.add(
    { ...runtime, credentialWatch },
    request(),
    admission({ certificate }),
    (reason) => void ended.push(reason),
    () => (clock.now() < certificate.endsAt ? runtime : now),
  )
  t.equal(listeners.length, 1, 'its session is watched, too')
  credentialWatch.tick()
  await turn()
  t.same(ended, [])
  clock.time += 10
  credentialWatch.tick()
  await turn()
  t.same(ended, ['no-session'])
  over()
  t.equal(unwatched(), 1)
})

t.test('nobody’s are not watched', async (t) => {
  for (const more of [{ session: null }, { origin: null }]) {
    const { runtime, listeners } = heldRuntime()
    t.doesNotThrow(() => new OpenEventStreams().add(runtime, request(), admission(more), () => {})())
    t.equal(listeners.length, 0)
  }
})

t.test('one that is over is ended by nobody', async (t) => {
  const { runtime, listeners } = heldRuntime()
  const open = new OpenEventStreams()
  let ended = 0
  const asked = request()
  open.add(runtime, asked, admission(), () => ended++)()
  listeners[0]?.()
  t.doesNotThrow(() => open.judge(heldRuntime(model('nobody')).runtime, asked))
  await turn()
  open.closeAll()
  t.equal(ended, 0)
})

t.test('a gateway that stops ends those that are open, and who comes later', async (t) => {
  const { runtime } = heldRuntime()
  const open = new OpenEventStreams()
  let ended = 0
  open.add(runtime, request(), admission(), () => ended++)
  open.closeAll()
  t.equal(ended, 1)
  open.add(runtime, request(), admission(), () => ended++)
  t.equal(ended, 2)
})

t.test('a new configuration judges them by the request that the client sent', async (t) => {
  for (const [name, next, asked, ends] of [
    ['as before', model('anyone'), admission(), false],
    ['another rule', model('signed_in'), admission(), true],
    ['another app behind it', model('anyone', 'http://10.0.0.6'), admission(), true],
    ['a method that is not let in', model('anyone'), admission({ method: 'GET' }), true],
    ['a path that is not let in', model('anyone'), admission({ target: { path: '/x', query: '' } }), true],
    ['no path', model('anyone'), admission({ target: null }), true],
    ['no app before', model('anyone'), admission({ app: null }), true],
    [
      'an address of ours',
      model('anyone'),
      admission({ method: 'GET', target: { path: '/.auth/health', query: '' } }),
      true,
    ],
  ] as const) {
    const { runtime } = heldRuntime()
    const open = new OpenEventStreams()
    let ended = 0
    open.add(runtime, request(), asked, () => ended++)
    await open.judgeAgain(heldRuntime(next).runtime)
    await turn()
    t.equal(ended, ends ? 1 : 0, name)
  }
})

t.test('they are judged again when the provider of their session has answered anew', async (t) => {
  for (const [rule, ends] of [
    ['anyone', []],
    ['signed_in', ['no-session']],
  ] as const) {
    const { runtime, renewals } = heldRuntime()
    const open = new OpenEventStreams()
    const ended: (string | undefined)[] = []
    const now = heldRuntime(model(rule)).runtime
    open.add(
      runtime,
      request(),
      admission(),
      (reason) => void ended.push(reason),
      () => now,
    )
    renewals[0]?.()
    await turn()
    t.same(ended, ends, rule)
  }
})

t.test('one that cannot be judged ends', async (t) => {
  const { runtime } = heldRuntime()
  const open = new OpenEventStreams()
  let ended = 0
  open.add(runtime, request(), admission(), () => ended++)
  await open.judgeAgain({ gateway } as unknown as Runtime)
  await turn()
  t.equal(ended, 1)
})

t.test('of many, so many are judged in one turn', async (t) => {
  const turns: (() => void)[] = []
  const open = new OpenEventStreams(judgingInPieces(() => new Promise((resolve) => turns.push(resolve))))
  const { runtime } = heldRuntime()
  let ended = 0
  for (let i = 0; i <= limits.rejudgedConnections; i++)
    open.add(runtime, request(), admission(), () => ended++)
  const done = open.judgeAgain(heldRuntime(model('nobody')).runtime)
  await turn()
  t.equal(ended, limits.rejudgedConnections)
  turns[0]?.()
  await done
  await turn()
  t.equal(ended, limits.rejudgedConnections + 1)
})

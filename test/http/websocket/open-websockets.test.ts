// The book of open WebSockets, with tunnels that only remember how they were closed.
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Gateway } from '../../../src/core/gateway.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { Session } from '../../../src/core/session/session.ts'
import { type Admission, upstreamOf } from '../../../src/http/admission/admission.ts'
import { judgingInPieces } from '../../../src/http/admission/again.ts'
import { closeCodes } from '../../../src/http/websocket/frames.ts'
import { OpenWebSockets } from '../../../src/http/websocket/open-websockets.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { gatewayOf } from '../../support/model.ts'

const page = 'https://page.example'
const gateway = (location: string, upstream = 'http://10.0.0.5') =>
  gatewayOf(`
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s }
apps:
  wiki:
    url: https://wiki.example
    upstream: ${upstream}
    shared_secret: the-secret-that-the-wiki-checks-on-each-request
    require: signed_in
    locations: [${location}]
`)
const usual = `{ path: /ws, require: anyone, websocket: { origins: ["${page}"] } }`

/** A runtime whose sessions are used by nobody here. */
const runtimeOf = (model: Gateway): Runtime => {
  const lookUp = () => ({ kind: 'none', why: 'no-session' }) as const
  const use = () => {
    throw new Error('being asked again is no use of a session')
  }
  const clock = { now: () => 1_800_000_000 }
  return { gateway: model, sessions: { use, lookUp }, clock } as unknown as Runtime
}

const asking = (origin: string | undefined = page, url = '/ws'): IncomingMessage => {
  const headers = { host: 'wiki.example', ...(origin === undefined ? {} : { origin }) }
  const rawHeaders = ['Host', 'wiki.example']
  const socket = { remoteAddress: '192.0.2.1' }
  return { method: 'GET', url, httpVersion: '1.1', headers, rawHeaders, socket } as unknown as IncomingMessage
}

function heldTunnel() {
  const codes: number[] = []
  return { codes, close: (code: number) => void codes.push(code) }
}

const upstream = [...gateway(usual).apps].map((app) => app.upstream)[0]
if (upstream === undefined) throw new Error('no app')
const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test(
  'a handshake is given up when its client ends or goes, or the gateway stops, and says why',
  async (t) => {
    for (const [leave, why] of [
      [(client: PassThrough) => client.destroy(), 'client-gone'],
      [(client: PassThrough) => client.resume().end(), 'client-gone'],
      [(_client: PassThrough, open: OpenWebSockets) => open.closeAll(), 'gateway-stops'],
    ] as const) {
      const open = new OpenWebSockets()
      const client = new PassThrough()
      const signal = open.begin(client)
      t.notOk(signal.aborted)
      leave(client, open)
      await turn()
      t.ok(signal.aborted)
      t.equal(signal.reason, why)
    }
    const open = new OpenWebSockets()
    const gone = new PassThrough()
    const signal = open.begin(gone)
    gone.destroy()
    await turn()
    open.closeAll()
    t.equal(signal.reason, 'client-gone', 'one that is gone is not asked')
    t.equal(open.begin(new PassThrough()).reason, 'gateway-stops', 'one that comes later is given up at once')
  },
)

t.test('a session has so many, each until its client has closed', async (t) => {
  const open = new OpenWebSockets()
  const by = (key: string) => ({ session: { key } as unknown as Session, principal: null })
  const [session, other] = [by('a'), by('b')]
  const clients = Array.from({ length: limits.webSockets }, () => new PassThrough())
  for (const client of clients) t.ok(open.countFor(session, client))
  t.notOk(open.countFor(session, new PassThrough()))
  t.notOk(open.countFor(session, new PassThrough()), 'what was refused does not count')
  t.ok(open.countFor(other, new PassThrough()), 'another session has its own')
  t.ok(open.countFor({ session: null, principal: null }, new PassThrough()), 'nobody’s are not counted')
  const gone = new PassThrough().destroy()
  t.ok(open.countFor(session, gone), 'one that is gone needs no room')
  for (const count of [1, 2]) {
    for (const client of clients.splice(0, count)) client.destroy()
    await turn()
    for (let i = 0; i < count; i++) {
      const client = new PassThrough()
      t.ok(open.countFor(session, client), 'there is room again')
      clients.push(client)
    }
    t.notOk(open.countFor(session, new PassThrough()))
  }
  for (const client of clients) client.destroy()
  await turn()
  for (let i = 0; i < limits.webSockets; i++) open.countFor(session, new PassThrough())
  t.notOk(open.countFor(session, new PassThrough()), 'and as many as before')
})

t.test('a new configuration closes what it would not open, and what would lead elsewhere', async (t) => {
  const rows: readonly (readonly [string, string, string | undefined, number | null])[] = [
    ['the same', usual, page, null],
    ['no such location', '{ path: /x, require: anyone, websocket: true }', page, closeCodes.policyViolation],
    ['no WebSockets there', '{ path: /ws, require: anyone }', page, closeCodes.policyViolation],
    ['another rule', `${usual.replace('anyone', 'signed_in')}`, page, closeCodes.policyViolation],
    ['another origin', usual, 'https://else.example', closeCodes.policyViolation],
    ['a program at an open location', usual, undefined, null],
    ['a program, no WebSockets', '{ path: /ws, require: anyone }', undefined, closeCodes.policyViolation],
  ]
  for (const [name, location, origin, code] of rows) {
    const open = new OpenWebSockets()
    const tunnel = heldTunnel()
    open.add(tunnel, { request: asking(origin), upstream })
    await open.judgeAgain(runtimeOf(gateway(location)))
    await turn()
    t.same(tunnel.codes, code === null ? [] : [code], name)
  }
  for (const [where, moved] of [
    ['http://10.0.0.5', false],
    ['http://10.0.0.6', true],
    ['http://10.0.0.5/base', true],
  ] as const) {
    const open = new OpenWebSockets()
    const tunnel = heldTunnel()
    open.add(tunnel, { request: asking(), upstream })
    await open.judgeAgain(runtimeOf(gateway(usual, where)))
    await turn()
    t.same(tunnel.codes, moved ? [closeCodes.serviceRestart] : [], where)
  }
})

t.test('why one is closed is told, once, before it is', async (t) => {
  for (const [location, why] of [
    ['{ path: /ws, require: signed_in, websocket: true }', 'no-session'],
    ['{ path: /ws, require: anyone }', 'websocket-disabled'],
    [usual, null],
  ] as const) {
    const open = new OpenWebSockets()
    const tunnel = heldTunnel()
    const told: string[] = []
    open.add(tunnel, { request: asking(), upstream, onRefused: (reason) => void told.push(reason) })
    open.judge(tunnel, runtimeOf(gateway(location)))
    await turn()
    t.same(told, why === null ? [] : [why])
    t.equal(tunnel.codes.length, told.length)
  }
})

t.test('one that cannot be judged is closed', async (t) => {
  const open = new OpenWebSockets()
  const tunnel = heldTunnel()
  open.add(tunnel, { request: asking(), upstream })
  await open.judgeAgain({} as unknown as Runtime)
  await turn()
  t.same(tunnel.codes, [closeCodes.policyViolation])
})

t.test('one that has closed is not judged any more', async (t) => {
  const open = new OpenWebSockets()
  const tunnel = heldTunnel()
  open.add(tunnel, { request: asking('https://else.example'), upstream })
  open.delete(tunnel)
  open.judge(tunnel, runtimeOf(gateway(usual)))
  await open.judgeAgain(runtimeOf(gateway(usual)))
  await turn()
  t.same(tunnel.codes, [])
  open.closeAll()
  t.same(tunnel.codes, [])
})

t.test('of many, so many are judged in one turn', async (t) => {
  const turns: (() => void)[] = []
  const open = new OpenWebSockets(judgingInPieces(() => new Promise((resolve) => turns.push(resolve))))
  const tunnels = Array.from({ length: limits.rejudgedConnections + 1 }, heldTunnel)
  for (const tunnel of tunnels) open.add(tunnel, { request: asking('https://else.example'), upstream })
  const done = open.judgeAgain(runtimeOf(gateway(usual)))
  await turn()
  t.equal(tunnels.filter(({ codes }) => codes.length > 0).length, limits.rejudgedConnections)
  turns[0]?.()
  await done
  await turn()
  t.same(
    tunnels.map(({ codes }) => codes),
    tunnels.map(() => [closeCodes.policyViolation]),
  )
})

t.test('a gateway that stops tells each, and who comes later', async (t) => {
  const open = new OpenWebSockets()
  const [early, late] = [heldTunnel(), heldTunnel()]
  open.add(early, { request: asking(), upstream })
  t.same(early.codes, [])
  open.closeAll()
  t.same(early.codes, [closeCodes.goingAway])
  open.add(late, { request: asking(), upstream })
  t.same(late.codes, [closeCodes.goingAway])
})

t.test('what is opened for no app is a mistake of ours', async (t) => {
  const [app] = gateway(usual).apps
  t.equal(upstreamOf({ app } as unknown as Admission), app?.upstream)
  t.throws(() => upstreamOf({ app: null } as unknown as Admission), /for no app/)
})

// What stands before Fastify, with a request and an answer that a test holds: what is shown, told and noted.
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { StoreFault } from '../../../src/core/fault.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import { admissionOf } from '../../../src/http/admission/admission.ts'
import { contextOf, type ServerContext } from '../../../src/http/server/context.ts'
import { noteCut } from '../../../src/http/server/cut-answer.ts'
import { createRequestIds } from '../../../src/http/server/request-ids.ts'
import { createRequestListener } from '../../../src/http/server/request-listener.ts'
import type { Editions } from '../../../src/runtime/editions.ts'
import { gatewayOf } from '../../support/model.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const gateway = gatewayOf(`
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.0.0.5
    shared_secret: the-secret-that-the-wiki-checks-on-each-request
    require: signed_in
    locations: [{ path: /open, require: anyone }, { path: /maybe, require: maybe_signed_in }]
`)
const cookie = [...gateway.hosts.values()][0]?.cookies.session

class HeldRequest extends PassThrough {
  method = 'GET'
  url = '/open?x=1'
  httpVersion = '1.1'
  complete = true
  headers: Record<string, string> = { host: 'wiki.example' }
  rawHeaders = ['Host', 'wiki.example']
  socket = Object.assign(new EventEmitter(), {
    remoteAddress: '192.0.2.1',
    destroyed: false,
    destroySoon: () => {},
  })
}

class HeldResponse extends EventEmitter {
  writableFinished = false
  headersSent = false
  statusCode = 200
  readonly done: unknown[] = []
  writeContinue(): void {
    this.done.push('continue')
  }
  writeHead(...head: readonly unknown[]): this {
    this.done.push(head)
    return this
  }
  end(): void {
    this.done.push('end')
  }
  destroy(): void {
    this.done.push('destroy')
  }
}

interface Asked extends Partial<Pick<HeldRequest, 'method' | 'url' | 'httpVersion' | 'headers'>> {
  readonly use?: () => unknown
  readonly next?: () => void
  readonly headersSent?: boolean
}

function asked({
  use = () => ({ kind: 'none', why: 'no-session' }),
  next,
  headersSent = false,
  ...facts
}: Asked = {}) {
  const told: unknown[] = []
  const [request, response] = [new HeldRequest(), new HeldResponse()]
  response.headersSent = headersSent
  Object.assign(request, facts, { headers: { ...request.headers, ...facts.headers } })
  const runtime = {
    edition: 'e1',
    gateway,
    random: (bytes: number) => Buffer.alloc(bytes, 0xab),
    sessions: { use, lookUp: use },
    clock: { now: () => 0 },
  }
  const edition = { runtime, inUse: 0 }
  const context = {
    editions: {
      current: () => runtime,
      enter: () => {
        edition.inUse += 1
        return edition
      },
      leave: () => void edition.inUse--,
    } as unknown as Editions,
    log: {
      access: (admission: Admission, status: number, of: string, cut: unknown) =>
        told.push(['access', admission.requestId, status, of, cut]),
      fault: (event: string, _thrown: unknown, fields: unknown) => told.push([event, fields]),
      event: (_level: string, event: string) => told.push(event),
    },
    metrics: {
      request: (_admission: Admission, status: number) => told.push(['metrics', status]),
      fault: (code: string, app: string | null) => told.push(['counted', code, app]),
    },
    lingering: { dropRest: (of: unknown) => told.push(['dropped', of === request]) },
    requestIds: createRequestIds((bytes) => Buffer.alloc(bytes, 0xab)),
  } as unknown as ServerContext
  let shown = 0
  createRequestListener(context)(
    request as unknown as IncomingMessage,
    response as unknown as ServerResponse,
    () => {
      shown += 1
      next?.()
    },
  )
  const raw = request as unknown as IncomingMessage
  return { told, request, raw, response, edition, shown: () => shown }
}

t.test('what is let in is handed over, and what is refused is shown its answer', async (t) => {
  for (const [name, more, url, method, kind] of [
    ['an app’s', {}, '/', 'GET', 'allow'],
    ['another method of it', { method: 'PUT' }, '/', 'GET', 'allow'],
    ['nobody signed in', { url: '/x', method: 'POST' }, '/answer', 'GET', 'challenge'],
    ['no address', { url: '/a//b' }, '/answer', 'GET', 'reject'],
    ['an address of ours', { url: '/.auth/health?x' }, '/own/health', 'GET', 'allow'],
    ['its HEAD', { url: '/.auth/health', method: 'HEAD' }, '/own/health', 'GET', 'allow'],
    ['its POST', { url: '/.auth/logout', method: 'POST' }, '/own/logout', 'POST', 'allow'],
  ] as const) {
    const { raw, shown, edition } = asked(more)
    t.equal(shown(), 1, name)
    t.same([raw.url, raw.method, admissionOf(raw).decision.kind], [url, method, kind], name)
    t.equal(contextOf(raw).runtime.edition, 'e1')
    t.equal(edition.inUse, 1)
    t.equal(admissionOf(raw).requestId, 'abababab-000001')
  }
})

t.test('a body is promised to be read where it will be, to who understands it', async (t) => {
  for (const [name, more, promised] of [
    ['let in', {}, true],
    ['refused', { url: '/x' }, false],
    ['HTTP/1.0', { httpVersion: '1.0' }, false],
    ['not asked', { headers: {} }, false],
  ] as const) {
    const { response } = asked({ headers: { expect: '100-continue' }, ...more })
    t.same(response.done, promised ? ['continue'] : [], name)
  }
})

t.test('a form of ours has its time, and nothing else has', async (t) => {
  for (const [name, more, timed] of [
    ['a form', { url: '/.auth/logout', method: 'POST' }, true],
    ['a page', { url: '/.auth/logout' }, false],
    ['an app’s POST', { method: 'POST' }, false],
  ] as const) {
    const { request } = asked(more)
    t.equal(request.listenerCount('data') > 0, timed, name)
    request.destroy()
  }
})

t.test('its end is noted once, with what the client got', async (t) => {
  for (const [finished, cut, status] of [
    [true, false, 200],
    [true, true, 200],
    [false, true, 200],
    [false, false, 499],
  ] as const) {
    const { told, raw, response, edition } = asked()
    t.same(told, [])
    if (cut) noteCut(raw, 'UPSTREAM_ABORTED')
    response.writableFinished = finished
    response.emit('close')
    response.emit('close')
    t.same(told, [
      ['access', 'abababab-000001', status, 'e1', !finished && cut ? 'UPSTREAM_ABORTED' : null],
      ['metrics', status],
    ])
    t.equal(edition.inUse, 0)
  }
})

const withCookie = { url: '/maybe', headers: { cookie: `${cookie}=value` } }

t.test(
  'while a session is looked up nothing is shown; a client that leaves meanwhile is noted and goes no further',
  async (t) => {
    for (const leaves of [false, true]) {
      const { promise, resolve } = Promise.withResolvers<unknown>()
      const { told, response, shown, edition } = asked({ ...withCookie, use: () => promise })
      t.equal(shown(), 0)
      if (leaves) response.emit('close')
      t.same(told, [])
      resolve({ kind: 'none', why: 'no-session' })
      await turn()
      t.equal(shown(), leaves ? 0 : 1)
      t.same(told.length > 0, leaves)
      t.equal(edition.inUse, leaves ? 0 : 1)
      if (leaves)
        t.match(told, [
          ['access', String, 499],
          ['metrics', 499],
        ])
    }
  },
)

t.test('a store that fails is told with the id of the request', async (t) => {
  const use = () => {
    throw new StoreFault('STORE_UNAVAILABLE', 'no disk')
  }
  const { told, shown } = asked({ ...withCookie, use })
  await turn()
  t.same(told, [
    ['counted', 'STORE_UNAVAILABLE', 'wiki'],
    ['store.failed', { request_id: 'abababab-000001', app: 'wiki' }],
  ])
  t.equal(shown(), 1)
})

t.test('what should not happen is 500, told, and the rest of the body dropped', async (t) => {
  const next = () => {
    throw new Error('a mistake')
  }
  for (const [name, more, told, done] of [
    [
      'no body',
      {},
      [['internal.failed', {}]],
      [[500, { connection: 'close', 'cache-control': 'no-store' }], 'end'],
    ],
    [
      'a body',
      { headers: { 'content-length': '5' } },
      [
        ['internal.failed', {}],
        ['dropped', true],
      ],
      [[500, { connection: 'close', 'cache-control': 'no-store' }], 'end'],
    ],
    ['an answer that has begun', { headersSent: true }, [['internal.failed', {}]], ['destroy']],
  ] as const) {
    for (const later of [false, true]) {
      const wait = later ? { ...withCookie, use: async () => ({ kind: 'none', why: 'no-session' }) } : {}
      const headers = { ...('headers' in more ? more.headers : {}), ...(later ? withCookie.headers : {}) }
      const one = asked({ ...wait, ...more, headers, next })
      await turn()
      t.same(one.told, told, `${name}, ${later ? 'later' : 'at once'}`)
      t.same(one.response.done, done)
    }
  }
})

t.test('ids say nothing, and count', async (t) => {
  const { instance, next } = createRequestIds((bytes) => Buffer.alloc(bytes, 0x0f))
  t.equal(instance, '0f0f0f0f')
  t.equal(next(), '0f0f0f0f-000001')
  for (let i = 2; i < 36; i++) next()
  t.equal(next(), '0f0f0f0f-000010')
})

// The body of one request on its way: as it comes, held, or that of a form that waited.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { isFault } from '../../../src/core/fault.ts'
import { createHeldBytes } from '../../../src/core/limits/held-bytes.ts'
import { ClientBody } from '../../../src/http/proxy/client-body.ts'
import { heldTiming } from '../../support/timing.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const network = { key: '192.0.2.1', hidden: false }

interface Asked {
  readonly headers?: Record<string, string>
  readonly form?: Buffer
  readonly isHeld?: boolean
  readonly room?: number
  readonly maxBodyBytes?: number | null
}

function started({ headers = {}, form, isHeld = true, room = 20, maxBodyBytes = 15 }: Asked) {
  const held = createHeldBytes()
  const request = Object.assign(new PassThrough(), { complete: false, headers, httpVersion: '1.1' })
  const told: unknown[] = []
  const share = { held, network, bounds: { inAll: room, ofNetwork: room } }
  const body = new ClientBody(
    {
      request: request as unknown as IncomingMessage,
      response: { writeContinue: () => told.push('100') } as unknown as ServerResponse,
      timeouts: { idleSeconds: 3, body: null },
      maxBodyBytes,
      share: isHeld ? share : null,
      form: form ?? null,
    },
    {
      onReady: (ready) => told.push(ready),
      onFault: (fault) => told.push(isFault(fault) ? fault.code : String(fault)),
      onPiece: () => null,
    },
    heldTiming(),
  )
  body.start()
  return { request, told, held, body }
}

t.test('where there is none, nothing waits', async (t) => {
  for (const headers of [{}, { 'content-length': '0' }])
    for (const isHeld of [true, false]) t.same(started({ headers, isHeld }).told, [null])
})

t.test('as it comes it is a stream at once, and nothing is counted', async (t) => {
  const { told, held, request, body } = started({ headers: { 'content-length': '4' }, isHeld: false })
  const [stream] = told
  t.ok(stream instanceof Readable)
  request.end('body')
  t.same(await (stream as Readable).toArray(), [Buffer.from('body')])
  t.equal(held.bytes(), 0)
  body.close()
})

t.test('one that goes as it comes is read no further once the exchange is over', async (t) => {
  const { told, request, body } = started({ headers: { 'content-length': '4' }, isHeld: false })
  const [stream] = told
  body.close()
  t.ok((stream as Readable).destroyed)
  t.equal(request.listenerCount('data'), 0)
  request.write('late')
  await turn()
  t.same(told, [stream])
})

t.test('a form that waited goes as it is: counted where bodies are held, else a stream', async (t) => {
  const form = Buffer.from('a=1')
  // The request that stands for it announces a body of its own, which was read long ago.
  const headers = { 'content-length': '700' }
  const held = started({ headers, form })
  t.same(held.told, [form])
  t.equal(held.told[0], form, 'and no copy of it')
  t.equal(held.held.bytes(), 3)
  held.body.close()
  held.body.close()
  t.equal(held.held.bytes(), 0)
  const passed = started({ headers, form, isHeld: false, maxBodyBytes: 1 })
  t.same(await (passed.told[0] as Readable).toArray(), [form])
  for (const isHeld of [true, false]) t.same(started({ form: Buffer.alloc(0), isHeld }).told, [null])
})

t.test('a form for which there is no room, or that is longer than can be sent', async (t) => {
  const full = started({ form: Buffer.alloc(10), room: 9 })
  t.same(full.told, ['HELD_BODIES_FULL'])
  full.body.close()
  t.equal(full.held.bytes(), 0)
  t.same(started({ form: Buffer.alloc(16) }).told, ['REQUEST_BODY_TOO_LARGE'])
})

t.test('what is announced to be too much is refused unread, and not asked for', async (t) => {
  const expect = { expect: '100-continue' }
  t.same(started({ headers: { 'content-length': '16', ...expect } }).told, ['REQUEST_BODY_TOO_LARGE'])
  const full = started({ headers: { 'content-length': '10', ...expect }, room: 9 })
  t.same(full.told, ['HELD_BODIES_FULL'])
  t.equal(full.request.listenerCount('data'), 0)
  t.same(started({ headers: { 'content-length': '9', ...expect }, room: 9 }).told, ['100'])
  t.same(started({ headers: { 'transfer-encoding': 'chunked', ...expect } }).told, ['100'])
})

t.test('an answer that comes first leaves the rest, and what is held stays until the end', async (t) => {
  const { told, held, request, body } = started({ headers: { 'transfer-encoding': 'chunked' } })
  request.end('body')
  await turn()
  t.same(told, [Buffer.from('body')])
  body.leave()
  t.equal(held.bytes(), 4)
  body.close()
  t.equal(held.bytes(), 0)
})

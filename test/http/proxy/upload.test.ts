// A body on its way to the app, from a request that a test holds.
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { isFault } from '../../../src/core/fault.ts'
import { announcedLength, Upload, type UploadLimits } from '../../../src/http/proxy/upload.ts'
import { heldTiming } from '../../support/timing.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

function uploading(limits: Partial<UploadLimits> = {}) {
  const timing = heldTiming()
  const request = new PassThrough({ highWaterMark: 1024 * 1024 })
  const faults: unknown[] = []
  const pieces: string[] = []
  const upload = new Upload(
    request as unknown as IncomingMessage,
    { maxBytes: null, rate: null, idleMs: 1_000, ...limits },
    {
      onFault: (fault) => faults.push(isFault(fault) ? [fault.code, fault.status] : fault),
      onPiece: () => pieces.push('piece'),
    },
    timing,
  )
  return { timing, request, upload, faults, pieces }
}

const lengthOf = (headers: object) => announcedLength({ headers } as IncomingMessage)

t.test('what is announced', async (t) => {
  t.equal(lengthOf({ 'content-length': '12' }), 12)
  t.equal(lengthOf({}), null)
})

t.test('it is read as fast as it is taken, from the first to the last byte', async (t) => {
  const { request, upload, faults, timing, pieces } = uploading()
  request.write('x')
  await turn()
  t.same(pieces, [])
  t.ok(request.isPaused(), 'not before somebody wants it')
  t.equal(timing.waiting(), 0, 'nor is it timed')
  t.equal(upload.read(), null)
  await turn()
  t.equal(String(upload.read()), 'x')
  t.equal(timing.waiting(), 1)
  request.end('y')
  await turn()
  t.equal(timing.waiting(), 0, 'its last byte has come, whoever takes it when')
  t.equal(String(upload.read()), 'y')
  upload.resume()
  await turn()
  t.ok(upload.readableEnded)
  t.equal(timing.waiting(), 0)
  t.same(faults, [])
  t.equal(pieces.length, 2, 'each piece is told')
})

t.test('what nobody takes is not asked for, and its time does not count meanwhile', async (t) => {
  const { request, upload, faults, timing } = uploading()
  upload.read(0)
  const piece = Buffer.alloc(upload.readableHighWaterMark)
  request.write(piece)
  await turn()
  t.ok(request.isPaused())
  timing.pass(10_000)
  t.same(faults, [])
  request.write('more')
  await turn()
  t.equal(upload.readableLength, piece.length)
  upload.resume()
  await turn()
  t.notOk(request.isPaused())
  timing.pass(999)
  t.same(faults, [])
  timing.pass(1)
  t.same(faults, [['REQUEST_BODY_STALLED', 408]])
})

t.test('bytes that come keep it alive', async (t) => {
  const { request, upload, faults, timing } = uploading()
  upload.resume()
  for (let i = 0; i < 3; i++) {
    await turn()
    timing.pass(999)
    request.write('x')
  }
  await turn()
  t.same(faults, [])
})

t.test('as long as it may be, and not a byte longer', async (t) => {
  const { request, upload, faults, timing } = uploading({ maxBytes: 5 })
  let got = ''
  upload.on('data', (chunk) => {
    got += chunk
  })
  request.write('hel')
  request.write('lo')
  await turn()
  t.equal(got, 'hello')
  t.same(faults, [])
  request.write('!')
  await turn()
  t.same(faults, [['REQUEST_BODY_TOO_LARGE', 413]])
  t.equal(got, 'hello', 'the piece too much is not passed on')
  t.ok(request.isPaused())
  t.equal(timing.waiting(), 0)
  request.write('more')
  request.end()
  request.resume()
  await turn()
  t.equal(faults.length, 1, 'told once')
  t.notOk(upload.readableEnded, 'it never ends as one that is whole')
})

t.test('whoever destroys it: it leaves the request, and raises nothing', async (t) => {
  const { request, upload, faults, timing } = uploading()
  upload.resume()
  await turn()
  let raised = 0
  upload.on('error', () => raised++)
  upload.destroy(new Error('the app is gone'))
  await turn()
  t.ok(upload.destroyed)
  t.equal(raised, 0)
  t.ok(request.isPaused())
  t.equal(request.listenerCount('data'), 0)
  t.equal(timing.waiting(), 0)
  request.destroy(new Error('and the client'))
  await turn()
  t.same(faults, [])
})

// A body that is read as a whole, from a request that a test holds.
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { isFault } from '../../../src/core/fault.ts'
import { readWholeBody } from '../../../src/http/proxy/whole-body.ts'
import { heldTiming } from '../../support/timing.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

function reading(maxBytes = 10) {
  const timing = heldTiming()
  const request = Object.assign(new PassThrough(), { complete: false, headers: {} })
  const limits = { maxBytes, idleMs: 1_000, rate: null }
  const told = readWholeBody(request as unknown as IncomingMessage, limits, timing).then(String, (thrown) =>
    isFault(thrown) ? thrown.code : String(thrown),
  )
  return { timing, request, told }
}

t.test('it is there when its last byte is', async (t) => {
  const { request, told } = reading()
  request.write('01234')
  await turn()
  request.end('56789')
  t.equal(await told, '0123456789')
})

t.test('one that is longer ends at the byte that is too much', async (t) => {
  const { request, told } = reading()
  request.write('01234567890')
  t.equal(await told, 'REQUEST_BODY_TOO_LARGE')
})

t.test('one that stands still ends', async (t) => {
  const { request, timing, told } = reading()
  request.write('0')
  await turn()
  timing.pass(1_001)
  t.equal(await told, 'REQUEST_BODY_STALLED')
})

t.test('a client that goes away leaves nobody waiting', async (t) => {
  const { request, told } = reading()
  request.write('0')
  await turn()
  request.destroy()
  t.equal(await told, 'Error: the client went away')
})

t.test('one that goes away as soon as it has sent all, unread, leaves nobody waiting either', async (t) => {
  const { request, told } = reading()
  request.write('0')
  request.complete = true
  request.destroy()
  t.equal(await told, 'Error: the client went away')
})

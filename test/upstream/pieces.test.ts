// A body that is all there: one Content-Length, whatever was announced, and pieces of which none is lost.
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { piecesOf, withLength } from '../../src/upstream/pieces.ts'

const pieceBytes = limits.upstreamPieceBytes

t.test('a stream of pieces holds every byte, in order', async (t) => {
  for (const size of [0, 1, pieceBytes - 1, pieceBytes, pieceBytes + 1, pieceBytes * 3 + 7]) {
    const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 255))
    t.ok((await buffer(piecesOf(bytes))).equals(bytes), `${size}`)
  }
})

t.test('pieces are read no faster than they are taken', async (t) => {
  const pieces = piecesOf(Buffer.alloc(pieceBytes * 20))
  pieces.read(1)
  t.ok(pieces.readableLength <= pieceBytes * 2, `${pieces.readableLength}`)
  pieces.destroy()
})

t.test('one length, that of the bytes', async (t) => {
  const bytes = Buffer.from('four')
  t.same(withLength(['Host', 'a'], bytes), ['Host', 'a', 'Content-Length', '4'])
  t.same(withLength(['content-length', '9', 'Host', 'a', 'CONTENT-LENGTH', '4'], bytes), [
    'Host',
    'a',
    'Content-Length',
    '4',
  ])
  t.same(withLength(['X-A', 'content-length'], Buffer.alloc(0)), [
    'X-A',
    'content-length',
    'Content-Length',
    '0',
  ])
})

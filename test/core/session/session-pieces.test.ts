import t from 'tap'
import { cutIntoPieces, joinPieces, mostPiecesBytes } from '../../../src/core/session/session-pieces.ts'

const names = { session: '__Host-claimgate' }
const first = 3584 - '__Host-claimgate='.length
const second = 3584 - '__Host-claimgate-p2='.length

t.test('a value is one cookie as long as one holds it, then two, then none', async (t) => {
  for (const [length, sizes] of [
    [1, [1]],
    [first, [first]],
    [first + 1, [first, 1]],
    [first + second, [first, second]],
    [first + second + 1, null],
  ] as const) {
    const value = 'x'.repeat(length)
    const pieces = cutIntoPieces(value, names)
    const lengths = pieces === null ? null : [pieces.first, pieces.second].flatMap((one) => one?.length ?? [])
    t.same(lengths, sizes, `${length}`)
    if (pieces !== null) t.equal(joinPieces(pieces, names), value)
  }
  t.equal(mostPiecesBytes(names) + '__Host-claimgate=__Host-claimgate-p2='.length, 7 * 1024)
})

t.test('pieces that no gateway would have cut so are none', async (t) => {
  const whole = 'y'.repeat(first)
  t.equal(joinPieces({ first: whole, second: '' }, names), null)
  t.equal(joinPieces({ first: whole.slice(1), second: 'z' }, names), null, 'a first piece that is too short')
  t.equal(joinPieces({ first: `${whole}y`, second: 'z' }, names), null)
  t.equal(joinPieces({ first: '', second: 'z' }, names), null)
})

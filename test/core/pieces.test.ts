// The pieces of a body that is held: what is put together, and what memory stands behind it.
import t from 'tap'
import { Pieces } from '../../src/core/pieces.ts'

const KiB = 1024
const letters = (from: number, length: number) =>
  Buffer.from(Array.from({ length }, (_, i) => (from + i) % 251))

function filled(announced: number | null, sizes: readonly number[]) {
  const pieces = new Pieces(announced)
  let at = 0
  for (const size of sizes) {
    pieces.add(letters(at, size))
    at += size
  }
  return { pieces, whole: letters(0, at) }
}

t.test('it is whole, however it came', async (t) => {
  for (const [announced, sizes] of [
    [null, []],
    [0, []],
    [5, [5]],
    [5, [1, 1, 1, 1, 1]],
    [null, [1, 0, 3, 4096, 1, 70_000, 5]],
    [300_000, [65_536, 65_536, 65_536, 65_536, 37_856]],
    [3, [1, 5_000]],
    [null, [1_000_000]],
    [null, Array.from({ length: 20_000 }, () => 1)],
  ] as const) {
    const { pieces, whole } = filled(announced, sizes)
    t.equal(pieces.bytes, whole.length)
    t.ok(pieces.take().equals(whole), `${announced}, ${sizes.length} pieces`)
    t.equal(pieces.take().length, 0, 'and then it is gone')
    t.equal(pieces.bytes, 0)
  }
})

t.test('pieces that are changed afterwards change nothing of it', async (t) => {
  const pieces = new Pieces(null)
  const piece = Buffer.from('abc')
  pieces.add(piece)
  piece.fill('x')
  t.equal(pieces.take().toString(), 'abc')
})

t.test('a byte of a large buffer keeps nothing of that', async (t) => {
  const large = Buffer.alloc(64 * KiB, 'x')
  const pieces = new Pieces(10_000_000)
  pieces.add(large.subarray(7, 8))
  const whole = pieces.take()
  t.not(whole.buffer, large.buffer)
  t.ok(whole.buffer.byteLength <= 4 * KiB, `${whole.buffer.byteLength} bytes for one`)
})

t.test('what stands empty is a quarter of what came, and a first block, at most', async (t) => {
  const allocated: number[] = []
  const { allocUnsafeSlow } = Buffer
  Buffer.allocUnsafeSlow = (size) => {
    allocated.push(size)
    return allocUnsafeSlow(size)
  }
  t.teardown(() => {
    Buffer.allocUnsafeSlow = allocUnsafeSlow
  })
  for (const size of [1, 7, 1_000, 16 * KiB, 64 * KiB]) {
    allocated.length = 0
    const pieces = new Pieces(10 * KiB * KiB)
    const piece = Buffer.alloc(size)
    for (let bytes = size; bytes <= 3 * KiB * KiB; bytes += size) {
      pieces.add(piece)
      const taken = allocated.reduce((sum, one) => sum + one, 0)
      if (taken > bytes * 1.25 + 4 * KiB) {
        t.fail(`${taken} bytes are taken for ${bytes} in pieces of ${size}`)
        break
      }
    }
    t.ok(allocated.length < 100, `${allocated.length} blocks in pieces of ${size}`)
  }
})

t.test('a small body that was announced takes just that', async (t) => {
  const { pieces } = filled(300, [100, 100, 100])
  const whole = pieces.take()
  t.equal(whole.buffer.byteLength, 300)
})

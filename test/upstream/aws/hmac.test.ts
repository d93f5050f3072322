import { createHmac } from 'node:crypto'
import t from 'tap'
import { hmacBy } from '../../../src/upstream/aws/hmac.ts'

t.test('what RFC 4231 shows for texts of ASCII (test cases 1 and 2)', async (t) => {
  const first = hmacBy(Buffer.alloc(20, 0x0b))
  t.equal(first('Hi There'), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7')
  const second = hmacBy(Buffer.from('Jefe'))
  t.equal(
    second('what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
})

t.test('is Node’s own for keys and texts of every length, in any order of them', async (t) => {
  for (let keyBytes = 0; keyBytes <= 64; keyBytes++) {
    const key = Buffer.from(Array.from({ length: keyBytes }, (_, i) => (i * 37 + keyBytes) % 256))
    const sign = hmacBy(key)
    for (const length of [64, 0, 64, 1, 63, 65, 300, 64]) {
      const text = String.fromCharCode(...Array.from({ length }, (_, i) => 32 + ((i + keyBytes) % 95)))
      if (sign(text) !== createHmac('sha256', key).update(text).digest('hex'))
        t.fail(`a key of ${keyBytes} bytes, a text of ${length}`)
    }
  }
})

t.test('each text is its own: nothing of the one before is left', async (t) => {
  const sign = hmacBy(Buffer.from('a key'))
  const first = sign('abcdef')
  t.not(sign('abcdeg'), first)
  t.equal(sign('abcdef'), first)
})

t.test('a key longer than a block would have to be hashed first, and is none of ours', async (t) => {
  t.throws(() => hmacBy(Buffer.alloc(65)), /longer than a block/)
})

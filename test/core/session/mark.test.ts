import { randomBytes } from 'node:crypto'
import t from 'tap'
import { Secret } from '../../../src/core/secret.ts'
import { markSeconds, opensMark, sealMark } from '../../../src/core/session/mark.ts'
import { buildKeyRing, seal } from '../../../src/core/session/seal.ts'

const ring = buildKeyRing([new Secret('a-secret-of-thirty-two-bytes-or-more-1')])
const another = buildKeyRing([new Secret('a-secret-of-thirty-two-bytes-or-more-2')])
const now = 1_800_000_000

t.test(
  'a mark opens for ten seconds, with the secret that sealed it, and is no mark of another time',
  async (t) => {
    const mark = sealMark(ring, now, randomBytes)
    t.equal(opensMark(ring, mark, now), true)
    t.equal(opensMark(ring, mark, now + markSeconds - 1), true)
    t.equal(opensMark(ring, mark, now + markSeconds), false, 'over')
    t.equal(opensMark(ring, mark, now - 1), false, 'of a clock that is ahead: it would hold for longer')
    t.equal(opensMark(another, mark, now), false)
    t.equal(opensMark(ring, `${mark}x`, now), false)
  },
)

t.test('what is sealed for anything else is none', async (t) => {
  const context: readonly string[] = []
  for (const purpose of ['session', 'transaction', 'sign-out', 'outcome', 'past-attempts'] as const)
    t.equal(
      opensMark(ring, seal(ring, { purpose, context }, String(now + 5), randomBytes), now),
      false,
      purpose,
    )
  const odd = seal(ring, { purpose: 'mark', context }, 'soon', randomBytes)
  t.equal(opensMark(ring, odd, now), false)
})

import { randomBytes } from 'node:crypto'
import t from 'tap'
import { Secret } from '../../../src/core/secret.ts'
import { buildKeyRing, seal } from '../../../src/core/session/seal.ts'
import { openSignedOut, sealSignedOut } from '../../../src/core/session/signed-out-mark.ts'

const ring = buildKeyRing([new Secret('c'.repeat(32))])
const cookies = {
  session: '__Host-claimgate',
  transactionPrefix: '__Host-claimgate-tx-',
  secure: true,
  sameSite: 'Lax',
} as const
const origin = { origin: 'https://wiki.example.com', cookies }

t.test('the mark of a sign-out tells its time, at its own origin alone', async (t) => {
  const mark = sealSignedOut(ring, origin, 1_790_000_000, randomBytes)
  t.equal(openSignedOut(ring, origin, mark), 1_790_000_000)
  t.equal(openSignedOut(ring, { ...origin, origin: 'https://blog.example.com' }, mark), null)
  t.equal(openSignedOut(buildKeyRing([new Secret('x'.repeat(32))]), origin, mark), null)
  for (const value of ['', '1790000000', mark.slice(1), `${mark}A`])
    t.equal(openSignedOut(ring, origin, value), null)
  const scope = { purpose: 'signed-out', context: [origin.origin, '__Host-claimgate-ended'] } as const
  t.equal(openSignedOut(ring, origin, seal(ring, scope, '12', randomBytes)), 12)
  for (const text of ['-1', '1e9', '1790000000.5', '', '9'.repeat(16), 'soon'])
    t.equal(openSignedOut(ring, origin, seal(ring, scope, text, randomBytes)), null, text)
})

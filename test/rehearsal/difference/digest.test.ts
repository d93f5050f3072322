import { createHash } from 'node:crypto'
import { test } from 'tap'
import { Secret } from '../../../src/core/secret.ts'
import { fileText, secretText } from '../../../src/rehearsal/difference/digest.ts'

test('what stands for a secret tells it from others, and cannot be tried out by who keeps the difference', async (t) => {
  const weak = new Secret('summer')
  t.match(secretText(weak), /^\(secret [0-9a-f]{8}\)$/)
  t.equal(secretText(weak), secretText(new Secret('summer')))
  t.not(secretText(weak), secretText(new Secret('winter')))
  for (const text of ['summer', 'claimgate diff\nsummer']) {
    const guess = createHash('sha256').update(text).digest('hex').slice(0, 8)
    t.notMatch(secretText(weak), guess)
  }
})

test('what stands for a file is the same in every run', async (t) => {
  t.equal(fileText('a certificate'), fileText('a certificate'))
  t.match(fileText('a certificate'), /^\(file [0-9a-f]{8}\)$/)
  t.not(fileText('a certificate'), fileText('another'))
})

import t from 'tap'
import { endUserFault } from '../../../src/core/keys/end-user.ts'

t.test('an end user is a bounded text of one line', async (t) => {
  for (const text of ['a', 'customer 42', 'Ada Löwe', '42', 'a@b', '日本', 'x'.repeat(255)])
    t.equal(endUserFault(text), null, text)
  const none = [
    '',
    'x'.repeat(256),
    'a\nb',
    'a\rb',
    'a\tb',
    'a\0',
    'a\u0085b',
    'a\u2028b',
    'a\u202eb',
    'a\ud800',
  ]
  for (const text of none) t.type(endUserFault(text), 'string', encodeURIComponent(text.toWellFormed()))
})

import { randomBytes } from 'node:crypto'
import t from 'tap'
import { newSessionId } from '../../../src/core/session/session.ts'
import { newOwnedSessionId, readSessionOwner } from '../../../src/core/session/session-owner.ts'

const account = 'a'.repeat(43)

t.test('an id says whose session it is, behind its random part', async (t) => {
  for (const name of ['Alice', 'Zoë 🙂', 'a.b.c', null]) {
    const id = newOwnedSessionId({ account, name }, randomBytes)
    t.match(id, /^[\w-]{43}\.[\w-]{43}\.[\w-]*$/)
    t.same(readSessionOwner(id), { account, name })
  }
  const [one, next] = [1, 2].map(() => newOwnedSessionId({ account, name: 'Alice' }, randomBytes))
  t.not(one?.slice(0, 43), next?.slice(0, 43))
})

t.test('a name that is too long is left out', async (t) => {
  const most = newOwnedSessionId({ account, name: 'x'.repeat(128) }, randomBytes)
  t.same(readSessionOwner(most), { account, name: 'x'.repeat(128) })
  const long = newOwnedSessionId({ account, name: 'ë'.repeat(65) }, randomBytes)
  t.same(readSessionOwner(long), { account, name: null })
})

t.test('an id of former versions says nothing', async (t) => {
  t.equal(readSessionOwner(newSessionId(randomBytes)), null)
  t.equal(readSessionOwner(''), null)
  t.equal(readSessionOwner(`${newSessionId(randomBytes)}.short.`), null)
})

import { createHash, createHmac } from 'node:crypto'
import t from 'tap'
import { sessionNames, subjectHash } from '../../src/core/log-names.ts'

const key = 'a key of the log'

t.test('a person’s name is what it was in all lines before, so that old ones match', async (t) => {
  const then = createHmac('sha256', key).update('alice').digest('base64url').slice(0, 16)
  t.equal(subjectHash(key, 'alice'), then)
  t.not(subjectHash(key, 'bob'), then)
  t.not(subjectHash('another', 'alice'), then)
})

t.test(
  'a session’s name is a keyed hash of its key: no part of the key, and no user id yields it',
  async (t) => {
    const session = createHash('sha256').update('the id in the cookie').digest('hex')
    const name = sessionNames(key)(session)
    t.match(name, /^[0-9a-f]{12}$/)
    t.equal(sessionNames(key)(session), name)
    t.not(sessionNames('another')(session), name)
    t.notOk(session.includes(name))
    const asUser = createHmac('sha256', key).update(session).digest('hex')
    t.notOk(asUser.startsWith(name), 'a provider that calls somebody so learns nothing')
  },
)

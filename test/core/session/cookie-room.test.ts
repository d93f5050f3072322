import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { attemptsWithoutRoom } from '../../../src/core/session/cookie-room.ts'

const names = {
  session: 'claimgate-8080',
  transactionPrefix: 'claimgate-8080-tx-',
  secure: false,
  sameSite: 'Lax',
} as const
const attempt = (startedAt: number, bytes: number) => ({
  name: `${names.transactionPrefix}${startedAt.toString(36)}-${'a'.repeat(16)}`,
  value: 'x'.repeat(bytes),
})
const past = { name: `${names.transactionPrefix}past`, value: 'x'.repeat(900) }
const rounds = { name: `${names.transactionPrefix}rounds`, value: '2' }
const session = (bytes: number) => ({ name: names.session, value: 'x'.repeat(bytes) })

t.test('the youngest sign-ins stay that a request has room for, and what is past goes first', async (t) => {
  const [old, middle, young] = [attempt(1000, 400), attempt(2000, 400), attempt(3000, 400)]
  const all = [past, middle, rounds, young, old]
  const without = (bytes: number) => attemptsWithoutRoom(all, [session(bytes)], names)
  const most = limits.ownCookieBytes - names.session.length - 3
  t.same(without(1000), [])
  t.same(without(most - 2000), [past.name])
  t.same(without(most - 1000), [old.name, past.name])
  t.same(without(most - 500), [middle.name, old.name, past.name])
  t.same(without(most), [young.name, middle.name, old.name, past.name])
})

t.test('of one name twice, both count, and few are cleared at once', async (t) => {
  const twice = [attempt(1000, 400), attempt(1000, 400)]
  t.same(attemptsWithoutRoom(twice, [session(7200)], names), [twice[0]?.name])
  const planted = Array.from({ length: 100 }, (_, at) => attempt(1000 + at, 400))
  const gone = attemptsWithoutRoom([...planted, past], [session(7200)], names)
  t.equal(gone.length, limits.clearedCookies)
  t.ok(gone.includes(past.name), 'what goes first is among them')
})

t.test('of one second the later in the header is the younger, and stays', async (t) => {
  const [first, second] = ['a', 'b'].map((letter) => ({
    name: `${names.transactionPrefix}${(1000).toString(36)}-${letter.repeat(16)}`,
    value: 'x'.repeat(400),
  }))
  if (first === undefined || second === undefined) throw new Error('two attempts')
  t.same(attemptsWithoutRoom([first, second], [session(7200)], names), [first.name])
})

import t from 'tap'
import type { Origin } from '../../../src/core/gateway.ts'
import { isLooping, roundCompleted } from '../../../src/http/sign-in/login-loop.ts'
import { originOf } from '../../support/model.ts'

const origin: Origin = originOf('https://wiki.example.com')
const name = `${origin.cookies.transactionPrefix}rounds`
const now = 1_900_000_000
const round = { responseMode: 'query' as const, startedAt: now - 5, now }
/** Of a round that ended at `now`. */
const counted = (count: number) => `${count}.${now.toString(36)}`

t.test('S-099: the fourth sign-in within a minute of the one before is the last', async (t) => {
  let cookie: string | undefined
  for (const time of [1, 2, 3, 4]) {
    t.equal(isLooping({ cookie }, origin), false, `before round ${time}`)
    const mark = roundCompleted({ cookie }, origin, { ...round, startedAt: now })
    t.same([mark.name, mark.value, mark.options.maxAge], [name, counted(time), 60])
    cookie = `a=1; ${mark.name}=${mark.value}`
  }
  t.equal(isLooping({ cookie }, origin), true)
})

t.test('what a browser says of its rounds is a digit or nothing, and never more than nine', async (t) => {
  for (const value of [
    '',
    '0',
    '10',
    '-1',
    '4x',
    ' 4',
    '0x4',
    'NaN',
    '٤',
    '4.',
    '4.-1',
    '4.A',
    '4.0123456789',
    '10.1',
  ]) {
    t.equal(isLooping({ cookie: `${name}=${value}` }, origin), false, value)
    t.equal(roundCompleted({ cookie: `${name}=${value}` }, origin, round).value, counted(1), value)
  }
  t.equal(isLooping({ cookie: `${name}x=9` }, origin), false, 'another cookie’s')
  t.equal(isLooping({ cookie: `${origin.cookies.transactionPrefix}other=9` }, origin), false)
  t.equal(roundCompleted({ cookie: `${name}=9` }, origin, round).value, counted(9))
  t.equal(roundCompleted({ cookie: `${name}=8` }, origin, round).value, counted(9))
})

t.test('the mark comes with the next callback, by whichever way that comes', async (t) => {
  t.equal(roundCompleted({}, origin, round).options.sameSite, 'lax')
  t.equal(roundCompleted({}, origin, { ...round, responseMode: 'form_post' }).options.sameSite, 'none')
})

t.test('S-099: a mark that a sibling tossed beside ours does not hide the rounds', async (t) => {
  for (const tossed of ['', 'x', '1']) {
    for (const cookie of [`${name}=${tossed}; ${name}=4`, `${name}=4; ${name}=${tossed}`]) {
      t.equal(isLooping({ cookie }, origin), true, cookie)
      t.equal(roundCompleted({ cookie }, origin, round).value, counted(5), cookie)
    }
  }
})

t.test('#4: a sign-in that had begun before the last one ended is another tab’s, and no round', async (t) => {
  const marked = { cookie: `${name}=${counted(2)}` }
  for (const [startedAt, count] of [
    [now - 1, 2],
    [now, 3],
    [now + 1, 3],
  ] as const) {
    const mark = roundCompleted(marked, origin, { ...round, startedAt, now: now + 9 })
    t.equal(mark.value, `${count}.${(now + 9).toString(36)}`, String(startedAt - now))
  }
})

t.test('step-ups are counted by themselves', (t) => {
  const mark = roundCompleted({ cookie: `${name}=3` }, origin, { ...round, kind: 'step-up' })
  t.same([mark.name, mark.value], [`${origin.cookies.transactionPrefix}step-ups`, counted(1)])
  t.equal(isLooping({ cookie: `${mark.name}=4` }, origin), false)
  t.equal(isLooping({ cookie: `${mark.name}=4` }, origin, 'step-up'), true)
  t.equal(isLooping({ cookie: `${name}=4` }, origin, 'step-up'), false)
  t.end()
})

import t from 'tap'
import type { Origin } from '../../../src/core/gateway.ts'
import { isLooping, roundCompleted } from '../../../src/http/sign-in/login-loop.ts'
import { originOf } from '../../support/model.ts'

const origin: Origin = originOf('https://wiki.example.com')
const name = `${origin.cookies.transactionPrefix}rounds`

t.test('S-099: the fourth sign-in within a minute of the one before is the last', async (t) => {
  let cookie: string | undefined
  for (const round of [1, 2, 3, 4]) {
    t.equal(isLooping({ cookie }, origin), false, `before round ${round}`)
    const mark = roundCompleted({ cookie }, origin, 'query')
    t.same([mark.name, mark.value, mark.options.maxAge], [name, String(round), 60])
    cookie = `a=1; ${mark.name}=${mark.value}`
  }
  t.equal(isLooping({ cookie }, origin), true)
})

t.test('what a browser says of its rounds is a digit or nothing, and never more than nine', async (t) => {
  for (const value of ['', '0', '10', '-1', '4x', ' 4', '0x4', 'NaN', '٤']) {
    t.equal(isLooping({ cookie: `${name}=${value}` }, origin), false, value)
    t.equal(roundCompleted({ cookie: `${name}=${value}` }, origin, 'query').value, '1', value)
  }
  t.equal(isLooping({ cookie: `${name}x=9` }, origin), false, 'another cookie’s')
  t.equal(isLooping({ cookie: `${origin.cookies.transactionPrefix}other=9` }, origin), false)
  t.equal(roundCompleted({ cookie: `${name}=9` }, origin, 'query').value, '9')
  t.equal(roundCompleted({ cookie: `${name}=8` }, origin, 'query').value, '9')
})

t.test('the mark comes with the next callback, by whichever way that comes', async (t) => {
  t.equal(roundCompleted({}, origin, 'query').options.sameSite, 'lax')
  t.equal(roundCompleted({}, origin, 'form_post').options.sameSite, 'none')
})

t.test('S-099: a mark that a sibling tossed beside ours does not hide the rounds', async (t) => {
  for (const tossed of ['', 'x', '1']) {
    for (const cookie of [`${name}=${tossed}; ${name}=4`, `${name}=4; ${name}=${tossed}`]) {
      t.equal(isLooping({ cookie }, origin), true, cookie)
      t.equal(roundCompleted({ cookie }, origin, 'query').value, '5', cookie)
    }
  }
})

import t from 'tap'
import { readDateTime } from '../../../src/config/schema/date-time.ts'

t.test('a time with its zone is a second since 1970', async (t) => {
  const times: readonly (readonly [string, number])[] = [
    ['1970-01-01T00:00:00Z', 0],
    ['2026-11-28T20:00:00Z', 1_795_896_000],
    ['2026-11-28T21:00:00+01:00', 1_795_896_000],
    ['2026-11-28T14:30:00-05:30', 1_795_896_000],
    ['2026-11-28T20:00:00.0Z', 1_795_896_000],
    ['2028-02-29T00:00:00Z', 1_835_395_200],
  ]
  for (const [text, value] of times) t.same(readDateTime(text), { ok: true, value }, text)
})

t.test('a fraction counts as the whole second, so that what was before it is before', async (t) => {
  t.same(readDateTime('2026-11-28T20:00:00.001Z'), { ok: true, value: 1_795_896_001 })
})

t.test('what says no zone, or is no time, is refused', async (t) => {
  const faults: readonly (readonly [string, RegExp])[] = [
    ['2026-11-28', /a date alone says no zone/],
    ['2026-11-28T20:00:00', /this one has none/],
    ['2026-11-28 20:00', /this one has none/],
    ['2026-11-28 20:00:00Z', /^expected/],
    ['2026-11-28t20:00:00z', /^expected/],
    ['1795896000', /^expected/],
    ['now', /^expected/],
    ['', /^expected/],
    ['2026-11-28T20:00:00Z\n', /^expected/],
    ['2026-02-30T00:00:00Z', /no such day/],
    ['2027-02-29T00:00:00Z', /no such day/],
    ['2026-13-01T00:00:00Z', /no such day/],
    ['2026-11-28T24:00:00Z', /no such day/],
    ['2026-11-28T20:60:00Z', /no such day/],
    ['2026-11-28T23:59:60Z', /no such day/],
    ['2026-11-28T20:00:00+24:00', /no such day/],
    ['2026-11-28T20:00:00+01:60', /no such day/],
  ]
  for (const [text, message] of faults) t.match(readDateTime(text), { ok: false, message }, text)
})

import t from 'tap'
import { readDuration, readSize } from '../../../src/config/schema/units.ts'

function meant(read: typeof readDuration, text: string): string | number | null {
  const result = read(text)
  return result.ok ? result.value : result.meant
}

t.test('a duration as it was probably meant', async (t) => {
  const rows: readonly (readonly [string, string | number | null])[] = [
    ['60s', 60],
    ['60', '60s'],
    ['3600', '3600s'],
    ['15 m', '15m'],
    ['30min', '30m'],
    ['2 hours', '2h'],
    ['1h30m', '90m'],
    ['PT15M', '15m'],
    ['1w', '7d'],
    ['1.5h', '90m'],
    ['90sec', '90s'],
    ['2000ms', '2s'],
    ['500ms', null],
    ['5 parsecs', null],
    ['-1s', null],
    ['0', null],
    ['10000000000', null],
    ['s', null],
    ['30s or so', null],
  ]
  for (const [text, expected] of rows) t.equal(meant(readDuration, text), expected, text)
})

t.test('a size as it was probably meant', async (t) => {
  const rows: readonly (readonly [string, string | number | null])[] = [
    ['4096B', 4096],
    ['10485760', '10MiB'],
    ['1000', '1000B'],
    ['10MB', '10MiB'],
    ['10m', '10MiB'],
    ['512 kb', '512KiB'],
    ['1G', '1GiB'],
    ['1024KiB', 1024 ** 2],
    ['1.5MiB', null],
    ['0', null],
    ['ten', null],
    ['99999999999999999999', null],
  ]
  for (const [text, expected] of rows) t.equal(meant(readSize, text), expected, text)
})

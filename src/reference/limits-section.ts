import type { Limit } from '../core/limits/limit.ts'
import { limitTable } from '../core/limits/table.ts'

const begin = '<!-- Written by `npm run generate` from src/core/limits/table.ts. Change it there. -->'
const end = '<!-- The end of what is written. -->'

/** docs/security.md with the table of limits between its marks. Throws when they are not there. */
export function withLimits(page: string): string {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from === -1 || to < from) throw new Error('docs/security.md has no place for the table of limits')
  return `${page.slice(0, from)}${begin}\n\n${limitRows()}\n${page.slice(to)}`
}

function limitRows(): string {
  const rows = Object.entries<Limit>(limitTable).map(
    ([name, { scope, most, says }]) => `| ${scope} | \`${name}\` | ${measureText(name, most)} | ${says} |`,
  )
  return ['| of each | limit | at most | |', '| --- | --- | ---: | --- |', ...rows, ''].join('\n')
}

/** The number in the unit that its name ends with. */
export function measureText(name: string, most: number): string {
  if (name.endsWith('Bytes'))
    return inUnits(most, [
      [2 ** 20, 'MiB'],
      [2 ** 10, 'KiB'],
      [1, 'bytes'],
    ])
  if (name.endsWith('Ms'))
    return inUnits(most, [
      [60_000, 'min'],
      [1000, 's'],
      [1, 'ms'],
    ])
  if (name.endsWith('Seconds'))
    return inUnits(most, [
      [3600, 'h'],
      [60, 'min'],
      [1, 's'],
    ])
  return most.toLocaleString('en')
}

function inUnits(most: number, units: readonly (readonly [number, string])[]): string {
  const [size, unit] = units.find(([factor]) => most % factor === 0) ?? [1, '']
  return `${(most / size).toLocaleString('en')} ${unit}`
}

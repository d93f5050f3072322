import { showOwn } from '../../core/show.ts'

/** One line of a log, as it came: nothing in it is believed, and nothing is printed but escaped. */
export type LogLine = Readonly<Record<string, unknown>>

/** A field of it, escaped and cut; empty where it has none. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return showOwn(typeof value === 'string' ? value : JSON.stringify(value), 1000)
}

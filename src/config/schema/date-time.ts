export const dateTimePattern =
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$'

export type ReadDateTime =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly message: string }

const expected = 'expected a date and time with its zone, such as 2026-11-28T20:00:00Z'

/**
 * `2026-11-28T20:00:00Z` or `…+01:00` (RFC 3339 section 5.6) to whole seconds since 1970; a fraction counts as the
 * whole second. A date alone says no zone, and is refused; so is a day or an hour that is none.
 */
export function readDateTime(text: string): ReadDateTime {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text))
    return { ok: false, message: `${expected}: a date alone says no zone` }
  if (/^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/.test(text))
    return { ok: false, message: `${expected}: this one has none` }
  if (!new RegExp(dateTimePattern).test(text)) return { ok: false, message: expected }
  const [local = '', zone = ''] = [text.slice(0, 19), text.slice(19).replace(/^\.\d+/, '')]
  // What JavaScript reads as another day, such as 30 February, is not the same when it is written again.
  const ms = Date.parse(`${local}Z`)
  const isDay = !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 19) === local
  const offset = offsetSeconds(zone)
  if (!isDay || offset === null) return { ok: false, message: 'there is no such day, hour or zone' }
  const more = /\.\d*[1-9]/.test(text) ? 1 : 0
  return { ok: true, value: ms / 1000 - offset + more }
}

function offsetSeconds(zone: string): number | null {
  if (zone === 'Z') return 0
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4, 6))]
  if (hours > 23 || minutes > 59) return null
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60)
}

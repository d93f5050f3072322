/** A number with a unit, or what is wrong with it. */
export type Measured =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly message: string }

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 }
const bytesOf: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

export const durationPattern = '^[1-9][0-9]*[smhd]$'
export const sizePattern = '^[1-9][0-9]*(B|KiB|MiB|GiB)$'

const longestSeconds = 365 * 86400

/** `30s 15m 8h 7d` to whole seconds; at least one second, at most a year. */
export function readDuration(text: string): Measured {
  const [, digits, unit] = /^([0-9]+)([a-z]*)$/.exec(text) ?? []
  const factor = unit === undefined ? undefined : secondsOf[unit]
  if (digits === undefined || factor === undefined) {
    return { ok: false, message: 'expected a duration such as 30s, 15m, 8h or 7d' }
  }
  const value = Number(digits) * factor
  if (value < 1) return { ok: false, message: 'a duration must be at least 1s' }
  if (value > longestSeconds) return { ok: false, message: 'a duration must be at most 365d' }
  return { ok: true, value }
}

/** `512KiB 10MiB` to bytes. */
export function readSize(text: string): Measured {
  const [, digits, unit] = /^([0-9]+)([A-Za-z]*)$/.exec(text) ?? []
  const factor = unit === undefined ? undefined : bytesOf[unit]
  if (digits === undefined || factor === undefined) {
    return { ok: false, message: 'expected a size such as 512KiB or 10MiB (or 4096B)' }
  }
  const value = Number(digits) * factor
  if (value < 1) return { ok: false, message: 'a size must be at least 1B' }
  if (value > Number.MAX_SAFE_INTEGER) return { ok: false, message: 'a size must be less than 8388608GiB' }
  return { ok: true, value }
}

/** A number with a unit, or what is wrong with it; `meant` is what was probably meant, as one would write it. */
export type Measured =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly message: string; readonly meant: string | null }

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
    const message = 'expected a number and its unit, such as 30s, 15m, 8h or 7d'
    return { ok: false, message, meant: meantDuration(text) }
  }
  const value = Number(digits) * factor
  if (value < 1) return { ok: false, message: 'a duration must be at least 1s', meant: null }
  if (value > longestSeconds) return { ok: false, message: 'a duration must be at most 365d', meant: null }
  return { ok: true, value }
}

/** `512KiB 10MiB` to bytes. */
export function readSize(text: string): Measured {
  const [, digits, unit] = /^([0-9]+)([A-Za-z]*)$/.exec(text) ?? []
  const factor = unit === undefined ? undefined : bytesOf[unit]
  if (digits === undefined || factor === undefined) {
    const message = 'expected a number and its unit, such as 512KiB or 10MiB (or 4096B)'
    return { ok: false, message, meant: meantSize(text) }
  }
  const value = Number(digits) * factor
  if (value < 1) return { ok: false, message: 'a size must be at least 1B', meant: null }
  if (value > Number.MAX_SAFE_INTEGER)
    return { ok: false, message: 'a size must be less than 8388608GiB', meant: null }
  return { ok: true, value }
}

/** A bare number is seconds at every gateway that takes one. */
function meantDuration(text: string): string | null {
  const parts = [...text.matchAll(/([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*/g)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text.replace(/^PT?/, '')) return null
  const seconds = parts.reduce((sum, [, number, word = '']) => sum + Number(number) * secondsIn(word), 0)
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestSeconds) return null
  const [, , only = ''] = parts[0] ?? []
  if (parts.length === 1 && only === '') return `${seconds}s`
  const unit = ['d', 'h', 'm'].find((name) => seconds % (secondsOf[name] ?? 1) === 0) ?? 's'
  return `${seconds / (secondsOf[unit] ?? 1)}${unit}`
}

/** Not a number for what is no unit of time. */
function secondsIn(word: string): number {
  const name = word.toLowerCase()
  if (name === '' || /^s(?:ecs?|econds?)?$/.test(name)) return 1
  if (name === 'ms' || name === 'msec') return 0.001
  if (/^m(?:ins?|inutes?)?$/.test(name)) return 60
  if (/^h(?:rs?|ours?)?$/.test(name)) return 3600
  if (/^d(?:ays?)?$/.test(name)) return 86400
  return /^w(?:eeks?)?$/.test(name) ? 7 * 86400 : Number.NaN
}

/** Beside our units people write those of nginx and Docker, which count in 1024 as well. */
function meantSize(text: string): string | null {
  const [, digits, letter] = /^([0-9]+)\s*([kmg]?)(?:i?b|bytes)?$/i.exec(text) ?? []
  const number = Number(digits)
  if (digits === undefined || letter === undefined || number < 1) return null
  const scale = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[letter.toLowerCase()] ?? Number.NaN
  const bytes = number * scale
  if (!Number.isSafeInteger(bytes)) return null
  const unit = ['GiB', 'MiB', 'KiB'].find((name) => bytes % (bytesOf[name] ?? 1) === 0) ?? 'B'
  return `${bytes / (bytesOf[unit] ?? 1)}${unit}`
}

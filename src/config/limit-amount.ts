import { type Measured, readDuration } from './schema/units.ts'

/** So many in so long: `100/1m`. */
export type ReadAmount =
  | { readonly ok: true; readonly value: CountInWindow }
  | { readonly ok: false; readonly message: string; readonly meant: string | null }

export interface CountInWindow {
  readonly count: number
  readonly windowSeconds: number
}

export const amountPattern = '^[1-9][0-9]{0,8}/[1-9][0-9]*[smhd]$'

const mostCount = 999_999_999

interface Windows {
  readonly least: number
  readonly most: number
  readonly says: string
}

/** A rate is forgotten with the process: what counts for longer is a quota. */
const rateWindows: Windows = {
  least: 1,
  most: 86_400,
  says: 'the window of a rate is at most 1d, as a restart forgets it: write `quota`',
}

const quotaWindows: Windows = {
  least: 60,
  most: 31 * 86_400,
  says: 'the window of a quota is 1m to 31d',
}

export function readRate(text: string): ReadAmount {
  return readAmount(text, rateWindows)
}

export function readQuota(text: string): ReadAmount {
  return readAmount(text, quotaWindows)
}

function readAmount(text: string, windows: Windows): ReadAmount {
  const [, digits, window] = /^([0-9]+)\/([0-9]+[a-z]*)$/.exec(text) ?? []
  if (digits === undefined || window === undefined) return unreadable(text)
  const count = Number(digits)
  if (count < 1) {
    const message = 'must let at least one request in; who may send none at all is what `require` says'
    return { ok: false, message, meant: null }
  }
  if (count > mostCount) return { ok: false, message: `counts at most ${mostCount} requests`, meant: null }
  const read: Measured = readDuration(window)
  if (!read.ok) {
    const meant = read.meant === null ? null : `${count}/${read.meant}`
    return { ok: false, message: `behind "/" ${read.message}`, meant }
  }
  const { value: windowSeconds } = read
  if (windowSeconds < windows.least || windowSeconds > windows.most)
    return { ok: false, message: windows.says, meant: null }
  return { ok: true, value: { count, windowSeconds } }
}

/** `100/m`, `100 per minute`, `100r/s`: what other gateways take. */
function unreadable(text: string): ReadAmount {
  const message = 'expected a number of requests and a time, such as 100/1m or 10000/1d'
  const [, digits = '', unit = ''] =
    /^([0-9]+)\s*(?:r|req(?:uests?)?)?\s*(?:\/|per)\s*([a-z]+)$/i.exec(text) ?? []
  const letter = unit.charAt(0).toLowerCase()
  const isUnit = /^(?:s(?:ec(?:ond)?)?|m(?:in(?:ute)?)?|h(?:our)?|d(?:ay)?)$/i.test(unit)
  return { ok: false, message, meant: isUnit && Number(digits) > 0 ? `${Number(digits)}/1${letter}` : null }
}

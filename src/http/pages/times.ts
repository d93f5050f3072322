import { html } from 'ghtml'
import type { SentenceName } from '../../core/pages/catalogue.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { Look } from './look.ts'
import { say } from './say.ts'

/** A moment, seen from now, and by the clock: of UTC, as nobody knows where the person is. */
export function timeRow(
  { words, language }: Look,
  name: Extract<SentenceName, `account.${string}` | `sessions.${string}` | `keys.${string}`>,
  at: EpochSeconds,
  now: EpochSeconds,
): string {
  const date = new Date(at * 1000)
  const clock = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  })
  const time = say(words, 'account.time', {
    relative: html`${relativeTime(language, at - now)}`,
    time: html`${clock.format(date)}`,
  })
  return html`<dt>${words[name]}</dt><dd><time datetime="${date.toISOString()}">!${time}</time></dd>`
}

/** In the largest unit of which there is a whole one, never more than is left. */
function relativeTime(language: string, seconds: number): string {
  // Only now is a word: who reads "tomorrow" does not know whether it is 10 hours or 40.
  const format = new Intl.RelativeTimeFormat(language, { numeric: seconds === 0 ? 'auto' : 'always' })
  const [unit, length] = units.find(([, one]) => Math.abs(seconds) >= one) ?? (['second', 1] as const)
  return format.format(Math.trunc(seconds / length), unit)
}

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

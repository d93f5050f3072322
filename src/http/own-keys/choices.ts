import type { SelfServiceSettings } from '../../core/keys/api-key-settings.ts'
import type { Choice } from '../pages/key-forms.ts'
import type { Look } from '../pages/look.ts'

const day = 86_400
const usualEnds = [7 * day, 30 * day, 90 * day, 365 * day]
const usualOverlaps = [3600, day, 7 * day, 30 * day]

/** What a key of no end has as its end. */
const withoutEnd = 'never'

/** How long a key may live: the usual times, and the longest, which stands last. */
export function choicesOfEnd(look: Look, { lifetimeSeconds }: SelfServiceSettings): readonly Choice[] {
  if (lifetimeSeconds === null)
    return [
      ...usualEnds.map((seconds) => choice(look, seconds)),
      { value: withoutEnd, label: look.words['keys.without-end'] },
    ]
  const shorter = usualEnds.filter((seconds) => seconds < lifetimeSeconds)
  return [...shorter, lifetimeSeconds].map((seconds) => choice(look, seconds))
}

/** How long a secret may go on beside the one that takes its place. */
export function choicesOfOverlap(look: Look): readonly Choice[] {
  return [
    { value: '0s', label: look.words['keys.overlap-none'] },
    ...usualOverlaps.map((seconds) => choice(look, seconds)),
  ]
}

const units = [
  ['day', 'd', day],
  ['hour', 'h', 3600],
  ['minute', 'm', 60],
  ['second', 's', 1],
] as const

/** In the largest unit of which it is a whole number. */
function choice({ language }: Look, seconds: number): Choice {
  const [unit, letter, length] = units.find(([, , one]) => seconds % one === 0) ?? units[3]
  const count = seconds / length
  const format = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' })
  return { value: `${count}${letter}`, label: format.format(count) }
}

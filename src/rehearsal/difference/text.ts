import type { Identification } from '../../core/rules/identification.ts'
import { showOwn } from '../../core/show.ts'
import type { Person, Probe } from '../../http/admission/probe.ts'
import type { AccessChange, Ending, Group, Tried } from '../access.ts'
import { certificateText } from '../certificate-text.ts'
import { paintOf, type Shown, shownPlain } from '../shown.ts'
import { columns } from '../who/layout.ts'
import { wayLine } from '../who/words.ts'
import type { Difference, PlacedChange } from './difference.ts'
import type { SettingChange } from './settings.ts'

/** A difference for people, such as reviewers of a change of rules. */
export function differenceText(difference: Difference, shown: Shown = shownPlain): string {
  const { access, settings, unsure, requests } = difference
  const { strong } = shown.colours
  const parts = [
    ...access.map((one) => placedText(one, shown)),
    settings.length === 0
      ? ''
      : `${strong('Apps, sign-in and sessions')}\n${columns(settings.map(settingRow))}`,
    unsure.length === 0
      ? ''
      : `${shown.colours.doubtful('More may change here than is told')}\n${columns(unsure.map(({ place, why }) => [place, unsureText[why]]))}`,
    `${summary(difference)} (${requests} requests followed under both files)\n`,
  ]
  return parts.filter((part) => part !== '').join('\n')
}

/** What cannot be ruled out counts as a change. */
export function isChanged({ access, settings, unsure }: Difference): boolean {
  return access.length + settings.length + unsure.length > 0
}

function summary(difference: Difference): string {
  if (!isChanged(difference)) return 'Nothing changes for anybody'
  const { access, settings } = difference
  const lost = placesWhere(access, ({ lost }) => lost.length > 0)
  const gained = placesWhere(access, ({ gained }) => gained.length > 0)
  return `Somebody loses access at ${counted(lost, 'place')}, somebody gains access at ${counted(gained, 'place')}, ${counted(settings.length, 'setting')} changed`
}

function settingRow({ subject, setting, before, after, effect }: SettingChange): readonly string[] {
  const words = effect === null ? '' : ` (${effectText[effect]})`
  return [subject, setting, `${showOwn(before ?? 'none')} → ${showOwn(after ?? 'none')}${words}`]
}

const effectText = {
  looser: 'looser',
  stricter: 'stricter',
  both: 'looser and stricter',
} as const

function placesWhere(access: Difference['access'], has: (change: AccessChange) => boolean): number {
  return access.reduce((sum, { places, change }) => sum + (has(change) ? places.length : 0), 0)
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

const unsureText = {
  ways: 'the rule has more ways in than are worked out',
  expressions: 'regular expressions differ: a few texts were tried',
} as const

const mostPlaces = 10

function placedText({ places, change }: PlacedChange, shown: Shown): string {
  const { colours, who } = shown
  const more = places.length - mostPlaces
  const listed = places.slice(0, mostPlaces).map((place) => `${colours.strong(showOwn(place, 400))}\n`)
  const rest = more > 0 ? `and ${more} more places\n` : ''
  const rows = rowsOf(change, who)
  const paint = (text: string, row: number, column: number) =>
    column === 0 ? paintOf(colours, rows[row]?.[0] ?? '')(text) : text
  return `${listed.join('')}${rest}${columns(rows, '  ', paint)}`
}

function rowsOf(change: AccessChange, who: string): readonly (readonly string[])[] {
  const { lost, gained, stranger, refusal, now, accepted } = change
  const group = (what: string, one: Group) => groupRows(what, one, accepted)
  return [
    ...lost.flatMap((one) => group('loses access', one)),
    ...gained.flatMap((one) => group('gains access', one)),
    ...(stranger === null
      ? []
      : [['not signed in', `${endingText(stranger.before)} → ${endingText(stranger.after)}`]]),
    ...(refusal === null
      ? []
      : [['refused', `${endingText(refusal.before)} → ${endingText(refusal.after)}`]]),
    ['let in now', now === null ? `more ways than are listed: see \`${who}\`` : nowText(now, accepted)],
  ]
}

function nowText(ways: NonNullable<AccessChange['now']>, accepted: readonly Identification[]): string {
  return ways.length === 0 ? 'nobody' : ways.map((way) => wayLine(way, accepted)).join('; or ')
}

function groupRows(
  what: string,
  { way, example }: Group,
  accepted: readonly Identification[],
): readonly (readonly string[])[] {
  const words = way === null ? 'somebody whom no simple words describe' : wayLine(way, accepted)
  return [
    [what, words],
    ['', example === null ? 'nobody could be made up to try it' : exampleText(example)],
  ]
}

/** Whom it was seen for, and, when it is a loss, what they get instead. */
function exampleText({ asked, after }: Tried): string {
  const instead = after.outcome === 'allowed' ? '' : `: now ${endingText(after)}`
  return `such as ${whoText(asked)}${instead}`
}

/** Somebody, as claims. */
export function whoText({ person, clientAddress, ...connection }: Probe): string {
  const claims = person === null ? 'somebody not signed in' : JSON.stringify(person.claims) + byText(person)
  const who = claims + certificateText(connection)
  return showOwn(clientAddress === null ? who : `${who} from ${clientAddress}`, 400)
}

/** Nothing for a session. */
function byText({ by, provider }: Person): string {
  switch (by?.kind) {
    case undefined:
      return ''
    case 'bearer':
      return ` by a token of ${provider}${by.isClient ? ', with nobody behind it' : ''}`
    case 'api_key':
      return ` by a key of ${provider}`
    case 'exchange':
      return ` by a pair of ${provider}${by.isClient ? ', with nobody behind it' : ''}`
    case 'widget':
      return ` by the widget token of a key of ${provider}`
    case 'client_certificate':
      return ' by a certificate'
  }
}

function endingText({ outcome, reason, status }: Ending): string {
  const word = { allowed: 'let in', sign_in: 'asked to sign in', denied: 'refused', rejected: 'rejected' }[
    outcome
  ]
  return `${word}${status === null ? '' : ` with ${status}`} (${reason})`
}

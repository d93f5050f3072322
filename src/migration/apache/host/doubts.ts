import type { JudgedRequest } from '../../finding.ts'
import { covers, patternKey } from '../../path-pattern.ts'
import { ruleValue } from '../../rule.ts'
import { flowText } from '../../yaml.ts'
import type { Access } from '../access/access.ts'
import type { Context } from '../context.ts'
import { type PathCover, readCover } from '../path.ts'
import { decidesAccess, type PathSection } from '../reading/section.ts'
import type { ConvertedLocation } from './locations.ts'

/** Says of each section that cannot be said as it is where it may hold, and what holds there now. */
export function noteDoubts(
  sections: readonly PathSection[],
  locations: readonly ConvertedLocation[],
  context: Context,
): void {
  for (const section of sections) {
    const cover = readCover(section)
    const where = locations.filter(({ doubtful }) => doubtful.includes(section))
    const why = section.doubt ?? cover.differs
    if (why === null || (where.length === 0 && section.doubt !== null)) continue
    const places = where.filter(hasChanged)
    context.report({
      id: section.doubt === null ? idOf(section, cover) : 'path-doubt',
      kind: places.some(isClosed) ? 'not-convertible' : 'changed',
      at: section.at,
      what: section.text,
      message: places.length === 0 ? `${why}. ${noChange(section, where)}` : `${why}. ${changed(places)}`,
      effect: 'stricter',
      isAnywhere: true,
      announces: ({ path }: JudgedRequest) =>
        where.some(({ pattern }) => covers(pattern, path)) ||
        section.except.some((one) => path.startsWith(one)),
    })
  }
}

function idOf({ kind }: PathSection, { certain, possible }: PathCover): string {
  if (certain.length === 0 && possible.length < 2) return 'path'
  return kind === 'expression' ? 'path-expression' : 'path-slash'
}

function hasChanged({ accesses, without }: ConvertedLocation): boolean {
  const says = (all: readonly Access[]): string =>
    JSON.stringify(all.map((one) => [one.methods, one.unauthenticated, accessText([one])]))
  return says(accesses) !== says(without)
}

/** Whether nobody gets in where somebody did. */
function isClosed({ accesses, without }: ConvertedLocation): boolean {
  const closes = ({ require }: Access): boolean => require !== 'maybe_signed_in' && require.kind === 'never'
  return accesses.some(closes) && !without.some(closes)
}

/** What a section in doubt opens is left out, as whoever passes meets the rule without it; or a later one decides. */
function noChange(section: PathSection, where: readonly ConvertedLocation[]): string {
  if (!decidesAccess(section)) return 'It says nothing of who may pass'
  const [first] = where
  if (first === undefined) return 'No path in the result is concerned'
  return `At ${placesText(where)} the rule stays as it is without it: what it opens is left out, and a section behind it may decide there`
}

function changed(places: readonly ConvertedLocation[]): string {
  const [first] = places
  if (first === undefined) return ''
  return `So both hold where it may match, with it and without: at ${placesText(places)}, where ${accessText(first.accesses)} stands instead of ${accessText(first.without)}`
}

function placesText(places: readonly ConvertedLocation[]): string {
  const texts = places.map(({ pattern }) => `\`${patternKey(pattern)}\``)
  return texts.length > 4 ? `${texts.slice(0, 3).join(', ')} and ${texts.length - 3} more` : texts.join(', ')
}

/** Rules of a location as they are written. */
function accessText(accesses: readonly Access[]): string {
  const text = ({ require }: Access): string =>
    `\`require: ${flowText(require === 'maybe_signed_in' ? require : ruleValue(require))}\``
  return accesses.map(text).join(', ')
}

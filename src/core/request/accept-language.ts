import { limits } from '../limits/table.ts'

/**
 * Which of the offered languages a browser wants most (RFC 9110 12.5.4). A range stands for the language that it names
 * or begins with (`de-AT` for `de`: RFC 4647 3.4), `*` for all that no other range stands for. Of several equal ones
 * that which is named first. Where nothing fits it is the first offered that the browser did not refuse (`q=0`), and
 * where it refused all, the first: a page in another language is better than none. At most so many ranges are read as
 * `limits` says; one that is malformed counts as not there. Never throws.
 */
export function preferredLanguage(header: string | undefined, offered: readonly string[]): string {
  const ranges = readRanges(header ?? '')
  let best: { readonly language: string; readonly wish: Wish } | null = null
  for (const language of offered) {
    const wish = wishFor(language.toLowerCase(), ranges)
    if (wish === null || wish.quality === 0) continue
    if (best === null || isBefore(wish, best.wish)) best = { language, wish }
  }
  if (best !== null) return best.language
  const refused = (language: string) => wishFor(language.toLowerCase(), ranges)?.quality === 0
  return offered.find((language) => !refused(language)) ?? offered[0] ?? 'en'
}

interface Range {
  readonly range: string
  readonly quality: number
}

interface Wish {
  readonly quality: number
  readonly at: number
}

function isBefore(one: Wish, other: Wish): boolean {
  return one.quality > other.quality || (one.quality === other.quality && one.at < other.at)
}

/** The range that is nearest decides: the language itself, then a variety of it, then `*`. Null: none is about it. */
function wishFor(language: string, ranges: readonly Range[]): Wish | null {
  return (
    bestOf(ranges, (range) => range === language) ??
    // Whoever refuses a variety does not refuse the language.
    bestOf(ranges, (range, quality) => quality > 0 && range.startsWith(`${language}-`)) ??
    bestOf(ranges, (range) => range === '*')
  )
}

function bestOf(ranges: readonly Range[], fits: (range: string, quality: number) => boolean): Wish | null {
  let best: Wish | null = null
  for (const [at, { range, quality }] of ranges.entries()) {
    if (fits(range, quality) && (best === null || quality > best.quality)) best = { quality, at }
  }
  return best
}

/** RFC 4647 2.1, RFC 9110 12.4.2. */
const rangeForm =
  /^[ \t]*(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,7})[ \t]*(?:;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?$/

/** As much as is read; a range that would be cut in two is none of it, as `de;q=0` would become `de`. */
function wholeRangesOf(header: string): string {
  if (header.length <= limits.acceptLanguageBytes) return header
  const read = header.slice(0, limits.acceptLanguageBytes)
  return read.slice(0, Math.max(0, read.lastIndexOf(',')))
}

function readRanges(header: string): readonly Range[] {
  return wholeRangesOf(header)
    .split(',', limits.acceptLanguageRanges)
    .flatMap((text) => {
      const [, range, quality = '1'] = rangeForm.exec(text) ?? []
      return range === undefined ? [] : [{ range: range.toLowerCase(), quality: Number(quality) }]
    })
}

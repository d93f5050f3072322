import {
  type Accent,
  accentColours,
  accentContrast,
  fittingAccent,
  leastContrast,
  type Scheme,
} from '../../core/pages/accent.ts'
import { type Colour, colourText } from '../../core/pages/colour.ts'
import { builtInCatalogues, type PageSettings } from '../../core/pages/settings.ts'
import { nearest } from '../nearest.ts'
import { nodeAt } from '../node.ts'
import { pageKeys } from '../schema/pages.ts'
import { checkKeys, checkValue } from '../validate.ts'
import { readPicture } from './icon.ts'
import { readTexts } from './page-texts.ts'
import { faultAt, placeOf, type Scope } from './scope.ts'

const path = ['pages']

/** `pages`: how the gateway's own pages look and speak. What is faulty is reported, and stands for its absence. */
export function buildPages(scope: Scope): PageSettings {
  const { accent: _, ...plainKeys } = pageKeys
  const { logo, language, texts } = checkKeys(plainKeys, placeOf(scope, path), ['accent'])
  const catalogues = texts === undefined ? builtInCatalogues : readTexts(scope, [...path, 'texts'], texts)
  const known = ['auto', ...catalogues.keys()]
  if (language !== undefined && !known.includes(language)) {
    const message = `there are no pages in this language: expected ${known.join(', ')}, or one of \`texts\``
    faultAt(scope, [...path, 'language'], message, nearest(language, known))
  }
  return {
    catalogues,
    language: language === undefined || language === 'auto' || !known.includes(language) ? null : language,
    logo: logo === undefined ? null : readPicture(scope, [...path, 'logo'], logo, 'a logo'),
    accent: readAccent(scope),
  }
}

type WrittenAccent = Colour | { readonly light: Colour; readonly dark: Colour }

function isOne(accent: WrittenAccent): accent is Colour {
  return Array.isArray(accent)
}

/** Null: none is written, or it was reported. */
function readAccent(scope: Scope): Accent | null {
  const at = [...path, 'accent']
  const node = nodeAt(scope.root, at)
  if (node === undefined) return null
  if (node.kind === 'scalar' && node.value === null) {
    const message = 'nothing stands here: behind a blank `#` begins a comment, so write quotes: "#12594a"'
    faultAt(scope, at, message)
    return null
  }
  const read = checkValue(pageKeys.accent, node, placeOf(scope, at))
  return read.ok && read.value !== undefined ? buildAccent(scope, read.value) : null
}

function buildAccent(scope: Scope, accent: WrittenAccent): Accent {
  const colours = isOne(accent) ? { light: accent, dark: accent } : accent
  for (const scheme of ['light', 'dark'] as const) {
    const fault = accentFault(colours, scheme, isOne(accent))
    if (fault !== null) faultAt(scope, [...path, 'accent', ...(isOne(accent) ? [] : [scheme])], fault)
  }
  return { light: accentColours(colours.light, 'light'), dark: accentColours(colours.dark, 'dark') }
}

/** With the ratio that was found, cut and not rounded, and a colour that would do. */
function accentFault(
  colours: Readonly<Record<Scheme, Colour>>,
  scheme: Scheme,
  isOneForBoth: boolean,
): string | null {
  const ratio = accentContrast(colours[scheme], scheme)
  if (ratio >= leastContrast) return null
  const found = (Math.floor(ratio * 100) / 100).toFixed(2)
  const better = { ...colours, [scheme]: fittingAccent(colours[scheme], scheme) }
  const right = isOneForBoth
    ? `{light: "${colourText(better.light)}", dark: "${colourText(better.dark)}"}`
    : `"${colourText(better[scheme])}"`
  return `stands out from ${scheme} pages by ${found}:1, at least ${leastContrast}:1 is needed: write ${right}`
}

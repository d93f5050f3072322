import type { Catalogue } from '../../core/pages/catalogue.ts'
import type { PageSettings } from '../../core/pages/settings.ts'
import { preferredLanguage } from '../../core/request/accept-language.ts'
import { accentStyleOf, styleHash, stylesheetHash } from './stylesheet.ts'

/** How one page looks and which language it speaks. */
export interface Look {
  /** As `lang` and `Content-Language` have it (BCP 47). */
  readonly language: string
  readonly words: Catalogue
  /** A data: URL, or null. */
  readonly logo: string | null
  /** What stands in a style element behind the stylesheet; null: nothing. */
  readonly accentStyle: string | null
  /** The headers of a page that looks so. */
  readonly headers: Readonly<Record<string, string>>
}

/** The look for a browser that sends this `Accept-Language`. */
export function lookFor(settings: PageSettings, acceptLanguage: string | undefined): Look {
  const language = settings.language ?? preferredLanguage(acceptLanguage, [...settings.catalogues.keys()])
  const looks = known.get(settings) ?? new Map<string, Look>()
  known.set(settings, looks)
  const seen = looks.get(language)
  if (seen !== undefined) return seen
  const look = makeLook(settings, language)
  looks.set(language, look)
  return look
}

/** The configuration is frozen: a look is made once a language. */
const known = new WeakMap<PageSettings, Map<string, Look>>()

function makeLook(settings: PageSettings, language: string): Look {
  const { catalogues, language: only, logo, accent } = settings
  const words = catalogues.get(language)
  if (words === undefined) throw new Error('a language without a catalogue')
  const accentStyle = accent === null ? null : accentStyleOf(accent)
  const styles = accentStyle === null ? [stylesheetHash] : [stylesheetHash, styleHash(accentStyle)]
  return { language, words, logo, accentStyle, headers: pageHeaders(language, only === null, styles) }
}

/**
 * The headers of every page: nothing is loaded, run, framed, cached or told to where a link leads. Chromium holds
 * `form-action` against redirects after a post too, so no page posts to where an answer would leave the origin.
 */
function pageHeaders(
  language: string,
  isNegotiated: boolean,
  styles: readonly string[],
): Readonly<Record<string, string>> {
  return Object.freeze({
    'content-type': 'text/html; charset=utf-8',
    'content-language': language,
    // RFC 9110 12.5.5, for whoever keeps an answer against `no-store`.
    ...(isNegotiated ? { vary: 'Accept-Language' } : {}),
    'cache-control': 'no-store',
    'content-security-policy': [
      "default-src 'none'",
      `style-src ${styles.map((hash) => `'${hash}'`).join(' ')}`,
      'img-src data:',
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  })
}

import { KiB, type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about pages, and what people and browsers are called on them. */
export const pageLimits = {
  acceptLanguageBytes: of('request', 1024, 'What is read of `Accept-Language`; the rest is dropped.'),
  acceptLanguageRanges: of('request', 32, 'Languages in it; the rest is dropped.'),
  displayNameCharacters: of(
    'provider',
    64,
    'What a person is called on pages and in lists; the rest is cut.',
  ),
  displayNameReadCharacters: of('provider', 1024, 'What is read of such a claim; the rest is dropped.'),
  clientHeaderCharacters: of(
    'request',
    512,
    'What a sign-in reads of `User-Agent` and of each client hint, to name browser and system; the rest is dropped.',
  ),
  linkedPathBytes: of(
    'request',
    2 * KiB,
    'The path of a page, percent-encoded, in a link that begins a sign-in, where the whole address is too long for one; a longer one becomes `/`.',
  ),
  displayNameMarks: of('provider', 4, 'Marks on one letter of such a name; the rest is dropped.'),
} as const satisfies Readonly<Record<string, Limit>>

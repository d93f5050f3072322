import t from 'tap'
import { preferredLanguage } from '../../../src/core/request/accept-language.ts'

const offered = ['en', 'de']

t.test('RFC 9110 12.5.4: the language that the browser wants most', async (t) => {
  const rows: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['en', 'en'],
    ['DE', 'de'],
    ['de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7', 'de'],
    ['en-US,en;q=0.9,de;q=0.8', 'en'],
    ['en;q=0.4, de;q=0.5', 'de'],
    ['de-AT', 'de'],
    ['de-Latn-DE-1996', 'de'],
    ['deu', 'en'],
    ['fr-FR,fr;q=0.9,de;q=0.2', 'de'],
    ['fr', 'en'],
    ['de, en', 'de'],
    ['en, de', 'en'],
    ['de;q=0.5, en;q=0.500', 'de'],
    ['*', 'en'],
    ['fr, *;q=0.1', 'en'],
    ['*;q=0.5, de;q=0.8', 'de'],
    ['*, de;q=0.8', 'en'],
    ['de;q=0, *', 'en'],
    ['en;q=0, *', 'de'],
    ['en;q=0', 'de'],
    ['en;q=0, de;q=0', 'en'],
    ['*;q=0', 'en'],
    ['de-CH;q=0, de', 'de'],
    ['de-CH;q=0, fr', 'en'],
    ['de-AT;q=0.9, de;q=0.1, en;q=0.5', 'en'],
    [' \tde ; q=0.5\t, en ;q=0.1', 'de'],
  ]
  for (const [header, expected] of rows) t.equal(preferredLanguage(header, offered), expected, String(header))
  t.equal(preferredLanguage('de', ['en', 'de-AT']), 'en')
  t.equal(preferredLanguage('de-at', ['en', 'de-AT']), 'de-AT')
  t.equal(preferredLanguage('fr', ['de', 'en']), 'de', 'the first is for everybody else')
})

t.test('what is malformed counts as not there', async (t) => {
  const rows = [
    ...['de;q=2', 'de;q=-1', 'de;q=1.1', 'de;q=0.1234', 'de;q=', 'de;q', 'de;x=1', 'de;q=NaN', 'de;q=.5'],
    ...['de_DE', 'd e', '"de"', 'de-', '-de', 'de;;q=1', 'abcdefghi', '\u0000de', 'dé', '<script>'],
  ]
  for (const header of rows) t.equal(preferredLanguage(header, offered), 'en', header)
  t.equal(preferredLanguage('de_DE, de;q=0.1', offered), 'de', 'beside what is not')
})

t.test('no header makes work: so many languages and bytes are read, and no more', async (t) => {
  t.equal(preferredLanguage(`${'fr,'.repeat(31)}de`, offered), 'de')
  t.equal(preferredLanguage(`${'fr,'.repeat(32)}de`, offered), 'en')
  t.equal(preferredLanguage(`${' '.repeat(1022)}de`, offered), 'de')
  t.equal(preferredLanguage(`${' '.repeat(1024)}de`, offered), 'en')
  t.equal(preferredLanguage(`fr,${' '.repeat(1019)}de;q=0`, offered), 'en', 'no range is cut in two')
  for (const header of [
    'a-'.repeat(50_000),
    `de${' '.repeat(50_000)}x`,
    ','.repeat(50_000),
    '*;q=0,'.repeat(9000),
  ])
    t.equal(preferredLanguage(header, offered), 'en')
})

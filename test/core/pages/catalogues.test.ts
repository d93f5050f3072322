// Every language says everything, with the same things filled in.
import t from 'tap'
import { faultCodes, faultEntry } from '../../../src/core/fault.ts'
import { partsOf, slotsOf } from '../../../src/core/pages/catalogue.ts'
import { english } from '../../../src/core/pages/english.ts'
import { builtInCatalogues } from '../../../src/core/pages/settings.ts'

const names = Object.keys(english).toSorted()

t.test('English comes first, and German is there', async (t) => {
  t.same([...builtInCatalogues.keys()], ['en', 'de'])
  t.ok(names.length > 100)
  for (const code of faultCodes) t.equal(english[`fault.${code}`], faultEntry(code).public)
})

for (const [language, words] of builtInCatalogues) {
  t.test(`${language} lacks no sentence, and none lacks what is filled in`, async (t) => {
    t.same(Object.keys(words).toSorted(), names)
    for (const [name, text] of Object.entries<string>(words)) {
      const sent = (english as Readonly<Record<string, string>>)[name] ?? ''
      t.same(slotsOf(text).toSorted(), slotsOf(sent).toSorted(), name)
      t.match(text, /^\S(?:.*\S)?$/, `${name} has nothing at its edges`)
      t.notMatch(text, /[<>&"]|\p{Cc}/u, `${name} is plain text`)
      t.equal(text.replaceAll(/\{[a-z]+\}/g, '').search(/[{}]/), -1, `${name} has no other braces`)
      if (/\.text$|^(?:failure|again|fault|moving\.to)/.test(name))
        t.match(text, /[.?]$/, `${name} is a sentence`)
      if (/title$/.test(name)) t.notMatch(text, /\.$/, `${name} is a heading`)
    }
  })
}

t.test('German addresses people as organisations do, and is no copy', async (t) => {
  const german = builtInCatalogues.get('de')
  const text = Object.values<string>(german ?? {}).join('\n')
  t.notMatch(text, /\b(?:[Dd]u|[Dd]ein\w*|[Dd]ir|[Dd]ich|[Ee]uch|[Ee]uer)\b/)
  t.notMatch(text, /\b(?:ihnen|ihrem|ihren) (?:Konto|Browser|Anmeldedienst|Seite)/)
  const same = names.filter(
    (name) => german?.[name as keyof typeof english] === english[name as keyof typeof english],
  )
  t.same(same, ['account.time', 'keys.name'])
})

t.test('a sentence comes apart where something is filled in', async (t) => {
  t.same(partsOf('plain'), [{ text: 'plain', slot: null }])
  t.same(partsOf('{a} and {b}.'), [
    { text: '', slot: 'a' },
    { text: ' and ', slot: 'b' },
    { text: '.', slot: null },
  ])
  t.same(slotsOf('{a} {A} {} {a b} {b}'), ['a', 'b'])
})

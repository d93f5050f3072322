import t from 'tap'
import { beginsCaselessly, caselessKey, hasDisputedCase } from '../../../src/core/request/caseless.ts'
import { seeded } from '../../corpus/targets.ts'

const everyCharacter: readonly string[] = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))

const code = (text: string): string =>
  [...text].map((one) => `U+${one.codePointAt(0)?.toString(16)}`).join(' ')

function alike(written: string, segment: string): boolean {
  return beginsCaselessly([segment], [written])
}

t.test('segments are compared by simple case folding, one character to one', async (t) => {
  const same = ['admin ADMIN', 'admin aDmIn', 'ä Ä', 'σ Σ', 'ς Σ', 'ς σ', 'я Я', 'ᾳ ᾼ', 'ǆ ǅ', 'ß ẞ', 'ա Ա']
  // Cherokee folds to capitals, Deseret is beyond the basic plane, the Ohm and Ångström signs are letters.
  same.push('Ꭰ ꭰ', '𐐀 𐐨', 'Ω ω', 'Å å', 'θ ϑ', 'θ ϴ', 'k \u212a', 's ſ', 'ﬅ ﬆ', 'ΐ \u1fd3')
  for (const [a = '', b = ''] of same.map((pair) => pair.split(' '))) {
    t.ok(alike(a, b) && alike(b, a), `${code(a)} and ${code(b)}`)
  }
  const different = [
    'admin admim',
    'ß ss',
    'ﬁ fi',
    'İ i',
    'ı i',
    'ı I',
    'é e',
    'ŉ ʼn',
    'ä a\u0308',
    'ａ a',
    'a aa',
    'ä Äx',
    'äx Ä',
  ]
  for (const [a = '', b = ''] of different.map((pair) => pair.split(' '))) {
    t.notOk(alike(a, b) || alike(b, a), `${code(a)} and ${code(b)}`)
  }
})

t.test('a path begins with another in whole segments, a star is any one', async (t) => {
  t.ok(beginsCaselessly(['A', 'b', 'c'], ['a', 'B']))
  t.ok(beginsCaselessly(['A', 'b', 'c'], ['a', null, 'C']))
  t.ok(beginsCaselessly(['x'], []))
  t.notOk(beginsCaselessly(['A'], ['a', 'b']))
  t.notOk(beginsCaselessly(['A'], ['a', null]))
  t.notOk(beginsCaselessly(['A', 'bc'], ['a', 'b']))
  t.notOk(beginsCaselessly(['A', 'x', 'c'], ['b', null]))
})

t.test('what folds alike has one key: the wide comparison holds the narrow one', async (t) => {
  const cased = everyCharacter.filter((one) => /\p{Cased}|\p{CWCM}|\p{CWCF}/u.test(one))
  const text = cased.join('')
  let pairs = 0
  for (const one of cased) {
    const expression = new RegExp(`\\u{${one.codePointAt(0)?.toString(16)}}`, 'giu')
    for (const other of new Set(text.match(expression))) {
      if (other === one) continue
      pairs += 1
      if (!alike(one, other)) t.fail(`${code(one)} and ${code(other)} fold alike`)
      if (caselessKey(one) !== caselessKey(other)) t.fail(`${code(one)} and ${code(other)} have two keys`)
    }
  }
  t.ok(pairs > 2800, `${pairs} pairs`)
})

/** How servers take the case off: in their language, in a fixed one, twice, with compatible characters, by file system. */
const mappings: Readonly<Record<string, (text: string) => string>> = {
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  'lower and upper': (text) => text.toLowerCase().toUpperCase(),
  'upper and lower': (text) => text.toUpperCase().toLowerCase(),
  'lower in Turkish': (text) => text.toLocaleLowerCase('tr'),
  'upper in Turkish': (text) => text.toLocaleUpperCase('tr'),
  'lower in Azerbaijani': (text) => text.toLocaleLowerCase('az'),
  'lower in Lithuanian': (text) => text.toLocaleLowerCase('lt'),
  'upper in Lithuanian': (text) => text.toLocaleUpperCase('lt'),
  'each unit upper': (text) => text.split('').map(oneUnit).join(''),
  NFC: (text) => text.normalize('NFC'),
  NFD: (text) => text.normalize('NFD'),
  NFKC: (text) => text.normalize('NFKC'),
  'NFKC of lower': (text) => text.normalize('NFKC').toLowerCase().normalize('NFKC'),
}

/** As NTFS and regular expressions without `u` do: what becomes longer stays. */
function oneUnit(unit: string): string {
  const upper = unit.toUpperCase()
  return upper.length === 1 ? upper : unit
}

/** All others are left alone by each of these, wherever they stand. */
const changeable = everyCharacter.filter(
  (one) => /\p{Cased}|\p{CWCM}|\p{CWKCF}|\p{M}/u.test(one) || one.normalize('NFD') !== one,
)

t.test('whatever a server takes for the same has the same key, for every character', async (t) => {
  t.ok(changeable.length > 20_000, `${changeable.length} characters`)
  for (const [name, map] of Object.entries(mappings)) {
    const wrong = changeable.filter((one) =>
      [one, `I${one}n`, `${one}a`].some((text) => caselessKey(map(text)) !== caselessKey(text)),
    )
    t.same(wrong.map(code), [], name)
  }
})

t.test('and so it is for rows of characters, whose marks change places', async (t) => {
  const random = seeded(20261128)
  const odd = [...'aiIjJkKsSσςΣßẞſı.ﬁﬅΐΰᾳᾼŉǰẖÅέÌÍĨĮ', ...'\u0307\u0301\u0345\u0334\u0328\u00ad\u200d']
  const drawn = (from: readonly string[]) => from[Math.floor(random() * from.length)] ?? ''
  let compared = 0
  for (let i = 0; i < 20_000; i += 1) {
    const length = 2 + Math.floor(random() * 5)
    const text = Array.from({ length }, () => drawn(random() < 0.8 ? odd : changeable)).join('')
    if (hasDisputedCase(text)) continue
    compared += 1
    const wrong = Object.entries(mappings).find(([, map]) => caselessKey(map(text)) !== caselessKey(text))
    if (wrong !== undefined) t.fail(`${code(text)} by ${wrong[0]}`)
  }
  t.ok(compared > 5_000, `${compared} texts`)
  // Iota subscript is a letter in capitals: a mark behind it is of that letter to some, of the one before to others.
  for (const text of ['\u1fb3\u0328', 'α\u0345\u0301', '\u1fbc\u0334', '\u0345\u0301'])
    t.ok(hasDisputedCase(text))
  for (const text of ['\u1fb4', 'α\u0301\u0345', '\u1fb3x', '\u0345']) t.notOk(hasDisputedCase(text))
})

t.test('a key is never empty, and is its own', async (t) => {
  const keys = changeable.map(caselessKey)
  t.notOk(keys.includes(''))
  t.same(keys.filter((key) => caselessKey(key) !== key).map(code), [])
  t.equal(caselessKey('Ad\u00admi\u0307n'), 'admin')
  t.equal(caselessKey(''), '')
})

t.test('what stands between marks and cannot be seen does not keep them apart', async (t) => {
  for (const unseen of ['\u034f', '\u00ad', '\u200d', '\ufe0f', '\u{e0101}']) {
    t.equal(caselessKey(`a\u0302${unseen}\u0323`), caselessKey('ậ'), code(unseen))
    t.equal(caselessKey(`Ä${unseen}\u0323`), caselessKey('a\u0323\u0308'), code(unseen))
  }
  t.ok(
    hasDisputedCase('ᾳ\u00ad\u0301') && hasDisputedCase('α\u0345\u034f\u0323'),
    'nor part a mark from an iota',
  )
  t.equal(caselessKey('\u0307\u00ad'), caselessKey('\u0307'))
  t.equal(caselessKey('ΑΣ\u3164x'), caselessKey('ασx'), 'nor make a sigma the last')
  t.ok(hasDisputedCase(`a${'\u0302\u200d\u0323\u034f'.repeat(8)}`), 'nor may a row of marks be longer by it')
})

t.test('four characters are disputed', async (t) => {
  const disputed = everyCharacter.filter(hasDisputedCase)
  t.same(disputed.map(code), ['U+130', 'U+131', 'U+17f', 'U+212a'])
  t.ok(hasDisputedCase('adm\u0131n'))
})

t.test('more combining marks in a row than any language has are not sorted, and refused', async (t) => {
  const marks = '\u0301\u0334'.repeat(15)
  t.notOk(hasDisputedCase(`a${marks}b${marks}`))
  t.ok(hasDisputedCase(`a${marks}\u0300`))
  t.not(caselessKey(`A${marks}`), `A${marks}`)
  t.equal(caselessKey(`A${marks}\u0300`), `A${marks}\u0300`)
})

import t from 'tap'
import {
  accentColours,
  accentContrast,
  fittingAccent,
  leastContrast,
  type Scheme,
  schemes,
} from '../../../src/core/pages/accent.ts'
import { type Colour, colourText, contrast, mix, readColour } from '../../../src/core/pages/colour.ts'
import { stylesheet } from '../../../src/http/pages/stylesheet.ts'

const both: readonly Scheme[] = ['light', 'dark']
const colourOf = (text: string): Colour => readColour(text) ?? [Number.NaN, 0, 0]

/** Some of all colours, evenly. */
const colours: readonly Colour[] = [0, 51, 102, 153, 204, 255].flatMap((red, _, steps) =>
  steps.flatMap((green) => steps.map((blue): Colour => [red, green, blue])),
)

t.test('a colour is # and six digits, and nothing else', async (t) => {
  t.same(readColour('#12594A'), [0x12, 0x59, 0x4a])
  t.equal(colourText([0x12, 0x59, 0x4a]), '#12594a')
  for (const text of [
    '',
    '#fff',
    '12594a',
    '#12594',
    '#12594ag',
    '#12594a;',
    ' #12594a',
    '#12594a\n',
    'red',
    '#12594a80',
  ])
    t.equal(readColour(text), null, JSON.stringify(text))
  t.same(mix([0, 0, 0], [255, 255, 255], 0.2), [204, 204, 204])
})

t.test('contrast is that of WCAG 2.2', async (t) => {
  t.equal(contrast([0, 0, 0], [255, 255, 255]), 21)
  t.equal(contrast([255, 255, 255], [0, 0, 0]), 21)
  t.equal(contrast([9, 9, 9], [9, 9, 9]), 1)
  t.equal(contrast([0x76, 0x76, 0x76], [255, 255, 255]).toFixed(2), '4.54')
  t.equal(contrast([255, 0, 0], [255, 255, 255]).toFixed(2), '4.00')
})

t.test('the grounds are those of the stylesheet', async (t) => {
  const blocks = [...stylesheet.matchAll(/:root \{([^}]*)\}/g)].map(([, block = '']) => block)
  for (const [at, scheme] of both.entries()) {
    t.match(blocks[at], `--card: ${colourText(schemes[scheme].ground)};`)
    t.match(blocks[at], `--ink: ${colourText(schemes[scheme].ink)};`)
  }
})

t.test('whatever the accent is, what is written on it and on its soft ground can be read', async (t) => {
  for (const scheme of both) {
    for (const colour of colours) {
      const { accent, ink, soft } = accentColours(colour, scheme)
      t.equal(accent, colourText(colour))
      t.ok(contrast(colour, colourOf(ink)) >= 4.5, `${accent} ${scheme}: ${ink}`)
      t.ok(contrast(colourOf(soft), schemes[scheme].ink) >= 4.5, `${accent} ${scheme}: ink on ${soft}`)
    }
  }
})

t.test('a colour that does not stand out is shown one that does, and no other than needed', async (t) => {
  for (const scheme of both) {
    for (const colour of colours) {
      const better = fittingAccent(colour, scheme)
      t.ok(accentContrast(better, scheme) >= leastContrast, `${colourText(colour)} ${scheme}`)
      if (accentContrast(colour, scheme) >= leastContrast) t.same(better, colour)
    }
  }
  const inBoth = colours.filter((one) => both.every((scheme) => accentContrast(one, scheme) >= leastContrast))
  t.ok(inBoth.length > 20, `${inBoth.length} of ${colours.length} do for both`)
})

import { z } from 'zod'
import { readColour } from '../../core/pages/colour.ts'
import { filePath, forms, text } from './values.ts'

/** Yields its parts. Without quotes YAML takes what begins with `#` for a comment, and nothing stands there. */
const colour = text
  .clone()
  .transform((value, context) => {
    const read = readColour(value)
    if (read !== null) return read
    context.addIssue({ code: 'custom', message: 'expected a colour of six digits, in quotes: "#12594a"' })
    return z.NEVER
  })
  .register(forms, { form: 'colour in quotes, such as `"#12594a"`' })

const both = z.strictObject({
  light: colour.describe('On light pages.'),
  dark: colour.describe('On dark pages.'),
})

export const pageKeys = {
  logo: filePath
    .optional()
    .describe(
      'A PNG, JPEG, WebP or SVG file of at most 32 KiB that stands at the top of every page in place of the gate. It stands inside the page, so nothing is loaded for it.',
    ),
  accent: z
    .union([colour, both])
    .register(forms, { form: 'colour in quotes, or `{light, dark}`' })
    .optional()
    .describe(
      'The colour of buttons and borders. It must stand out from the page by 3:1 (WCAG 1.4.11), in light and in dark. If one colour does not do that in both, write two: `{light: "#12594a", dark: "#7fd0b8"}`.',
    ),
  language: text
    .clone()
    .register(forms, { form: '`auto`, `en`, `de`, or a language of `texts`' })
    .prefault('auto')
    .describe(
      '`auto`: each page is in the language that the browser asks for, in English if there is none of those. Otherwise all pages are in this language.',
    ),
  texts: filePath
    .optional()
    .describe(
      'A YAML file with sentences of your own, by language and name: see [pages](pages.md). A language that is not built in must have all of them.',
    ),
}

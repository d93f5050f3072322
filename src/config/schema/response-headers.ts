import { z } from 'zod'
import { isReservedInAnswers } from '../../core/headers/response.ts'
import { forms } from './values.ts'

const name = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9-]+$/, { error: 'expected a header name of letters, digits and "-"' })
  .refine((value) => !isReservedInAnswers(value.toLowerCase()), {
    error: 'is reserved: HTTP or the gateway itself gives this header of an answer its meaning',
  })
  .register(forms, { form: 'header name' })

/** RFC 9110 section 5.5, without obs-text: visible ASCII and inner spaces. */
const value = z
  .string()
  .max(4096)
  .regex(/^[!-~](?:[\t -~]*[!-~])?$/, { error: 'expected visible ASCII, without spaces at its edges' })
  .register(forms, { form: 'text' })

export const responseHeaders = z
  .strictObject({
    set: z
      .record(name, value)
      .register(forms, { form: 'header name → value' })
      .prefault({})
      .describe('Headers that replace the app’s own of the same name.'),
    remove: z
      .array(name)
      .register(forms, { form: 'list of header names' })
      .prefault([])
      .describe('Headers that are removed from the app’s answers.'),
  })
  .register(forms, { form: '`{set, remove}`' })
  .prefault({})
  .describe(
    'Headers of answers. A header under `set` is on every answer here, also on the gateway’s own refusals. A refusal keeps the headers that it has itself, and its `Content-Security-Policy`. Some names are not allowed: those that frame a body or lead elsewhere, `Set-Cookie`, and `Access-Control-…`. `Cache-Control`, `Expires` and `Vary` are allowed only where an answer is the same for everybody (`require: anyone`).',
  )

export type ResponseHeaderKeys = z.output<typeof responseHeaders>

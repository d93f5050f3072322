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
      .describe('Takes the place of the app’s own of that name.'),
    remove: z
      .array(name)
      .register(forms, { form: 'list of header names' })
      .prefault([])
      .describe('Taken off the app’s answers.'),
  })
  .register(forms, { form: '`{set, remove}`' })
  .prefault({})
  .describe(
    'Headers of answers. What is set is on every answer here, the gateway’s own refusals too; these keep what they say themselves, and their `Content-Security-Policy`. Not for what frames a body or leads elsewhere, nor `Set-Cookie` and `Access-Control-…`; `Cache-Control`, `Expires` and `Vary` only where an answer is the same for everybody (`require: anyone`).',
  )

export type ResponseHeaderKeys = z.output<typeof responseHeaders>

import { z } from 'zod'
import { forms } from './values.ts'

/** The schema itself, without what says that it may be absent. */
export function unwrapped(field: z.ZodType): z.ZodType {
  if (field instanceof z.ZodOptional || field instanceof z.ZodPrefault)
    return unwrapped(field.unwrap() as z.ZodType)
  return field
}

/**
 * What the reference page calls the form of a key's values. It was given to the schema itself or to one of its
 * wrappings, whichever stands nearest.
 */
export function formOf(field: z.ZodType): string | undefined {
  const own = forms.get(field)?.form
  if (own !== undefined) return own
  if (field instanceof z.ZodOptional || field instanceof z.ZodPrefault)
    return formOf(field.unwrap() as z.ZodType)
  if (field instanceof z.ZodPipe) return formOf(field.in as z.ZodType)
  if (field instanceof z.ZodArray) return `list of ${formOf(field.element as z.ZodType) ?? 'texts'}`
  return undefined
}

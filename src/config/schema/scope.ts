import { z } from 'zod'

/** RFC 6749 section 3.3. */
export const scope = z
  .string()
  .max(1000)
  .regex(/^[!#-[\]-~]+$/, { error: 'expected one scope: visible ASCII without spaces and quotes' })

import { z } from 'zod'
import type { Credential } from '../../core/credential/credential.ts'
import { nearest } from '../nearest.ts'
import { forms, type Judgement, judged } from './values.ts'

/** What a list of `credentials` may hold, in the order in which the reference names them. */
export const availableCredentials = [
  'session',
  'bearer',
  'api_key',
  'exchange',
  'widget',
  'client_certificate',
] as const satisfies readonly Credential[]

/** One credential by its name. */
export function readCredential(value: string): Judgement<Credential> {
  const found = availableCredentials.find((one) => one === value)
  if (found !== undefined) return { ok: true, value: found }
  const expected = `expected ${availableCredentials.slice(0, -1).join(', ')} or ${availableCredentials.at(-1)}`
  return { ok: false, message: expected, meant: nearest(value, availableCredentials) }
}

const credential = judged(readCredential, {
  pattern: `^(?:${availableCredentials.join('|')})$`,
  examples: [...availableCredentials],
})

/** By what a request may be somebody's: a list, each once. */
export const credentials = z
  .array(credential)
  .min(1)
  .refine((list) => new Set(list).size === list.length, { error: 'names one twice' })
  .register(forms, { form: `list of ${availableCredentials.map((one) => `\`${one}\``).join(', ')}` })

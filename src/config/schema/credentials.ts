import { z } from 'zod'
import type { Credential } from '../../core/credential/credential.ts'
import { nearest } from '../nearest.ts'
import { forms, type Judgement, judged } from './values.ts'

const later: ReadonlySet<string> = new Set(['bearer', 'api_key', 'exchange', 'widget', 'client_certificate'])

const credential = judged(
  (value): Judgement<Credential> => {
    if (value === 'session') return { ok: true, value }
    if (later.has(value)) return { ok: false, message: 'is not available yet: expected session' }
    return { ok: false, message: 'expected session', meant: nearest(value, ['session']) }
  },
  { pattern: '^session$', examples: ['session'] },
)

/** By what a request may be somebody's: a list, each once. */
export const credentials = z
  .array(credential)
  .min(1)
  .refine((list) => new Set(list).size === list.length, { error: 'names one twice' })
  .register(forms, { form: 'list of `session`' })

import { z } from 'zod'
import { durationPattern, readDuration } from './units.ts'
import { duration, forms, type Judgement, judged } from './values.ts'

const leastSeconds = 60

/** A provider that is asked more often would be asked at nearly every request. */
function readEvery(value: string): Judgement<number> {
  const read = readDuration(value)
  return read.ok && read.value < leastSeconds ? { ok: false, message: 'must be at least 1m' } : read
}

const every = judged(readEvery, { pattern: durationPattern, examples: ['5m', '15m', '1h'] }).register(forms, {
  form: 'duration',
})

const mapping = z.strictObject({
  every: every.describe(
    'The first request that comes later than this after the provider’s last answer makes the gateway ask again. At least `1m`.',
  ),
  unanswered: duration
    .optional()
    .describe(
      'How long sessions go on, since the provider last answered for them, while it does not answer. Then people sign in again. Without this key sessions go on to their `max_lifetime`. It is at least `every`.',
    ),
})

/** One word says it, or the shortest form. */
const neverOrEvery = judged(
  (value): Judgement<z.output<typeof mapping> | null> => {
    if (value === 'never') return { ok: true, value: null }
    if (!/^[0-9]/.test(value)) return { ok: false, message: 'expected never, or a duration such as 15m' }
    const read = readEvery(value)
    return read.ok ? { ok: true, value: { every: read.value } } : read
  },
  { pattern: `^never$|${durationPattern}`, examples: ['never', '15m', '1h'] },
)

/** `recheck` of a provider. Null: never. */
export const recheck = z
  .union([neverOrEvery, mapping])
  .register(forms, { form: '`never`, duration or `{every, unanswered}`' })
  .prefault('never')
  .describe(
    'How often the gateway asks the provider again for people who are signed in. It asks with the refresh token, or with the access token at userinfo. Rules then judge the new claims, and a session that the provider no longer knows ends. A duration alone is `every`. `never` judges the claims of the sign-in until the session ends. It needs a store that keeps tokens, so it is a fault with `store: cookie`. A provider that gives no refresh token can be asked while its access token lives. Then people sign in again, usually without noticing.',
  )

export type RecheckKeys = z.output<typeof recheck>

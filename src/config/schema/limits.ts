import { z } from 'zod'
import { amountPattern, readQuota, readRate } from '../limit-amount.ts'
import { nearest } from '../nearest.ts'
import { forms, type Judgement, judged, name, oneOf, text } from './values.ts'

const rate = judged(readRate, { pattern: amountPattern, examples: ['100/1m', '6000/1h'] }).register(forms, {
  form: 'count and time, `100/1m`',
})

const quota = judged(readQuota, { pattern: amountPattern, examples: ['10000/1d'] }).register(forms, {
  form: 'count and time, `10000/1d`',
})

const subjects = ['user', 'key', 'client_ip', 'app'] as const
type Subject = (typeof subjects)[number]

const subject = judged(
  (value): Judgement<Subject> => {
    const found = subjects.find((one) => one === value)
    if (found !== undefined) return { ok: true, value: found }
    const message = 'expected user, key, client_ip, app or a claim: {claim: organization_id}'
    return { ok: false, message, meant: nearest(value, subjects) }
  },
  { pattern: `^(?:${subjects.join('|')})$`, examples: [...subjects] },
)

/** What one plan may: a rate, or what the key says. */
const planAmount = z
  .union([
    rate,
    z.strictObject({
      rate: rate.optional().describe('So many in a time.'),
      quota: quota.optional().describe('So many in a window of UTC, over restarts.'),
    }),
  ])
  .register(forms, { form: 'rate, `{rate}` or `{quota}`' })

const by = z
  .strictObject({
    claim: text.describe('The claim that says the plan.'),
    is: z
      .record(text, planAmount)
      .register(forms, { form: 'value → rate, `{rate}` or `{quota}`' })
      .describe('What each plan may. If the claim is a list, the first of these plans counts that it has.'),
    otherwise: planAmount.describe('What everybody else may.'),
  })
  .register(forms, { form: '`{claim, is, otherwise}`' })

/** One limit. Which keys go together is judged by config/build/limits. */
export const limit = z
  .strictObject({
    name: name
      .optional()
      .describe('What answers, logs and metrics call it. Without this key it is named after `per`.'),
    per: z
      .union([
        subject,
        z.strictObject({ claim: text.describe('The claim whose value is counted, one text or number.') }),
      ])
      .register(forms, { form: '`user`, `key`, `client_ip`, `app` or `{claim}`' })
      .describe('Whose requests are counted together.'),
    rate: rate.optional().describe('So many in a time. It begins anew when the gateway starts.'),
    quota: quota.optional().describe('So many in a window of UTC. It survives a restart.'),
    by: by.optional().describe('By plan: each value of a claim has its own rate or quota.'),
  })
  .register(forms, { form: '`{name, per}` with `rate`, `quota` or `by`' })

export const limitKeys = {
  limits: z
    .array(limit)
    .max(10)
    .register(forms, { form: 'list of `{name, per}` with `rate`, `quota` or `by`' })
    .prefault([])
    .describe(
      'How many requests are let in. All limits of the list must have room. Otherwise the answer is 429 with `Retry-After`, and the app hears nothing. `per` says what is counted together: `user` is a person with all sessions and keys, `key` is an API key, `client_ip` is an IPv4 address or an IPv6 /64, `app` is everybody, and `{claim: organization_id}` is all for whom one provider says the same. If that claim is no single text or number, it counts like `user`. `rate: 100/1m` is 100 requests in a minute, counted from the first of them, in a window of at most 1d. Rates are kept in memory, or in the shared store. `quota: 10000/1d` survives a restart. Its windows, 1m to 31d, lie end to end in UTC from 1970 on: `1d` begins at midnight in UTC, `7d` on Thursdays, and there is none that follows the months. `by: {claim: plan, is: {free: 60/1h, paid: {quota: 100000/1d}}, otherwise: 10/1h}` has a limit for each plan. `name` is what answers, logs and metrics call the limit. Only requests that are let in are counted, so nobody spends a customer’s quota with a wrong secret. `client_ip` alone is counted before anybody is looked up.',
    ),
  limits_fail: oneOf(['open', 'closed'])
    .prefault('open')
    .describe(
      'What happens while the store of the limits does not answer within 250 ms. `open` lets the request in, uncounted. `closed` answers 503.',
    ),
}

export type LimitEntry = z.output<typeof limit>
export type PlanAmount = z.output<typeof planAmount>

import { z } from 'zod'
import { forms, type Judgement, judged, oneOf, webOrigin } from './values.ts'

/** `null` is what pages without an origin send, and `*` would be everybody. */
const corsOrigin = judged((value): Judgement<string> => {
  const message =
    'is no origin: list those that may call, such as https://shop.example.com, or write `cors: keys`'
  if (value === '*' || value === 'null') return { ok: false, message }
  const read = webOrigin.safeParse(value)
  if (read.success) return { ok: true, value: read.data }
  return { ok: false, message: read.error.issues[0]?.message ?? message }
})

const corsHeader = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9-]+$/, { error: 'expected a header name of letters, digits and "-"' })
  .refine((value) => !/^(?:authorization|content-type)$/i.test(value), {
    error: 'is always allowed: leave it out',
  })
  .register(forms, { form: 'header name' })

/** Which pages of other origins may call, and with what. */
export const corsKeys = {
  cors: z
    .union([oneOf(['deny', 'keys']), z.array(corsOrigin).min(1)])
    .refine((value) => typeof value === 'string' || new Set(value).size === value.length, {
      error: 'names an origin twice',
    })
    .register(forms, { form: '`deny`, `keys` or list of origins' })
    .prefault('deny')
    .describe(
      'Which pages of other origins may call this and read the answers (CORS). `deny` lets none, and leaves what the app says of it. A list names the origins. `keys` answers any https origin; it is allowed only where `credentials` lists nothing but `api_key`, `bearer` and `widget`, and where nobody gets in without one. With a list or `keys`, the gateway answers preflights itself, takes the app’s own `Access-Control-*` off, and sets its own on every answer, its refusals included. Such pages may read `Retry-After` and `WWW-Authenticate` too. Cookies never count for such pages: no answer to a request with a cookie can be read by them. It replaces `cors_preflight`.',
    ),
  cors_headers: z
    .array(corsHeader)
    .max(50)
    .refine((names) => new Set(names.map((name) => name.toLowerCase())).size === names.length, {
      error: 'names a header twice',
    })
    .prefault([])
    .describe(
      'Request headers that pages of other origins may send, beside `Authorization` and `Content-Type`. The header of API keys (`X-Api-Key`) is one of these.',
    ),
}

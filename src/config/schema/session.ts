import { z } from 'zod'
import { sessionStore } from './session-store.ts'
import { dateTime, duration, durationOrNone, flag, forms, oneOf, oneOrMore, secret } from './values.ts'

/** The keys of `session`. */
export const sessionKeys = {
  store: sessionStore.describe(
    'Where sessions are kept: with `cookie`, a copied cookie lives until `max_lifetime`, as nobody can end that session. `sqlite` is one file in `data`, for one machine. `memory` forgets sessions at a restart. `cookie` seals them into the browser, in at most two cookies of 7 KiB together, for gateways without a disk and without Redis. Such a session has the claims that rules, headers, `user_id` and `display_name` name, and no tokens. A sign-out holds in its own browser and process. A sign-in is used once in each process, not in all of them. Several machines share a Redis (6.2 or later), where a sign-out and a revocation hold at all of them within a second.',
  ),
  allow_insecure_redis: flag
    .prefault(false)
    .describe(
      'Lets the gateway reach Redis without TLS: by `redis://` on another machine, or by Sentinels and clusters without `tls`. Whoever is on the way can then read the password, and with it end sessions or put back older ones. The gateway warns of it at each start.',
    ),
  during_outage: durationOrNone
    .prefault('5m')
    .describe(
      'How long people stay signed in while the store does not answer. The time runs for each session from the store’s last answer for it. After that they get 503. With `0s` they get it at once. Nobody can sign in meanwhile. With `memory` and `cookie` there is no store that could be away, and this key is a fault. A session that somebody revokes meanwhile may go on for this long.',
    ),
  revoked_before: dateTime
    .optional()
    .describe(
      'Ends every session whose sign-in was before this time, in every store: `2026-11-28T20:00:00Z`. It needs the zone. A time in the future is a fault, because nobody could stay signed in until then.',
    ),
  secret: oneOrMore(secret)
    .register(forms, { form: 'secret text or a list' })
    .optional()
    .describe(
      'Seals cookies. It has at least 32 bytes. In a list, the first seals and every one opens. Without this key the gateway makes one, for a single instance only: with `sqlite` it is kept in `data`, with `memory` another is made at each start. Redis and `cookie` need this key.',
    ),
  idle_timeout: duration.prefault('1h').describe('A session ends when it has not been used for this long.'),
  max_lifetime: duration
    .prefault('8h')
    .describe('A session ends this long after the sign-in, whether it is used or not.'),
  sign_in_timeout: duration
    .prefault('1h')
    .describe(
      'How long a person may take to sign in at the provider. If the person comes back later, the sign-in begins again by itself, once, for the same page.',
    ),
  cookie_name: z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9_-]+$/, { error: 'a cookie name holds letters, digits, "_" and "-"' })
    .register(forms, { form: 'text' })
    .prefault('claimgate')
    .describe(
      'The name of the cookie. On https the gateway puts `__Host-` in front of it. If the port is not the default, it puts the port behind it.',
    ),
  same_site: oneOf(['lax', 'strict'])
    .prefault('lax')
    .describe(
      'With `strict`, browsers send the session only from the app’s own pages. Whoever follows a link from another site is then asked to sign in.',
    ),
}

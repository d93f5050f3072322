import { z } from 'zod'
import { isKeyPrefix } from '../../core/keys/key-form.ts'
import { ruleForm } from './rule.ts'
import { keyStore } from './session-store.ts'
import {
  count,
  duration,
  durationAtMost,
  flag,
  forms,
  headerName,
  type Judgement,
  judged,
  oneOrMore,
  secret,
  text,
  webOrigin,
} from './values.ts'

/** What begins the short tokens of ours, which are no keys. */
const tokenPrefix = 'cgt'

const prefix = judged(
  (value): Judgement<string> => {
    if (!isKeyPrefix(value)) return { ok: false, message: 'expected 2 to 8 small letters and digits' }
    if (value === tokenPrefix)
      return { ok: false, message: `\`${tokenPrefix}\` begins tokens of the gateway` }
    return { ok: true, value }
  },
  { pattern: '^[a-z0-9]{2,8}$', examples: ['cg'] },
)

/** Judged by config/build/keys-in-file: a key as `claimgate keys create --print` writes it. */
const keysInFile = z
  .union([z.string(), z.array(z.unknown())])
  .register(forms, { form: 'list of keys, or a text with one a line' })

export const selfServiceKeys = {
  at: webOrigin.describe(
    'The one origin at which people have keys of their own, such as `https://portal.example.com`. They are the people who sign in there. Their page, `/.auth/keys`, needs https, or `localhost`: elsewhere browsers do not say what sends a form.',
  ),
  require: ruleForm.describe(
    'Who may have a key. The gateway judges it at every use of a key, over the claims that the key has. Whoever does not meet it any more has a key that sleeps. It asks for a person, and not for `client_ip`, `certificate` or `credential`.',
  ),
  claims: z
    .array(text)
    .register(forms, { form: 'list of claim paths' })
    .prefault([])
    .describe(
      'The claims that a key has of its owner. Rules and headers see no others. `email` counts only if the provider verified it.',
    ),
  max_keys: count(1, 100).prefault(5).describe('The most keys that one person has.'),
  origins: flag
    .prefault(false)
    .describe(
      'Whether people may name origins for widgets of their keys. Without it, no key of a person has any, whoever named them.',
    ),
  lifetime: duration
    .optional()
    .describe('How long such a key lives at most. Without this key it has no end of its own.'),
}

/** `api_keys` of the file. */
export const apiKeysKeys = {
  store: keyStore
    .optional()
    .describe(
      'Where keys are kept: `sqlite`, or a Redis, written as that of `session.store`. `sqlite` is one file in `data`, `keys.db`, for one machine. Without this key it is the store of the sessions. `memory` and `cookie` keep no keys: with one of these as the store of the sessions you need this key.',
    ),
  secret: oneOrMore(secret)
    .register(forms, { form: 'secret text or a list' })
    .optional()
    .describe(
      'Seals the keys in a Redis, which needs this key, and the short tokens. Without it, `session.secret` seals the tokens. It has at least 32 bytes and is not `session.secret`. In a list, the first seals and every one opens.',
    ),
  prefix: oneOrMore(prefix)
    .register(forms, { form: 'text or list of texts' })
    .prefault('cg')
    .describe(
      'What keys begin with: 2 to 8 small letters and digits. In a list, the first makes new keys. Keep each prefix as long as there are keys that begin with it. Whatever begins with one of these and `_` counts as a key, and reaches no app and no provider.',
    ),
  header: headerName
    .prefault('X-Api-Key')
    .describe(
      'The header that may carry a key, beside `Authorization`. Where `api_key` is listed, another value in it is 401.',
    ),
  keys: keysInFile
    .prefault([])
    .describe(
      `Keys that stand in the file itself, as \`claimgate keys create --print\` writes them, or \`"\${file:keys.jsonl}"\`. They hold no secret, only its hash.`,
    ),
  claims_max_age: durationAtMost(90 * 86_400, '90d')
    .prefault('30d')
    .describe(
      'How long the claims of a person’s key count after the sign-in or recheck that they came from. Then the key sleeps until its owner signs in. At most 90d.',
    ),
  token_lifetime: durationAtMost(86_400, '24h')
    .prefault('15m')
    .describe(
      'How long a short token lives that the gateway gives for a key at `/.auth/token`, unless the program asks for a shorter one. It also ends with its key. At most 24h. If you make this shorter, the tokens that are out end sooner too.',
    ),
  user_id_prefix: z
    .string()
    .regex(/^[!-~]{1,64}$/, { error: 'expected 1 to 64 characters of visible ASCII' })
    .register(forms, { form: 'text' })
    .prefault('key:')
    .describe(
      'What stands in front of the user ids of operators’ keys, so that nobody can take them for a person’s.',
    ),
  widget_claims: z
    .array(text)
    .register(forms, { form: 'list of claim paths' })
    .prefault([])
    .describe(
      'The claims of a key that a token for a widget has. Whoever opens the widget’s page has the token, so it has none by default. Rules and headers see no others.',
    ),
  self_service: z
    .strictObject(selfServiceKeys)
    .register(forms, { form: 'mapping of the keys below' })
    .optional()
    .describe('Whose keys are people’s own. Without this key, there are only keys that operators make.'),
}

import { z } from 'zod'
import { appKeys, appName, optional, ownAppKeys } from './app.ts'
import { providerKeys } from './provider.ts'
import { policyForm } from './rule.ts'
import { testsForm } from './tests.ts'
import {
  duration,
  fileMode,
  filePath,
  forms,
  listenAddress,
  listenPlace,
  oneOf,
  oneOrMore,
  pem,
  secret,
  text,
  trustedPeer,
} from './values.ts'

/**
 * The one description of the file: the types of what is read, the JSON Schema for editors and the reference page all
 * come from here, and so do the defaults. Every key has its sentence.
 */
export const listenKeys = {
  address: listenPlace.prefault('0.0.0.0:8080').describe('Where requests are accepted.'),
  mode: fileMode
    .optional()
    .describe(
      'Permissions of the Unix socket that `address` names: `"0660"` lets its owner and group connect. When absent, what the umask of the process leaves.',
    ),
  tls: z
    .array(
      z.strictObject({
        certificate: pem.describe('The certificate, with its chain.'),
        key: pem.describe('Its private key.'),
      }),
    )
    .min(1)
    .register(forms, { form: 'list of `{certificate, key}`' })
    .optional()
    .describe(
      'Ends TLS here; the certificate is chosen by the name that a client asks for, the first is the default.',
    ),
  client_ca: pem
    .optional()
    .describe(
      'Authorities that a client’s certificate must come from: with it, clients without one are refused.',
    ),
}

const listenMapping = z.strictObject(listenKeys)

export const sessionKeys = {
  store: oneOf(['sqlite', 'memory'])
    .prefault('sqlite')
    .describe('Where sessions rest: `sqlite` is one file in `data`, `memory` forgets them at a restart.'),
  secret: oneOrMore(secret)
    .register(forms, { form: 'secret text or a list' })
    .optional()
    .describe(
      'Seals cookies; at least 32 bytes. Of a list the first seals and all open. When absent one is generated into `data`, which serves one instance only.',
    ),
  idle_timeout: duration.prefault('1h').describe('A session that is not used for so long ends.'),
  max_lifetime: duration.prefault('8h').describe('A session ends so long after its sign-in, used or not.'),
  sign_in_timeout: duration
    .prefault('1h')
    .describe(
      'How long a person may take to sign in at the provider; an attempt that comes back later begins again by itself, once, for the same page.',
    ),
  cookie_name: z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9_-]+$/, { error: 'a cookie name holds letters, digits, "_" and "-"' })
    .register(forms, { form: 'text' })
    .prefault('claimgate')
    .describe(
      'The name of the cookie; `__Host-` is put in front on https, a port that is not the default behind.',
    ),
  same_site: oneOf(['lax', 'strict'])
    .prefault('lax')
    .describe(
      '`strict` sends the session along from own pages only; a link from elsewhere then asks to sign in.',
    ),
}

export const logKeys = {
  level: oneOf(['debug', 'info', 'warn', 'error']).prefault('info').describe('The least that is logged.'),
  subject: oneOf(['hash', 'plain', 'off'])
    .prefault('hash')
    .describe(
      'How lines name who is signed in: by a keyed hash, by the user id, or not at all. With `off` no line has `session` either.',
    ),
  subject_key: secret
    .optional()
    .describe(
      'Keys the hashes by which lines name people and sessions; at least 32 bytes. Lines of one person match as long as it stays the same. When absent one is generated into `data`, which serves one instance only; with `session.store: memory` it hangs on `session.secret`.',
    ),
}

/** The keys at the top that hold one value. */
export const topKeys = {
  listen: z
    .union([listenPlace.transform((address): z.output<typeof listenMapping> => ({ address })), listenMapping])
    .register(forms, { form: '`address:port`, `unix:/path` or `{address, mode, tls, client_ca}`' })
    .prefault('0.0.0.0:8080')
    .describe(
      'Where requests are accepted: an address and a port, or a Unix socket, `unix:/run/claimgate.sock`, for a server of the same machine in front. A socket file that no process answers on is taken over; any other file there is left alone.',
    ),
  admin: z
    .union([z.literal(false), listenAddress])
    .register(forms, { form: '`address:port` or `false`' })
    .prefault('127.0.0.1:9090')
    .describe('Where `/livez`, `/readyz` and `/metrics` are served; `false` for nowhere.'),
  trusted_proxies: z
    .union([z.literal('none'), z.array(trustedPeer).min(1)])
    .register(forms, { form: 'list of CIDRs and `unix`, or `none`' })
    .prefault('none')
    .describe(
      'The load balancers in front: only their `X-Forwarded-For` and `X-Forwarded-Proto` are believed. `unix` is whoever connects by the Unix socket of `listen`; without it nobody knows where requests of the socket come from, and conditions on the address let nobody in. A rule with `client_ip` needs this key to be written.',
    ),
  data: text
    .clone()
    .register(forms, { form: 'folder' })
    .optional()
    .describe(
      'The folder of the embedded store; `./data` when absent, or what `CLAIMGATE_DATA` says (`/data` in the image).',
    ),
  auth_prefix: text
    .clone()
    .register(forms, { form: 'path' })
    .prefault('/.auth')
    .describe('Below this path every origin belongs to the gateway; nothing there reaches an app.'),
  shadow: filePath
    .optional()
    .describe(
      'Another configuration of the same apps, whose rules are rehearsed: judged beside those of this one, logged and counted, never enforced.',
    ),
}

/** Everything else at the top: mappings whose entries are judged one by one, so that no fault hides another. */
export const groupKeys = {
  session: z.strictObject(sessionKeys).prefault({}).describe('How people stay signed in.'),
  log: z.strictObject(logKeys).prefault({}).describe('What is logged.'),
  providers: z
    .record(appName, z.strictObject(providerKeys))
    .describe('The OpenID Connect providers that people sign in with, by a name of yours.'),
  policies: z.record(text, policyForm).optional().describe('Names for rules, so that files and tests read.'),
  defaults: z
    .strictObject(optional(appKeys))
    .optional()
    .describe('Keys of apps, for all that do not write them; a key in an app replaces the default whole.'),
  apps: z
    .record(appName, z.strictObject({ ...ownAppKeys, ...appKeys }))
    .describe('The apps behind the gateway, by a name of yours.'),
  tests: testsForm
    .optional()
    .describe('Who may do what, as examples that `claimgate test` holds against the rules.'),
}

export const fileSchema = z.strictObject({ ...topKeys, ...groupKeys })

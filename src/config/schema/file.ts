import { z } from 'zod'
import { limits } from '../../core/limits/table.ts'
import { adminForm } from './admin.ts'
import { apiKeysKeys } from './api-keys.ts'
import { appKeys, appName, optional, ownAppKeys } from './app.ts'
import { clientCertificateKeys } from './client-certificates.ts'
import { awsKeys } from './held-bodies.ts'
import { signingKeys } from './identity-assertion.ts'
import { listenForm } from './listen.ts'
import { pageKeys } from './pages.ts'
import { providerKeys } from './provider.ts'
import { policyForm } from './rule.ts'
import { sessionKeys } from './session.ts'
import { testsForm } from './tests.ts'
import { count, filePath, forms, oneOf, secret, text, trustedPeer } from './values.ts'

/**
 * The one description of the file: the types of what is read, the JSON Schema for editors and the reference page all
 * come from here, and so do the defaults. Every key has its sentence.
 */
export const logKeys = {
  level: oneOf(['debug', 'info', 'warn', 'error'])
    .prefault('info')
    .describe('The lowest level that is logged.'),
  format: oneOf(['auto', 'json', 'text'])
    .prefault('auto')
    .describe(
      'What a line of the log is: one JSON object with `json`, a readable line with `text`. With `auto` it is readable on a terminal and JSON everywhere else. Commands that read a log (`explain --log`, `replay`) need JSON. `NO_COLOR` takes the colours off.',
    ),
  subject: oneOf(['hash', 'plain', 'off'])
    .prefault('hash')
    .describe(
      'How lines of the log name the person who is signed in: by a keyed hash (`hash`), by the user id (`plain`), or not at all (`off`). With `off`, no line has `session` either.',
    ),
  subject_key: secret
    .optional()
    .describe(
      'The key of the hashes by which lines name people and sessions. It has at least 32 bytes. The lines of one person match as long as it stays the same. Without this key the gateway makes one, for a single instance only: with `sqlite` it is kept in `data`, with `memory` and `cookie` it is made of `session.secret`, so that it changes with it. Gateways that share a Redis must have it, unless `subject` is `off`.',
    ),
}

/** The keys at the top that hold one value. */
export const topKeys = {
  listen: listenForm,
  admin: adminForm,
  workers: z
    .union([z.literal('auto'), count(1, limits.workers)])
    .register(forms, { form: 'number from 1 to 256, or `auto`' })
    .prefault(1)
    .describe(
      'How many processes take requests. `auto` is one for each core that the gateway may use. With 1 the gateway is one process. With more, one process watches over the others: it answers at `admin`, writes the log and reads the configuration, and it replaces a worker that ends. All workers serve the same configuration. `max_connections` of an upstream and `aws.held_bodies` are divided among them. What the reference promises for a process holds for each of them. Not with `session.store: memory`.',
    ),
  trusted_proxies: z
    .union([z.literal('none'), z.array(trustedPeer).min(1)])
    .register(forms, { form: 'list of CIDRs and `unix`, or `none`' })
    .prefault('none')
    .describe(
      'The load balancers and proxies in front. The gateway believes `X-Forwarded-For` and `X-Forwarded-Proto` only if they come from one of these. `unix` stands for whoever connects by the Unix socket of `listen`. Without `unix`, nobody knows where a request on the socket comes from, and a condition on the address lets nobody in. If a rule uses `client_ip`, the file must have this key.',
    ),
  data: text
    .clone()
    .register(forms, { form: 'folder' })
    .optional()
    .describe(
      'The folder of the embedded store. Without this key it is `./data`, or the folder that `CLAIMGATE_DATA` names (`/data` in the image).',
    ),
  auth_prefix: text
    .clone()
    .register(forms, { form: 'path' })
    .prefault('/.auth')
    .describe(
      'Everything below this path belongs to the gateway, on every origin. Nothing there reaches an app.',
    ),
  signing_keys: signingKeys,
  shadow: filePath
    .optional()
    .describe(
      'Another configuration of the same apps, whose rules are only rehearsed. The gateway judges them beside the rules of this file, logs and counts them, and never enforces them.',
    ),
}

/** Everything else at the top: mappings whose entries are judged one by one, so that no fault hides another. */
export const groupKeys = {
  session: z.strictObject(sessionKeys).prefault({}).describe('How people stay signed in.'),
  api_keys: z
    .strictObject(apiKeysKeys)
    .optional()
    .describe(
      'Keys of the gateway’s own, which programs and customers present. They open the locations whose `credentials` list `api_key`. With `{}` every key below has its default.',
    ),
  client_certificates: z
    .strictObject(clientCertificateKeys)
    .optional()
    .describe(
      'The certificates of clients that count, on listeners with `client_certificates: ask`. They open the locations whose `credentials` list `client_certificate`, and rules may ask for one with `certificate`.',
    ),
  aws: z
    .strictObject(awsKeys)
    .prefault({})
    .describe('What holds for all apps on AWS together (`upstream.aws`, `upstream.lambda`).'),
  pages: z
    .strictObject(pageKeys)
    .prefault({})
    .describe('How the gateway’s own pages look, and which languages they speak.'),
  log: z.strictObject(logKeys).prefault({}).describe('What is logged.'),
  providers: z
    .record(appName, z.strictObject(providerKeys))
    .describe(
      'The OpenID Connect providers with which people sign in. You choose their names, but for `api_keys` and `certificates`. A file in which keys alone open every app needs none.',
    ),
  policies: z
    .record(text, policyForm)
    .optional()
    .describe('Rules with names, so that files and tests are easy to read.'),
  defaults: z
    .strictObject(optional(appKeys))
    .optional()
    .describe('Keys for all apps that do not have them. A key in an app replaces the whole default.'),
  apps: z
    .record(appName, z.strictObject({ ...ownAppKeys, ...appKeys }))
    .describe('The apps behind the gateway. You choose their names.'),
  tests: testsForm
    .optional()
    .describe('Examples of who may do what. `claimgate test` compares them with the rules.'),
}

export const fileSchema = z.strictObject({ ...topKeys, ...groupKeys })

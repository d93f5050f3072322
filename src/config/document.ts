import { z } from 'zod'
import { presetFacts } from './build/preset.ts'
import { intro, outro } from './reference-text.ts'
import { apiKeysKeys } from './schema/api-keys.ts'
import { appKeys, locationKeys, ownAppKeys } from './schema/app.ts'
import { authorityKeys, clientCertificateKeys } from './schema/client-certificates.ts'
import { fileSchema, groupKeys, logKeys, topKeys } from './schema/file.ts'
import { formOf, unwrapped } from './schema/form.ts'
import { forwardingKeys } from './schema/forwarding.ts'
import { listenKeys } from './schema/listen.ts'
import { pageKeys } from './schema/pages.ts'
import { providerKeys } from './schema/provider.ts'
import { resumeKeys } from './schema/resume.ts'
import { ruleDefinitions } from './schema/rule.ts'
import { sessionKeys } from './schema/session.ts'
import { clusterKeys, redisKeys, sentinelKeys } from './schema/session-store.ts'
import { caseKeys, personKeys, requestKeys, testsKeys } from './schema/tests.ts'

/** The JSON Schema that editors complete and check by: draft 2020-12, of the file as it is written. */
export function toJsonSchema(): string {
  return toDocument(fileSchema, {
    title: 'claimgate.yaml',
    description: 'The configuration of claimgate, an OpenID Connect gateway.',
    $defs: ruleDefinitions,
  })
}

/** The same of a `*.test.yaml`. */
export function toTestsJsonSchema(): string {
  const description = 'Tests of the rules of a claimgate.yaml, run by `claimgate test`.'
  return toDocument(z.strictObject(testsKeys), { title: '*.test.yaml', description })
}

interface About {
  readonly title: string
  readonly description: string
  readonly $defs?: object
}

function toDocument(form: z.ZodType, { title, description, ...more }: About): string {
  const schema = z.toJSONSchema(form, {
    io: 'input',
    target: 'draft-2020-12',
    // Names of keys are written out, never put in.
    override: ({ jsonSchema, path }) => path.at(-1) !== 'propertyNames' && allowReferences(jsonSchema),
  })
  const { $schema, ...rest } = schema
  const document = { $schema, title, description, ...rest, ...more }
  return `${JSON.stringify(document, null, 2)}\n`
}

const reference = { type: 'string', pattern: '\\$\\{' } as const

/** `${env:NAME}` may stand for every value but a list or a mapping: editors must not complain of it. */
function allowReferences(schema: z.core.JSONSchema.BaseSchema): void {
  // Called once for the schema and once for each of its wrappings.
  const { pattern } = schema
  if (pattern !== undefined && !pattern.endsWith(`|${reference.pattern}`)) {
    schema.pattern = `(${pattern})|${reference.pattern}`
  }
  if (schema.type === 'integer') {
    const { type, minimum, maximum } = schema
    for (const key of ['type', 'minimum', 'maximum'] as const) delete schema[key]
    schema.anyOf = [{ type, ...(minimum && { minimum }), ...(maximum && { maximum }) }, reference]
    return
  }
  if (schema.type !== 'boolean' && schema.enum === undefined) return
  const { type, enum: words } = schema
  delete schema.type
  delete schema.enum
  const own = words === undefined ? { type: 'boolean' as const } : { enum: words }
  schema.anyOf = [{ ...(type === 'string' ? { type: 'string' as const } : {}), ...own }, reference]
}

interface Section {
  readonly title: string
  readonly text: string
  readonly keys: z.ZodRawShape
}

const sections: readonly Section[] = [
  {
    title: 'The top of the file',
    text: 'These keys stand at the top. There are no others.',
    keys: { ...topKeys, ...groupKeys },
  },
  {
    title: '`listen` as a mapping',
    text: 'If you need more than an address, write `listen` as a mapping with these keys, or as a list of such mappings and addresses.',
    keys: listenKeys,
  },
  {
    title: '`session`',
    text: 'An app may have its own lifetimes. The other keys hold for all apps.',
    keys: sessionKeys,
  },
  {
    title: '`session.store`: a Redis',
    text: 'One Redis or Valkey is `store: { redis: {…} }` with these keys. Its address alone may stand as `store: rediss://…`.',
    keys: redisKeys,
  },
  {
    title: '`session.store`: Redis Sentinel',
    text: 'A primary with replicas, which Sentinels watch, is `store: { redis_sentinel: {…} }`.',
    keys: sentinelKeys,
  },
  {
    title: '`session.store`: Redis Cluster',
    text: 'A cluster is `store: { redis_cluster: {…} }`.',
    keys: clusterKeys,
  },
  {
    title: '`api_keys`',
    text: 'Keys that programs and customers present. Of the keys that `session.store` has for a Redis, `store` takes the same.',
    keys: apiKeysKeys,
  },
  {
    title: '`client_certificates`',
    text: 'Certificates that clients show, on listeners that ask for them.',
    keys: clientCertificateKeys,
  },
  {
    title: '`client_certificates.authorities`',
    text: 'An authority, by the name that you give it.',
    keys: authorityKeys,
  },
  { title: '`log`', text: 'Cookies, tokens, codes, queries and secrets are never logged.', keys: logKeys },
  {
    title: '`pages`',
    text: 'The [gateway’s own pages](pages.md): their logo, their colour, their language and their words.',
    keys: pageKeys,
  },
  {
    title: '`providers`',
    text: 'You choose the name of each provider. It appears in links, logs and rules (`provider: acme`).',
    keys: providerKeys,
  },
  {
    title: '`apps`',
    text: 'An app has one `url`, which people open, and one upstream.',
    keys: ownAppKeys,
  },
  {
    title: '`apps` and `defaults`',
    text: 'These keys stand in an app, or in `defaults` for all apps. A key in an app replaces the whole default.',
    keys: appKeys,
  },
  {
    title: '`locations`',
    text: `These keys stand in each line of an app’s \`locations\`. A location may replace these keys of its app: ${Object.keys(
      { ...resumeKeys, ...forwardingKeys },
    )
      .map((key) => `\`${key}\``)
      .join(', ')}. To \`step_up\` and \`require\` of its app it adds its own.`,
    keys: locationKeys,
  },
  {
    title: '`tests`',
    text: '[Rule tests](testing-rules.md) stand in the configuration, or in a file of their own. In that file, these keys are at the top.',
    keys: testsKeys,
  },
  { title: '`tests.persons`', text: 'You choose the name of each person.', keys: personKeys },
  { title: '`tests.cases`', text: 'These keys stand in each line of the list.', keys: caseKeys },
  {
    title: '`tests.cases`: a request',
    text: 'In one line a request is `METHOD URL`. With these keys it is a mapping.',
    keys: requestKeys,
  },
]

/** docs/configuration.md: every key with its form, its default and its sentence. */
export function toReferencePage(): string {
  const body = sections.map(({ title, text, keys }) => `## ${title}\n\n${text}\n\n${table(keys)}`)
  return [intro, ...body, presetSection(), outro].join('\n')
}

function table(keys: z.ZodRawShape): string {
  const rows = Object.entries(keys).flatMap(([key, field]) => rowsOf(key, field as z.ZodType))
  return ['| key | form | default | |', '| --- | --- | --- | --- |', ...rows, ''].join('\n')
}

/** A key, and the keys of the mapping that it may hold. */
function rowsOf(key: string, field: z.ZodType): readonly string[] {
  const inner = mappingIn(unwrapped(field))
  const nested = inner === null || hasSection.has(key) ? [] : Object.entries(inner.shape)
  return [
    `| \`${key}\` | ${cell(formOf(field) ?? 'mapping')} | ${cell(defaultOf(field))} | ${cell(descriptionOf(field))} |`,
    ...nested.flatMap(([name, schema]) => rowsOf(`${key}.${name}`, schema as z.ZodType)),
  ]
}

const hasSection: ReadonlySet<string> = new Set([
  'listen',
  'session',
  'store',
  'api_keys',
  'client_certificates',
  'authorities',
  'log',
  'locations',
  'providers',
  'apps',
  'defaults',
  'tests',
])

function mappingIn(schema: z.ZodType): z.ZodObject | null {
  if (schema instanceof z.ZodObject) return schema
  if (!(schema instanceof z.ZodUnion)) return null
  return schema.options.find((option): option is z.ZodObject => option instanceof z.ZodObject) ?? null
}

function defaultOf(field: z.ZodType): string {
  if (!(field instanceof z.ZodPrefault)) return ''
  const value: unknown = field.def.defaultValue
  const isEmptyMapping = typeof value === 'object' && value !== null && Object.keys(value).length === 0
  if (isEmptyMapping) return ''
  return typeof value === 'string' ? `\`${value || '""'}\`` : `\`${flow(value)}\``
}

/** A value as YAML's flow style writes it. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).map(([key, member]) => `${key}: ${flow(member)}`)
  return `{${entries.join(', ')}}`
}

function descriptionOf(field: z.ZodType): string {
  return field.meta()?.description ?? ''
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function presetSection(): string {
  const rows = presetFacts.map(
    ({ preset, label, text }) => `| \`${preset}\` | ${label ?? ''} | ${cell(text)} |`,
  )
  const lead =
    'A preset follows from the issuer, or you write it as `preset`. It gives the page on which people choose a provider its label and icon. This table says what else it changes, and what you should know about that provider.'
  return ['## Presets', '', lead, '', '| preset | label | |', '| --- | --- | --- |', ...rows, ''].join('\n')
}

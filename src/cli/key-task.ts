import type { Json } from '../core/json.ts'
import { didYouMean } from './arguments.ts'
import type { OptionSpecs } from './command.ts'
import type { Options } from './options.ts'
import { printable } from './session-list.ts'

/** What `claimgate keys` was asked for, once the usage is known to be right. */
export type KeyTask =
  | {
      readonly verb: 'create'
      /** As programs say it to `/keys`, but for the claims. */
      readonly said: Readonly<Record<string, Json>>
      /** Each a file, or `plan=paid`. */
      readonly claims: readonly string[]
      readonly print: boolean
    }
  | { readonly verb: 'list'; readonly user: string | null }
  | { readonly verb: 'revoke'; readonly ids: readonly string[] }
  | { readonly verb: 'rotate'; readonly id: string; readonly overlap: string }
  | { readonly verb: 'change'; readonly id: string; readonly origins: readonly string[] }
  | { readonly verb: 'usage'; readonly id: string | null }
  | { readonly verb: 'reseal' }

const verbs = ['create', 'list', 'revoke', 'rotate', 'change', 'usage', 'reseal'] as const
export const keyOperands = { words: verbs } as const

export const keyOptions = {
  name: { type: 'string', value: 'NAME', help: 'what the key is for, in a few words' },
  user: {
    type: 'string',
    value: 'USER',
    help: 'whose key it is: apps see this behind `api_keys.user_id_prefix`; with `list` whose keys to show',
  },
  person: {
    type: 'string',
    value: 'USER',
    help: 'the key of somebody who is signed in, as apps see the id: it has that person’s claims',
  },
  provider: { type: 'string', value: 'NAME', help: 'whose user the person is, where there are several' },
  claims: {
    type: 'string',
    value: 'FILE|NAME=TEXT',
    multiple: true,
    help: 'what rules and headers see: a file with a JSON object, or one text; may be given several times',
  },
  expires: {
    type: 'string',
    value: 'TIME',
    help: 'when it ends: 365d, a date and time such as 2027-06-30T00:00:00Z, or never',
  },
  apps: { type: 'string', value: 'NAMES', multiple: true, help: 'for these apps alone: api,files' },
  methods: { type: 'string', value: 'METHODS', multiple: true, help: 'for these alone: GET,POST' },
  from: { type: 'string', value: 'CIDRS', multiple: true, help: 'from these networks alone: 10.0.0.0/8' },
  origins: {
    type: 'string',
    value: 'ORIGINS',
    multiple: true,
    help: 'whose pages may have widgets of it: https://shop.example; with `change` in place of the former ones, and `none` for none',
  },
  print: {
    type: 'boolean',
    help: 'keeps nothing: prints what `api_keys.keys` takes, and the secret on the error output',
  },
  overlap: {
    type: 'string',
    value: 'TIME',
    help: 'with `rotate`, how long the secret before still opens: 7d, or 0s for not at all',
  },
} as const satisfies OptionSpecs

type OptionName = keyof typeof keyOptions

/** The options that a verb takes. */
const optionsOf = {
  create: [
    ...(['name', 'user', 'person', 'provider', 'claims', 'expires'] as const),
    ...(['apps', 'methods', 'from', 'origins', 'print'] as const),
  ],
  list: ['user'],
  revoke: [],
  rotate: ['overlap'],
  change: ['origins'],
  usage: [],
  reseal: [],
} as const satisfies Readonly<Record<(typeof verbs)[number], readonly OptionName[]>>

/** The task, or what is wrong with how it was asked for. */
export function readKeyTask(options: Options): KeyTask | string {
  // Before anything repeats it.
  const whole = options.positionals.find((one) => one.split('_').length > 2)
  if (whole !== undefined)
    return 'that is a whole key with its secret: write its first two parts alone, as `keys list` shows them'
  const [written, ...ids] = options.positionals
  if (written === undefined) return `say one of ${verbs.join(', ')}`
  const verb = verbs.find((one) => one === written)
  if (verb === undefined) return `there is no \`keys ${printable(written)}\`${didYouMean(written, verbs)}`
  const taken: readonly string[] = optionsOf[verb]
  const other = names.find((name) => isGiven(options, name) && !taken.includes(name))
  if (other !== undefined) return `\`keys ${verb}\` takes no --${other}`
  return taskOf(verb, ids, options)
}

const names = Object.keys(keyOptions) as readonly OptionName[]

function isGiven(options: Options, name: OptionName): boolean {
  return options.text(name) !== null || options.flag(name) || options.texts(name).length > 0
}

function taskOf(verb: (typeof verbs)[number], ids: readonly string[], options: Options): KeyTask | string {
  const [id, ...more] = ids
  switch (verb) {
    case 'create':
      if (id !== undefined) return nothingBeside(verb, id)
      return { verb, said: saidOf(options), claims: options.texts('claims'), print: options.flag('print') }
    case 'list':
      return id === undefined ? { verb, user: options.text('user') } : nothingBeside(verb, id)
    case 'revoke':
      return id === undefined ? 'say which keys: their ids, as `keys list` shows them' : { verb, ids }
    case 'rotate': {
      const overlap = options.text('overlap')
      if (id === undefined || more.length > 0) return 'say which key: one id, as `keys list` shows it'
      if (overlap === null)
        return 'say --overlap: how long the secret before still opens, 7d, or 0s for not at all'
      return { verb, id, overlap }
    }
    case 'change': {
      const origins = listOf(options.texts('origins'))
      if (id === undefined || more.length > 0) return 'say which key: one id, as `keys list` shows it'
      if (origins === null) return 'say --origins: those that it is to have, or none'
      return { verb, id, origins: origins.length === 1 && origins[0] === 'none' ? [] : origins }
    }
    case 'usage':
      return more.length > 0 ? '`keys usage` takes one id, or none' : { verb, id: id ?? null }
    case 'reseal':
      return id === undefined ? { verb } : nothingBeside(verb, id)
  }
}

function nothingBeside(verb: string, id: string): string {
  return `\`keys ${verb}\` takes options alone, and ${printable(id)} stands beside them`
}

/** As a program says it; what was not given is not there. */
function saidOf(options: Options): Readonly<Record<string, Json>> {
  const texts = ['name', 'user', 'person', 'provider', 'expires'].map((name) => [name, options.text(name)])
  const lists = ['apps', 'methods', 'from', 'origins'].map((name) => [name, listOf(options.texts(name))])
  return Object.fromEntries([...texts, ...lists].filter(([, value]) => value !== null))
}

function listOf(written: readonly string[]): readonly string[] | null {
  if (written.length === 0) return null
  return written.flatMap((one) => one.split(',')).map((one) => one.trim())
}
